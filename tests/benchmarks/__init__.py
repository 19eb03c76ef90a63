"""How fast it is, measured on SQLite and on PostgreSQL: `python -m tests.benchmarks`."""
