"""What an item of each kind says, as it comes in and as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from billing.models.prices import RATE_ROLES
from billing.rules.counts import Tier
from billing.rules.invoice.items import (
    Block,
    FairUse,
    Fixed,
    Milestone,
    Milestones,
    PerTicket,
    PerUnit,
    Pool,
    Rate,
    Retainer,
    Tm,
    TopUp,
)
from billing.schemas.amounts import price, quantity

KEY = validate.Regexp("^[a-z0-9][a-z0-9_-]*$", error="Use small letters, digits and dashes.")
SOME = validate.Range(min=0, min_inclusive=False)
PERIODS = validate.Range(min=0, max=120)
POLICIES = ("period_end", "peak", "average", "daily", "period_start")


class RateTermSchema(Schema):
    """A price per hour on an item; without a work type, role or site it is for any."""

    price = price(required=True)
    work_type = fields.String(load_default=None, allow_none=True)
    role = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(RATE_ROLES))
    site = fields.String(load_default=None, allow_none=True)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Rate:
        return Rate(**data)


class TopUpSchema(Schema):
    """What is bought by itself as soon as less than the threshold is left."""

    threshold = quantity(required=True)
    units = fields.Decimal(required=True, as_string=True, validate=SOME)
    price = price(required=True)
    periods_valid = fields.Integer(load_default=None, allow_none=True, validate=PERIODS)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> TopUp:
        return TopUp(**data)


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


class OverageSchema(Schema):
    """What prepaid minutes have in common: the price beyond them, and whether a multiplier burns or costs more."""

    overage_rate = price(load_default=None, allow_none=True)
    overage_step = quantity(load_default=Decimal(0))
    multiplier_on = fields.String(load_default="burn", validate=validate.OneOf(("price", "burn")))


class PoolSchema(OverageSchema):
    """A flat fee that grants minutes each period."""

    price = price(required=True)
    minutes = fields.Decimal(required=True, as_string=True, validate=SOME)
    rollover = fields.Integer(load_default=0, allow_none=True, validate=PERIODS)
    cap = quantity(load_default=None, allow_none=True)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Pool:
        return Pool(**data)


class BlockSchema(OverageSchema):
    """Minutes bought ahead in lots."""

    top_up = fields.Nested(TopUpSchema, load_default=None, allow_none=True)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Block:
        return Block(**data)


class RetainerSchema(Schema):
    """Money paid ahead and used at the price of time."""

    rates = fields.List(fields.Nested(RateTermSchema), load_default=list)
    top_up = fields.Nested(TopUpSchema, load_default=None, allow_none=True)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Retainer:
        return Retainer(tuple(data["rates"]), data["top_up"])


class TierSchema(Schema):
    """Units up to and including a number at a price; without a number all the rest."""

    up_to = quantity(load_default=None, allow_none=True)
    price = price(required=True)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Tier:
        return Tier(**data)


class PerUnitSchema(Schema):
    """A count of a product at a price, or at tiers of prices."""

    product = fields.String(required=True, validate=KEY)
    price = price(load_default=None, allow_none=True)
    tiers = fields.List(fields.Nested(TierSchema), load_default=list)
    tier_mode = fields.String(load_default="graduated", validate=validate.OneOf(("graduated", "volume")))
    policy = fields.String(load_default="period_end", validate=validate.OneOf(POLICIES))
    minimum = quantity(load_default=Decimal(0))
    free = quantity(load_default=Decimal(0))

    @validates_schema
    def one_way(self, data: Mapping[str, Any], **_: Any) -> None:
        """A price or tiers; tiers rise, and only the last is without an end."""
        if (data.get("price") is None) == (not data.get("tiers")):
            raise ValidationError("Give one price, or tiers of prices.", "price")
        ends = [tier.up_to for tier in data.get("tiers", ())]
        inner = ends[:-1]
        if None in inner or any(low >= high for low, high in zip(inner, ends[1:], strict=True) if high is not None):
            raise ValidationError("Each tier reaches further than the one before it.", "tiers")

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> PerUnit:
        return PerUnit(**data | {"tiers": tuple(data["tiers"])})


class PerTicketSchema(Schema):
    """Tickets closed or opened in the period, of some kinds or of all."""

    price = price(required=True)
    counted = fields.String(load_default="closed", validate=validate.OneOf(("closed", "opened")))
    kinds = fields.List(fields.String(), load_default=list)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> PerTicket:
        return PerTicket(**data | {"kinds": frozenset(data["kinds"])})


class StepSchema(Schema):
    """A milestone and its share of the whole; when it was reached is not part of the terms."""

    key = fields.String(required=True, validate=KEY)
    name = fields.String(required=True, validate=validate.Length(min=1, max=200))
    percent = fields.Decimal(load_default=Decimal(0), as_string=True, validate=validate.Range(min=0, max=100))

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Milestone:
        return Milestone(**data)


class MilestonesSchema(Schema):
    """A fixed price due step by step; the last step takes what is left."""

    price = price(required=True)
    steps = fields.List(fields.Nested(StepSchema), required=True, validate=validate.Length(min=1, max=100))

    @validates_schema
    def within_the_whole(self, data: Mapping[str, Any], **_: Any) -> None:
        steps = data.get("steps", ())
        if len({step.key for step in steps}) < len(steps):
            raise ValidationError("Two milestones have the same key.", "steps")
        if sum((step.percent for step in steps[:-1]), Decimal(0)) > 100:
            raise ValidationError("The milestones before the last are more than the whole.", "steps")

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Milestones:
        return Milestones(data["price"], tuple(data["steps"]))


KINDS: Mapping[str, type[Schema]] = {
    "tm": TmSchema,
    "fixed": FixedSchema,
    "pool": PoolSchema,
    "block": BlockSchema,
    "retainer": RetainerSchema,
    "per_unit": PerUnitSchema,
    "per_ticket": PerTicketSchema,
    "milestone": MilestonesSchema,
}
