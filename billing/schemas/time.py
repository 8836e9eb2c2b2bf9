"""Time as somebody types it: a span, a length from an instant on, or a length on a day."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from billing.models.prices import MODES
from billing.schemas.amounts import quantity

DAY_SECONDS = 86_400
SECONDS = validate.Range(min=0, max=DAY_SECONDS)


class TimeSchema(Schema):
    """What an entry says; with `partial=True` a correction of it."""

    work_type = fields.String(required=True)
    started_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    worked_on = fields.Date(allow_none=True)
    seconds = fields.Integer(validate=SECONDS, allow_none=True)
    billable_seconds = fields.Integer(validate=SECONDS, allow_none=True)
    billable = fields.Boolean(allow_none=True)
    mode = fields.String(validate=validate.OneOf(MODES))
    text = fields.String(validate=validate.Length(max=2000))
    note = fields.String(validate=validate.Length(max=2000))
    site_id = fields.Integer(allow_none=True)
    contract_id = fields.Integer(allow_none=True)
    item_key = fields.String(allow_none=True)
    visit_id = fields.Integer(allow_none=True)

    @validates_schema
    def has_a_length(self, data: dict[str, Any], *, partial: bool = False, **_: Any) -> None:
        start, end = data.get("started_at"), data.get("ended_at")
        if start and end and end < start:
            raise ValidationError("The end lies before the start.", "ended_at")
        if not partial and data.get("seconds") is None and not (start and end):
            raise ValidationError("Say from when to when, or how long.", "seconds")
        if not partial and start is None and data.get("worked_on") is None:
            raise ValidationError("Say on which day.", "worked_on")


class VisitSchema(Schema):
    """One way to a site; kilometres or a zone where the contract charges by them."""

    visited_at = fields.AwareDateTime(required=True)
    site_id = fields.Integer(load_default=None, allow_none=True)
    contract_id = fields.Integer(load_default=None, allow_none=True)
    km = quantity(load_default=Decimal(0))
    zone = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=100))
