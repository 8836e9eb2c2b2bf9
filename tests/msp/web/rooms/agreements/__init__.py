"""Calendars, contracts and surge packs, as the desk and the client's admin see them."""
