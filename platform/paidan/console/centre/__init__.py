"""The operator centre: what an operator does next, for gloves, a tablet and a bad line."""
