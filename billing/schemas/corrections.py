"""What comes in to set right what is missing on an account, or wrong on an issued document."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validate, validates, validates_schema

from billing.schemas.account_form import addresses
from tenants.schemas import ADDRESS, EMPTY, FormSchema, choice, words

_IS_ADDRESS = validate.Email(error=ADDRESS)


class MendSchema(FormSchema):
    """What a client's account lacks, written on the month's board; what is empty stays as it is."""

    po_number = words(100)
    emails = words(2000)

    @validates("emails")
    def are_addresses(self, value: str, **_: Any) -> None:
        for each in addresses(value):
            _IS_ADDRESS(each)

    @validates_schema
    def says_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("po_number") and not data.get("emails"):
            raise ValidationError(EMPTY, "emails")


class CreditSchema(FormSchema):
    """Why an invoice is credited, and how: in full, or the amounts that stand at its lines (`amount-<place>`)."""

    reason = words(300, needed=True)
    how = choice(("all", "part"), "part")


class ReplaceSchema(FormSchema):
    """To whom an invoice goes instead, and why."""

    recipient = words(200, needed=True)
    attention = words(200)
    address = words(1000)
    reason = words(300, needed=True)
