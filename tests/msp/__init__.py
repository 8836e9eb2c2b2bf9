"""Doors and rooms, proven."""
