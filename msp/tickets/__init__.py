"""Tickets, their events, replies, notes and promises."""
