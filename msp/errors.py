"""Refusals that only doors know, beside those of all the house."""

from __future__ import annotations

from tenants.errors import Refused, Stale

__all__ = ["Forbidden", "NotFound", "Refused", "Stale"]


class NotFound(Refused):
    """Absent, or not yours: the two look the same."""

    status = 404

    def __init__(self, sentence: str = "There is nothing here.") -> None:
        super().__init__(sentence)


class Forbidden(Refused):
    """Your role does not do this, whatever the thing is."""

    status = 403

    def __init__(self, sentence: str = "Your role does not include this.") -> None:
        super().__init__(sentence)
