"""The supervisor board: who has what, what waits, and giving it by hand."""
