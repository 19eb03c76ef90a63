"""Finds plugins and keeps their failures away from the shop's work."""
