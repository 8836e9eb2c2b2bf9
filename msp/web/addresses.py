"""Addresses that strangers hand in: only paths of our own are followed."""

from __future__ import annotations

from urllib.parse import urlsplit


def own_path(address: str | None) -> str | None:
    """A path of ours, checked as a browser reads it; anything else is dropped."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")) or "\\" in address:
        return None
    if any(ord(sign) < 33 for sign in address):
        return None
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else None
