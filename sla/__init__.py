"""Promises about time."""
