"""The only writers of orders and tasks. Every verb locks the order first, so that verbs on one order take turns."""
