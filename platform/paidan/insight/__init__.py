"""Simulation: a working day played through the actions, and proof that nothing broke."""
