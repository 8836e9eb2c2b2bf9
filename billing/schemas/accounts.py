"""Issuers, series, accounts, work types and rates as somebody enters them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from billing.models.accounts import DIRECTIONS
from billing.models.prices import MODES
from billing.schemas.amounts import currency, price, quantity
from billing.schemas.terms import DueSchema, TimeTermsSchema
from sla.rules.zones import zone

LINE = validate.Length(min=1, max=200)
BLOCK = validate.Length(max=1000)


def _known_zone(name: str) -> None:
    try:
        zone(name)
    except ValueError as unknown:
        raise ValidationError(str(unknown)) from None


def _as(schema: type[Schema]) -> Callable[[dict[str, Any]], None]:
    """What the engine will read later is read once now, and kept as it was written."""

    def reads(written: dict[str, Any]) -> None:
        schema().load(written)

    return reads


class IssuerSchema(Schema):
    """A legal entity that sends invoices."""

    name = fields.String(required=True, validate=LINE)
    name_en = fields.String(validate=validate.Length(max=200))
    address = fields.String(validate=BLOCK)
    address_en = fields.String(validate=BLOCK)
    country = fields.String(validate=validate.Regexp("^[A-Z]{2}$"))
    phone = fields.String(validate=validate.Length(max=50))
    email = fields.Email()
    registration_number = fields.String(validate=validate.Length(max=40))
    registered_on = fields.Date(allow_none=True)
    bank = fields.String(validate=BLOCK)
    bank_en = fields.String(validate=BLOCK)
    zone = fields.String(validate=_known_zone)
    currency = currency()
    amount_direction = fields.String(validate=validate.OneOf(DIRECTIONS))
    tax_direction = fields.String(validate=validate.OneOf(DIRECTIONS))
    prepayment_taxed_at = fields.String(validate=validate.OneOf(("sale", "use")))
    due = fields.Dict(validate=_as(DueSchema))
    fiscal_year_month = fields.Integer(validate=validate.Range(min=1, max=12))


class SeriesSchema(Schema):
    """How the numbers of one kind of document look; `{year}` and `{number:5}` are filled in."""

    pattern = fields.String(
        required=True, validate=validate.Regexp(r"^[^{}]*(\{year\}[^{}]*)?\{number(:[1-9])?\}[^{}]*$")
    )
    reset = fields.String(load_default="none", validate=validate.OneOf(("none", "year", "fiscal_year")))


class AccountSchema(Schema):
    """How a tenant is billed."""

    issuer_id = fields.Integer(required=True)
    currency = currency()
    closing_day = fields.Integer(allow_none=True, validate=validate.Range(min=1, max=31))
    due = fields.Dict(validate=_as(DueSchema), allow_none=True)
    language = fields.String(validate=validate.OneOf(("ja", "en")))
    recipient = fields.String(required=True, validate=LINE)
    honorific = fields.String(validate=validate.OneOf(("company", "person", "none")))
    attention = fields.String(validate=validate.Length(max=200))
    address = fields.String(validate=BLOCK)
    emails = fields.List(fields.Email())
    prices_include_tax = fields.Boolean()
    tax_code = fields.String()
    time = fields.Dict(validate=_as(TimeTermsSchema))
    po_number = fields.String(validate=validate.Length(max=100))
    po_required = fields.Boolean()
    notes = fields.String(validate=validate.Length(max=2000))


class WorkTypeSchema(Schema):
    """A kind of work on the desk's list."""

    code = fields.String(required=True, validate=validate.Regexp("^[a-z][a-z0-9_]*$"))
    name_ja = fields.String(required=True, validate=LINE)
    name_en = fields.String(required=True, validate=LINE)
    mode = fields.String(validate=validate.OneOf(MODES))
    billable = fields.Boolean()
    multiplier = quantity(allow_none=True)
    place = fields.Integer()
    retired = fields.Boolean()


class RateSchema(Schema):
    """A price per hour from a day on."""

    price = price(required=True)
    since = fields.Date(required=True)
    currency = currency(required=True)
    work_type = fields.String(load_default=None, allow_none=True)
    site_id = fields.Integer(load_default=None, allow_none=True)
