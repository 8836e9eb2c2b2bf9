"""Desks to look at: a believable one, and a big one to measure."""
