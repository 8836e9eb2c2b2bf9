"""A visit as a form sends it: one way to a site and the tickets it served. Messages are msgids of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from billing.rules import typed
from billing.schemas.amounts import Places
from billing.schemas.time_form import DAY, SPENT, Spent
from tenants.schemas import EMPTY, FormSchema, chosen, words

KILOMETRES = "Enter kilometres, 0 or more."
OTHERS = 3
"""How many tickets beside the one it is logged from."""


class VisitFormSchema(FormSchema):
    """`spent` is the work on the ticket itself, `other_1` and `spent_1` another ticket's; `way` there and back."""

    day = fields.Date(required=True, error_messages={"required": EMPTY, "invalid": DAY})
    site = chosen()
    spent = Spent(required=True, error_messages={"required": EMPTY})
    text = words(2000)
    other_1 = words(20)
    other_2 = words(20)
    other_3 = words(20)
    spent_1 = Spent(load_default=None, allow_none=True)
    spent_2 = Spent(load_default=None, allow_none=True)
    spent_3 = Spent(load_default=None, allow_none=True)
    work_type = words(40, needed=True)
    way = Spent(load_default=None, allow_none=True)
    way_type = words(40)
    km = fields.Decimal(
        load_default=Decimal(0),
        validate=[validate.Range(Decimal(0), error=KILOMETRES), Places(4)],
        error_messages={"invalid": KILOMETRES, "special": KILOMETRES},
    )
    occasion = words(40)

    @validates_schema
    def others_have_both(self, data: Mapping[str, Any], **_: Any) -> None:
        for number in range(1, OTHERS + 1):
            if data.get(f"other_{number}") and not data.get(f"spent_{number}"):
                raise ValidationError(SPENT, f"spent_{number}")


def worked(spent: typed.Typed, given: Mapping[str, Any], zone: str, work_type: str) -> dict[str, Any]:
    """One stretch of a visit as `TimeSchema` loads it."""
    facts = {"work_type": work_type, "text": given["text"]}
    if spent.is_span:
        begin, end = typed.on_day(spent, given["day"], zone)
        return facts | {"started_at": begin, "ended_at": end}
    return facts | {"worked_on": given["day"], "seconds": spent.minutes * 60}
