"""The wall, proven."""
