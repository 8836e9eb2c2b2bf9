"""Who sends invoices, and the taxes of his country, as forms send them. Messages are msgids of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from marshmallow import ValidationError, fields, validate, validates_schema

from billing.models import Issuer, TaxRate
from billing.models.accounts import DIRECTIONS
from billing.rules.due import SHIFTS
from billing.rules.registration import registration
from billing.schemas.account_form import CURRENCIES
from billing.schemas.by_hand import TAX_CODES
from billing.schemas.due_form import TERMS, check_due, due_form, due_terms
from billing.schemas.typed import FigureFormSchema, day, figure, whole
from tenants.schemas import ADDRESS, choice, words

CATEGORIES: Final = ("S", "AA", "Z", "E", "AE", "K", "G", "O")
REASONED: Final = ("E", "AE", "K", "G", "O")
"""Categories for which an electronic invoice says why no tax is charged (a code of CEF's VATEX list)."""
COUNTRY: Final = "Enter two letters, as JP."
SCHEME: Final = "Enter the four digits of a scheme."
BOTH: Final = "An electronic address needs its scheme, and a scheme its address."


def country() -> fields.String:
    """A country's two letters (ISO 3166)."""
    return fields.String(load_default="JP", validate=validate.Regexp(r"[A-Z]{2}\Z", error=COUNTRY))


class IssuerFormSchema(FigureFormSchema):
    """A legal entity that sends invoices: what stands on them, how it rounds, when they are due."""

    name = words(200, needed=True)
    name_en = words(200)
    address = words(1000)
    address_en = words(1000)
    country = country()
    phone = words(50)
    email = fields.String(load_default="", validate=validate.Regexp(r"(\S+@\S+\.\S+)?\Z", error=ADDRESS))
    registration_number = words(40)
    registered_on = day()
    endpoint = words(100)
    endpoint_scheme = fields.String(load_default="", validate=validate.Regexp(r"([0-9]{4})?\Z", error=SCHEME))
    bank = words(1000)
    bank_en = words(1000)
    currency = choice(CURRENCIES, "JPY")
    amount_direction = choice(DIRECTIONS, "half_up")
    tax_direction = choice(DIRECTIONS, "down")
    prepayment_taxed_at = choice(("sale", "use"), "sale")
    fiscal_year_month = whole(1, 12, needed=True)
    due_by = choice(TERMS, "month")
    due_months = whole(0, 12)
    due_day = whole(1, 31)
    due_days = whole(0, 365)
    due_shift = choice(SHIFTS, "none")

    @validates_schema
    def fits(self, data: Mapping[str, Any], **_: Any) -> None:
        if bool(data.get("endpoint")) != bool(data.get("endpoint_scheme")):
            lacking = "endpoint_scheme" if data.get("endpoint") else "endpoint"
            raise ValidationError(BOTH, lacking)
        check_due(data)


def issuer_facts(given: Mapping[str, Any]) -> dict[str, Any]:
    """The form's fields as the issuer's columns; `registration_number` in its one form."""
    facts = {name: value for name, value in given.items() if not name.startswith("due_")}
    number = given["registration_number"]
    if number and given["country"] == "JP":
        number = registration(number).number
    return facts | {"due": due_terms(given), "registration_number": number}


def issuer_form(issuer: Issuer) -> dict[str, Any]:
    """An issuer as somebody would have typed it."""
    typed = {name: getattr(issuer, name) for name in IssuerFormSchema().fields if not name.startswith("due_")}
    return typed | due_form(issuer.due or {})


class TaxFormSchema(FigureFormSchema):
    """What a tax code means in a country from a day of supply on. `name` is the jurisdiction's where taxes add up."""

    country = country()
    code = choice(TAX_CODES, "standard")
    category = choice(CATEGORIES, "S")
    rate = figure(places=3, needed=True)
    name = words(60)
    reason = words(40)
    since = day(needed=True)

    @validates_schema
    def fits(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["category"] in (*REASONED, "Z") and data.get("rate"):
            raise ValidationError("Nothing is charged in this category: enter 0.", "rate")
        if data.get("rate") is not None and data["rate"] > 100:
            raise ValidationError("Enter a percentage up to 100.", "rate")


def holds(rate: TaxRate, today: date) -> str:
    """Whether a rate is over, holds or is to come on a day."""
    if rate.since > today:
        return "coming"
    return "past" if rate.until is not None and rate.until <= today else "now"
