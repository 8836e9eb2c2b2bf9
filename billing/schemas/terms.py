"""How a contract counts time, and when a document is due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from billing.models.prices import MODES
from billing.rules.due import DueRule
from billing.rules.invoice.facts import TravelRate
from billing.rules.timesheet.bands import Bands
from billing.rules.timesheet.parts import TimeTerms
from billing.rules.timesheet.steps import SpanRule, TimeRule
from billing.schemas.amounts import price, quantity
from sla.rules.calendar import span
from sla.rules.hours import Hours

STEPS = validate.Range(min=0, max=1440)


class TimeRuleSchema(Schema):
    """How worked time of one mode becomes charged time; minutes."""

    name = fields.String(load_default="exact")
    scope = fields.String(load_default="ticket", validate=validate.OneOf(("ticket", "ticket_day", "entry")))
    step = fields.Integer(load_default=0, validate=STEPS)
    mode = fields.String(load_default="up", validate=validate.OneOf(("up", "down", "nearest")))
    tie = fields.String(load_default="up", validate=validate.OneOf(("up", "down")))
    minimum = fields.Integer(load_default=0, validate=STEPS)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> TimeRule:
        return TimeRule(**data)


class SpanRuleSchema(Schema):
    """How begin, end and the length between them are rounded first; minutes."""

    begin_step = fields.Integer(load_default=0, validate=STEPS)
    end_step = fields.Integer(load_default=0, validate=STEPS)
    length_step = fields.Integer(load_default=0, validate=STEPS)
    mode = fields.String(load_default="outward", validate=validate.OneOf(("outward", "up", "down", "nearest")))
    tie = fields.String(load_default="up", validate=validate.OneOf(("up", "down")))

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> SpanRule:
        return SpanRule(**data)


class TravelSchema(Schema):
    """What the way to a site costs: per visit, per kilometre, or by its zone."""

    basis = fields.String(required=True, validate=validate.OneOf(("visit", "km", "zone")))
    price = price(required=True)
    zone = fields.String(load_default=None, allow_none=True)
    tax_code = fields.String(load_default="standard")
    account = fields.String(load_default="")

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> TravelRate:
        return TravelRate(**data)


class TimeTermsSchema(Schema):
    """How an account or a contract counts time, and what it charges for the way to a site.

    `night` is ["22:00", "05:00"], multipliers are by band.
    """

    rules = fields.Dict(
        keys=fields.String(validate=validate.OneOf(MODES)), values=fields.Nested(TimeRuleSchema), load_default=dict
    )
    span = fields.Nested(SpanRuleSchema, load_default=None, allow_none=True)
    hour_places = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=0, max=4))
    multipliers = fields.Dict(
        keys=fields.String(validate=validate.OneOf(("business", "after", "holiday", "night"))),
        values=quantity(),
        load_default=dict,
    )
    night = fields.List(fields.String(), load_default=None, allow_none=True, validate=validate.Length(equal=2))
    travel = fields.List(fields.Nested(TravelSchema), load_default=list)


def read_time(terms: Mapping[str, Any], zone: str, closing_day: int | None, hours: Hours | None) -> TimeTerms:
    """The way of counting time; without hours all of it is `business`."""
    read = TimeTermsSchema().load(terms)
    night = span(*read["night"]) if read["night"] else None
    bands = Bands(hours, night, read["multipliers"]) if hours is not None else None
    return TimeTerms(zone, bands, read["rules"], read["span"], read["hour_places"], closing_day)


def read_travel(terms: Mapping[str, Any]) -> tuple[TravelRate, ...]:
    """What the way to a site costs."""
    return tuple(TimeTermsSchema().load(terms)["travel"])


class DueSchema(Schema):
    """When a document is due: month and day after the closing date, or net days."""

    months = fields.Integer(load_default=1, validate=validate.Range(min=0, max=12))
    day = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=1, max=31))
    net_days = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=0, max=365))
    shift = fields.String(load_default="none", validate=validate.OneOf(("none", "next", "previous")))


def read_due(terms: Mapping[str, Any]) -> DueRule:
    return DueRule(**DueSchema().load(terms))
