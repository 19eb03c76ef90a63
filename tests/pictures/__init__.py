"""Pictures of every page of the console, taken of the real product with the demo shop: `python -m tests.pictures`."""
