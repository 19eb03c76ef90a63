"""SQLite for one process and many threads: writers queue in the order in which they came.

SQLite's own busy handler sleeps and retries, so under contention some writers wait for seconds while
others overtake them. Here a first-in-first-out lock per database file is taken before `BEGIN IMMEDIATE`.
"""
