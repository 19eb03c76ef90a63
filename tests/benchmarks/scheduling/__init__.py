"""How good the plans are that strategies make: `python -m tests.benchmarks.scheduling FOLDER`.

Job-shop instances with known bounds are worked off by a simulated shop that asks the real dispatch engine: machines are
departments, operations are tasks, and the machines that can do an operation are those that its dispatch rules name.
"""
