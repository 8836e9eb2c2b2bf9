"""Promises, proven."""
