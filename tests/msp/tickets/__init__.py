"""Tickets, proven."""
