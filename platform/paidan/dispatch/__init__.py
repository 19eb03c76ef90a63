"""Which department gets a task, and why."""
