"""The two companies of the proofs: the words that each one's rows are known by, and the numbers of its tickets."""

from __future__ import annotations

from tenants.rules import Role

OWN, SIBLING, THIRD, FRESH = 1, 2, 3, 4
COMPANIES = ("ACME", "GLOBEX")
INSIDE = {Role.REQUESTER: "insideown", Role.CLIENT_ADMIN: "insidesibling", "": "insidethird"}
SECRETS = ("secret", "draft")
UNSENT = "unsent"


def canary(key: str, what: str = "") -> str:
    """Words that belong to one company alone; lower-case letters only, so that no form of search changes them."""
    return f"canary{key.lower()}{what}"
