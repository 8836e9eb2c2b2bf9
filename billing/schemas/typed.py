"""Figures as people type them into forms: `１２,０００`, `¥12,000`, `10:30` hours. Messages are msgids."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from marshmallow import ValidationError, fields, pre_load, validate

from billing.schemas.amounts import Places
from tenants.schemas import EMPTY, FormSchema

NUMBER: Final = "Enter a number."
WHOLE: Final = "Enter a whole number."
HOURS: Final = "Enter hours, such as 10 or 7:30."
DATE: Final = "Enter a date."
LARGEST: Final = Decimal(10) ** 12
_CLOCK: Final = re.compile(r"(\d{1,6}):([0-5]\d)")


def messages_of(problem: ValidationError) -> dict[str, Any]:
    """What is wrong by field, also where one field's check was asked alone."""
    found = problem.messages
    return found if isinstance(found, dict) else {problem.field_name: found}


def figure(places: int = 6, needed: bool = False, least: Decimal = Decimal(0), above: bool = False) -> fields.Decimal:
    """A number from `least` on (or above it), with up to so many decimals; empty is None unless it is needed."""
    span = validate.Range(least, LARGEST, min_inclusive=not above, error=NUMBER)
    said: dict[str, Any] = {"required": EMPTY, "null": EMPTY, "invalid": NUMBER, "special": NUMBER, "too_large": NUMBER}
    if needed:
        return fields.Decimal(required=True, validate=[span, Places(places)], error_messages=said)
    return fields.Decimal(load_default=None, allow_none=True, validate=[span, Places(places)], error_messages=said)


def whole(least: int = 0, most: int = 1_000_000, needed: bool = False) -> fields.Integer:
    """A whole number within two others."""
    span = validate.Range(least, most, error=WHOLE)
    said: dict[str, Any] = {"required": EMPTY, "null": EMPTY, "invalid": WHOLE}
    if needed:
        return fields.Integer(required=True, strict=False, validate=span, error_messages=said)
    return fields.Integer(load_default=None, allow_none=True, validate=span, error_messages=said)


def day(needed: bool = False) -> fields.Date:
    """A date of a date field."""
    said: dict[str, Any] = {"required": EMPTY, "null": EMPTY, "invalid": DATE}
    if needed:
        return fields.Date(required=True, error_messages=said)
    return fields.Date(load_default=None, allow_none=True, error_messages=said)


class Hours(fields.Field[Decimal]):
    """Hours as people write them, read as minutes: 10, 7.5, 7:30."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Decimal:
        text = str(value)
        clock = _CLOCK.fullmatch(text)
        if clock:
            return Decimal(clock[1]) * 60 + Decimal(clock[2])
        try:
            minutes = Decimal(text) * 60
        except InvalidOperation:
            raise ValidationError(HOURS) from None
        if not minutes.is_finite() or not 0 <= minutes <= LARGEST or minutes != minutes.to_integral_value():
            raise ValidationError(HOURS)
        return minutes.to_integral_value()


def hours(needed: bool = False) -> Hours:
    """A length in hours; whole minutes."""
    if needed:
        return Hours(required=True, error_messages={"required": EMPTY, "null": EMPTY})
    return Hours(load_default=None, allow_none=True)


class FigureFormSchema(FormSchema):
    """A form with figures: full-width signs, thousands' commas and a currency's sign are taken off before reading."""

    @pre_load
    def plain_figures(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {name: self._plain(name, value) for name, value in data.items()}

    def _plain(self, name: str, value: Any) -> Any:
        if not isinstance(value, str) or not isinstance(self.fields.get(name), fields.Decimal | fields.Integer | Hours):
            return value
        plain = unicodedata.normalize("NFKC", value).replace(",", "").replace("−", "-").replace("\0", "")
        return plain.strip().lstrip("¥\\$€£").strip()
