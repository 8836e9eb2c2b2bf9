"""When documents are due, as the forms of issuers and clients say it. Messages are msgids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import ValidationError

from tenants.schemas import EMPTY

TERMS: Final = ("month", "net")
"""A day of a month after the closing date, or so many days after it."""


def check_due(given: Mapping[str, Any]) -> None:
    """What a way of counting needs is there. Raises ValidationError."""
    needed = {"net": "due_days", "month": "due_months"}.get(given.get("due_by", ""))
    if needed and given.get(needed) is None:
        raise ValidationError(EMPTY, needed)


def due_terms(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The form's fields as `DueSchema` reads them; None where it names neither way."""
    if given["due_by"] not in TERMS:
        return None
    if given["due_by"] == "net":
        return {"shift": given["due_shift"], "net_days": given["due_days"]}
    return {"shift": given["due_shift"], "months": given["due_months"], "day": given["due_day"]}


def due_form(due: Mapping[str, Any]) -> dict[str, Any]:
    """Terms as somebody would have typed them."""
    return {
        "due_by": "net" if due.get("net_days") is not None else "month",
        "due_months": due.get("months", 1),
        "due_day": due.get("day"),
        "due_days": due.get("net_days"),
        "due_shift": due.get("shift", "none"),
    }
