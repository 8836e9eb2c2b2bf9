"""What somebody writes on a draft by hand; figures may carry the thousands' commas and full-width signs of a form."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate, validates_schema

from billing.schemas.amounts import Places

EMPTY = "This is needed."
NUMBER = "Enter a number."
TOO_LONG = "This is too long."
LARGEST = Decimal(10) ** 12
TAX_CODES = ("standard", "reduced", "exempt", "export", "outside")


def _figure(places: int, needed: bool) -> fields.Decimal:
    said: dict[str, Any] = {"required": EMPTY, "null": EMPTY, "invalid": NUMBER, "special": NUMBER, "too_large": NUMBER}
    span = validate.Range(-LARGEST, LARGEST, error=NUMBER)
    checks: list[Callable[[Any], Any]] = [span, Places(places)]
    if needed:
        return fields.Decimal(required=True, validate=checks, error_messages=said)
    return fields.Decimal(load_default=None, allow_none=True, validate=checks, error_messages=said)


def _words(longest: int, needed: bool) -> fields.String:
    length = validate.Length(max=longest, error=TOO_LONG)
    if needed:
        checks = [length, validate.Length(min=1, error=EMPTY)]
        return fields.String(required=True, validate=checks, error_messages={"required": EMPTY, "null": EMPTY})
    return fields.String(load_default="", validate=length)


class HandSchema(Schema):
    """Figures as people type them: `１２,０００` is 12000."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def tidy(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        tidied = {name: v.replace("\0", "").strip() if isinstance(v, str) else v for name, v in data.items()}
        for name in ("quantity", "price"):
            if isinstance(tidied.get(name), str):
                plain = unicodedata.normalize("NFKC", tidied[name]).replace(",", "").replace("−", "-").lstrip("¥\\")
                tidied[name] = plain or None
        return tidied


class LineSchema(HandSchema):
    """A line of one's own. The price may be below zero."""

    name = _words(300, needed=True)
    quantity = _figure(4, needed=True)
    price = _figure(6, needed=True)
    tax_code = fields.String(load_default="standard", validate=validate.OneOf(TAX_CODES, error="Choose one of these."))
    version = fields.Integer(load_default=None, allow_none=True, error_messages={"invalid": NUMBER})


class ChangeSchema(HandSchema):
    """Other figures in a computed line, with the reason; what is empty stays computed."""

    quantity = _figure(4, needed=False)
    price = _figure(6, needed=False)
    name = _words(300, needed=False)
    reason = _words(300, needed=True)
    version = fields.Integer(load_default=None, allow_none=True, error_messages={"invalid": NUMBER})

    @validates_schema
    def changes_something(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("quantity") is None and data.get("price") is None and not data.get("name"):
            raise ValidationError("Say what shall stand there instead.", "quantity")
