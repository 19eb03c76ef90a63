"""Pages that belong to no single model."""
