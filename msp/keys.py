"""Ticket keys as people write them: `ACME-1042`, half or full width, in any case."""

from __future__ import annotations

import re
import unicodedata

from tenants.rules import KEY

TICKET_KEY = re.compile(rf"({KEY.pattern})-([1-9][0-9]{{0,9}})")


def parse_key(text: str) -> tuple[str, int] | None:
    """The tenant's key and the number; None when it is no ticket's key."""
    match = TICKET_KEY.fullmatch(unicodedata.normalize("NFKC", text).strip().upper().replace("−", "-"))
    return (match[1], int(match[2])) if match else None
