"""What a contract says of money: items by kind, how time counts, when a document is due."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from billing.models.prices import MODES, ContractItem
from billing.rules.discounts import Discount
from billing.rules.due import DueRule
from billing.rules.invoice.items import FairUse, Fixed, Item, Kind, Rate, Tm
from billing.rules.prorate import Proration
from billing.rules.timesheet.bands import Bands
from billing.rules.timesheet.parts import TimeTerms
from billing.rules.timesheet.steps import SpanRule, TimeRule
from billing.schemas.amounts import price, quantity
from sla.rules.calendar import span
from sla.rules.hours import Hours

STEPS = validate.Range(min=0, max=1440)


class RateTermSchema(Schema):
    """A price per hour on an item; without a work type or site it is for any."""

    price = price(required=True)
    work_type = fields.String(load_default=None, allow_none=True)
    site = fields.String(load_default=None, allow_none=True)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Rate:
        return Rate(**data)


class TmSchema(Schema):
    """Time at a price per hour; what is not listed follows the rate cards."""

    rates = fields.List(fields.Nested(RateTermSchema), load_default=list)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Tm:
        return Tm(tuple(data["rates"]))


class FairUseSchema(Schema):
    """From how many minutes a period a flat fee is overused; with a rate the rest is charged by it."""

    minutes = fields.Integer(required=True, validate=validate.Range(min=1))
    rate = price(load_default=None, allow_none=True)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> FairUse:
        return FairUse(**data)


class FixedSchema(Schema):
    """One flat fee a cycle."""

    price = price(required=True)
    fair_use = fields.Nested(FairUseSchema, load_default=None, allow_none=True)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Fixed:
        return Fixed(**data)


class ProrationSchema(Schema):
    """What a part of a period costs."""

    first = fields.Boolean(load_default=True)
    last = fields.Boolean(load_default=True)
    none_if_under = fields.Integer(load_default=0, validate=validate.Range(min=0, max=31))
    basis = fields.String(load_default="actual", validate=validate.OneOf(("actual", "fixed_30")))

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Proration:
        return Proration(**data)


class DiscountSchema(Schema):
    """A percentage or an amount, one of the two."""

    percent = price(load_default=None, allow_none=True)
    amount = price(load_default=None, allow_none=True)
    reason = fields.String(load_default="")

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Discount:
        try:
            return Discount(**data)
        except ValueError as wrong:
            raise ValidationError(str(wrong)) from None


class OptionsSchema(Schema):
    """What any item may say, whatever its kind (billing.md 2)."""

    work_types = fields.List(fields.String(), load_default=list)
    sites = fields.List(fields.String(), load_default=list)
    quantity = quantity(load_default=Decimal(1))
    timing = fields.String(load_default="arrears", validate=validate.OneOf(("arrears", "advance")))
    months = fields.Integer(load_default=1, validate=validate.OneOf((1, 3, 6, 12)))
    proration = fields.Nested(ProrationSchema, load_default=None, allow_none=True)
    price_includes_tax = fields.Boolean(load_default=None, allow_none=True)
    tax_code = fields.String(load_default="standard")
    tax_site = fields.String(load_default=None, allow_none=True)
    account = fields.String(load_default="")
    po_number = fields.String(load_default="")
    po_required = fields.Boolean(load_default=False)
    minimum = price(load_default=Decimal(0))
    cap = price(load_default=None, allow_none=True)
    discount = fields.Nested(DiscountSchema, load_default=None, allow_none=True)


KINDS: Mapping[str, type[Schema]] = {"tm": TmSchema, "fixed": FixedSchema}


def read_item(row: ContractItem) -> Item:
    """An item as the engine knows it. Raises `ValidationError` for terms nobody can bill."""
    kind: Kind = KINDS[row.kind]().load(row.terms)
    options = OptionsSchema().load(row.options)
    options |= {name: frozenset(options[name]) for name in ("work_types", "sites")}
    return Item(key=row.key, name=row.name, kind=kind, **options)


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


class TimeTermsSchema(Schema):
    """How an account or a contract counts time. `night` is ["22:00", "05:00"], multipliers are by band."""

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


def read_time(terms: Mapping[str, Any], zone: str, closing_day: int | None, hours: Hours | None) -> TimeTerms:
    """The way of counting time; without hours all of it is `business`."""
    read = TimeTermsSchema().load(terms)
    night = span(*read["night"]) if read["night"] else None
    bands = Bands(hours, night, read["multipliers"]) if hours is not None else None
    return TimeTerms(zone, bands, read["rules"], read["span"], read["hour_places"], closing_day)


class DueSchema(Schema):
    """When a document is due: month and day after the closing date, or net days."""

    months = fields.Integer(load_default=1, validate=validate.Range(min=0, max=12))
    day = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=1, max=31))
    net_days = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=0, max=365))
    shift = fields.String(load_default="none", validate=validate.OneOf(("none", "next", "previous")))


def read_due(terms: Mapping[str, Any]) -> DueRule:
    return DueRule(**DueSchema().load(terms))
