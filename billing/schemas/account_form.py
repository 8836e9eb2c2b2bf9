"""How a client is billed, as a form sends it. Messages are msgids of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate, validates, validates_schema

from billing.rules.currencies import EXPONENTS
from billing.rules.due import SHIFTS
from billing.schemas.by_hand import TAX_CODES
from billing.schemas.due_form import TERMS, check_due, due_form, due_terms
from billing.schemas.typed import FigureFormSchema, whole
from tenants.schemas import ADDRESS, choice, chosen, words

CURRENCIES = tuple(sorted(code for code, decimals in EXPONENTS.items() if decimals <= 3))
ISSUERS = "issuer"
"""Due as with everybody whom the issuer bills."""
HONORIFICS = ("company", "person", "none")
_BETWEEN = re.compile(r"[\s,;、；]+")
_IS_ADDRESS = validate.Email(error=ADDRESS)


class AccountFormSchema(FigureFormSchema):
    """Who bills the client, whom the invoice names, when its month closes and is due, where the invoice goes."""

    issuer = chosen(needed=True)
    currency = choice(CURRENCIES, "JPY")
    language = choice(("ja", "en"), "ja")
    recipient = words(200, needed=True)
    honorific = choice(HONORIFICS, "company")
    attention = words(200)
    address = words(1000)
    emails = words(2000)
    sent_by = choice(("mail", "none"), "mail")
    closing_day = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 31, error="Enter a day from 1 to 31."),
        error_messages={"invalid": "Enter a day from 1 to 31."},
    )
    due_by = choice((ISSUERS, *TERMS), ISSUERS)
    due_months = whole(0, 12)
    due_day = whole(1, 31)
    due_days = whole(0, 365)
    due_shift = choice(SHIFTS, "none")
    tax_code = choice(TAX_CODES, "standard")
    prices_include_tax = fields.Boolean(load_default=False)
    po_number = words(100)
    po_required = fields.Boolean(load_default=False)
    notes = words(2000)
    einvoice = choice(("", "bis3", "jp_pint"), "")
    endpoint = words(100)
    endpoint_scheme = fields.String(
        load_default="", validate=validate.Regexp(r"([0-9]{4})?\Z", error="Enter the four digits of a scheme.")
    )
    country = fields.String(
        load_default="JP", validate=validate.Regexp(r"[A-Z]{2}\Z", error="Enter two letters, as JP.")
    )
    tax_number = words(40)
    buyer_reference = words(100)

    @validates("emails")
    def are_addresses(self, value: str, **_: Any) -> None:
        for each in addresses(value):
            _IS_ADDRESS(each)

    @validates_schema
    def can_be_due(self, data: Mapping[str, Any], **_: Any) -> None:
        check_due(data)


def account_facts(given: Mapping[str, Any]) -> dict[str, Any]:
    """The form's fields as the account's columns, but for the issuer's."""
    facts = {name: value for name, value in given.items() if not name.startswith("due_")}
    return facts | {"due": due_terms(given), "emails": addresses(given["emails"])}


def account_due(due: Mapping[str, Any] | None) -> dict[str, Any]:
    """When the client's invoices are due, as somebody would have typed it."""
    return due_form(due or {}) | ({} if due else {"due_by": ISSUERS})


def addresses(text: str) -> list[str]:
    """The addresses of a field that takes several, in either width of comma or one a line."""
    return [each for each in _BETWEEN.split(text) if each]
