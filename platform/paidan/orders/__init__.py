"""Work orders, their tasks, and everything that happens to them."""
