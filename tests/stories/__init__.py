"""Whole days, through the doors."""
