"""What any item may say, whatever its kind, and how a stored item becomes the engine's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from billing.models.prices import ContractItem
from billing.rules.discounts import Discount
from billing.rules.invoice.items import Item, Kind, Milestones
from billing.rules.prorate import Proration
from billing.schemas.amounts import price, quantity
from billing.schemas.kinds import KINDS

FEES = frozenset({"fixed", "pool", "per_unit"})
"""Kinds with a cycle: billed ahead or afterwards, for 1, 3, 6 or 12 months."""

Reached = Mapping[tuple[str, str], date]
"""The day on which a milestone was reached, by item and step."""


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

    @validates_schema
    def under_its_cap(self, data: Mapping[str, Any], **_: Any) -> None:
        if data.get("cap") is not None and data["cap"] < data.get("minimum", 0):
            raise ValidationError("The cap is below the minimum.", "cap")


def read_terms(key: str, kind: str, name: str, terms: Mapping[str, Any], options: Mapping[str, Any]) -> Item:
    """An item as the engine knows it. Raises `ValidationError` for terms nobody can bill."""
    if kind not in KINDS:
        raise ValidationError("There is no such kind of item.", "kind")
    made: Kind = KINDS[kind]().load(terms)
    said = OptionsSchema().load(options)
    if kind not in FEES and (said["timing"], said["months"]) != ("arrears", 1):
        raise ValidationError("Only fees and counts are billed ahead or for several months.", "timing")
    said |= {listed: frozenset(said[listed]) for listed in ("work_types", "sites")}
    return Item(key=key, name=name, kind=made, **said)


def read_item(row: ContractItem, reached: Reached | None = None) -> Item:
    """A stored item, with the days on which its milestones were reached."""
    item = read_terms(row.key, row.kind, row.name, row.terms, row.options)
    if not reached or not isinstance(item.kind, Milestones):
        return item
    steps = tuple(replace(step, reached=reached.get((row.key, step.key))) for step in item.kind.steps)
    return replace(item, kind=replace(item.kind, steps=steps))
