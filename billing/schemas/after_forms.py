"""What may come in once documents are issued: how they are sent, what was paid. Messages are msgids."""

from __future__ import annotations

import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from billing.bank import layouts
from billing.models.money_in import METHODS
from billing.queries.dunning import LEVELS
from billing.queries.sending import TEXTS
from billing.rules.covering import strange
from billing.rules.kenshu import BY_CLIENT, BY_DESK
from billing.rules.money import round_to
from billing.schemas.amounts import currency
from tenants.schemas import NUMBER, FormSchema, choice, chosen, words

DAY = "Enter a day."
AMOUNT = "Enter a number."


def amount_of(typed: str) -> Decimal:
    """An amount as people type it, in either width, with commas and a yen sign. Raises ValidationError."""
    plain = unicodedata.normalize("NFKC", typed).replace(",", "").strip().lstrip("¥\\ ").replace("−", "-")
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise ValidationError(AMOUNT) from None
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 12 or amount != round_to(amount, 3, "down"):
        raise ValidationError(AMOUNT)
    return amount


class _Typed(fields.Field[Decimal]):
    """An amount in any of the ways people type it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Decimal:  # noqa: ARG002 - given by marshmallow
        return amount_of(str(value))


def typed_amount(**options: Any) -> _Typed:
    """A field for an amount that came in or is to be paid."""
    return _Typed(error_messages={"required": AMOUNT, "null": AMOUNT}, **options)


def _refuse_strange(text: str, name: str) -> None:
    if strange(text):
        raise ValidationError("There is no such place to fill.", name)


class SendingSchema(FormSchema):
    """The undo window in minutes and the covering texts; an empty text is the one that comes with the house."""

    undo_minutes = fields.Integer(
        required=True,
        validate=validate.Range(0, 1440, error="Enter a number from 0 to 1440."),
        error_messages={"required": NUMBER, "null": NUMBER, "invalid": NUMBER},
    )
    locals().update({name: words(300 if "_subject_" in name else 4000) for name in TEXTS})

    @validates_schema
    def knows_its_places(self, data: dict[str, Any], **_: Any) -> None:
        for name in TEXTS:
            _refuse_strange(data.get(name, ""), name)


class RefundSchema(FormSchema):
    """Money that went back to a client, and why."""

    paid_on = fields.Date(required=True, error_messages={"required": DAY, "null": DAY, "invalid": DAY})
    amount = typed_amount(required=True)
    currency = currency(load_default="JPY")
    method = choice(METHODS, "bank")
    reference = words(200)
    reason = words(200, needed=True)


class PaymentSchema(FormSchema):
    """Money that came in, as somebody types it; the shares stand at their documents (`amount-<id>`, `fee-<id>`)."""

    paid_on = fields.Date(required=True, error_messages={"required": DAY, "null": DAY, "invalid": DAY})
    amount = typed_amount(required=True)
    currency = currency(load_default="JPY")
    method = choice(METHODS, "bank")
    reference = words(200)
    reason = words(200)


class VoidSchema(FormSchema):
    """Why a payment is taken back."""

    reason = words(300, needed=True)


class BankFileSchema(FormSchema):
    """How a file of the bank's is read."""

    layout = choice(tuple(layouts()), "generic")
    currency = currency(load_default="JPY")


class WordSchema(FormSchema):
    """A word about a line of an invoice, by its place; 0 is every line that nobody spoke of."""

    line = fields.Integer(
        required=True,
        validate=validate.Range(0, 100_000, error=NUMBER),
        error_messages={"required": NUMBER, "null": NUMBER, "invalid": NUMBER},
    )
    kind = choice(tuple(dict.fromkeys((*BY_CLIENT, *BY_DESK))))
    text = words(2000)


def _days() -> fields.Integer:
    return fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 365, error="Enter a number from 1 to 365."),
        error_messages={"invalid": NUMBER},
    )


def _of_levels() -> dict[str, fields.Field[Any]]:
    found: dict[str, fields.Field[Any]] = {}
    for level in range(1, len(LEVELS) + 1):
        found |= {f"{level}_{name}": _days() for name in ("days", "rest")}
        found |= {f"{level}_subject_{code}": words(300) for code in ("ja", "en")}
        found |= {f"{level}_text_{code}": words(4000) for code in ("ja", "en")}
    return found


class LevelsSchema(FormSchema):
    """The levels of reminders, each field with its level's number before it."""

    locals().update(_of_levels())

    @validates_schema
    def knows_its_places(self, data: dict[str, Any], **_: Any) -> None:
        for name, text in data.items():
            _refuse_strange(text if isinstance(text, str) else "", name)


class BatchSchema(FormSchema):
    """Whose documents are handed over, and up to which day."""

    issuer = chosen(needed=True)
    until = fields.Date(required=True, error_messages={"required": DAY, "null": DAY, "invalid": DAY})
