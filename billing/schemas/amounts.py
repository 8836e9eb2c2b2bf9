"""Fields for figures: exact, never a binary number, no finer than their column."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from billing.rules.currencies import EXPONENTS


class Places:
    """At most so many decimals."""

    def __init__(self, places: int) -> None:
        self.places = places

    def __call__(self, value: Decimal) -> Decimal:
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or -exponent > self.places:
            raise ValidationError("This has too many decimals.")
        return value


def price(**options: Any) -> fields.Decimal:
    """A price, zero or more, with up to 6 decimals."""
    return fields.Decimal(as_string=True, validate=[validate.Range(min=0), Places(6)], **options)


def quantity(**options: Any) -> fields.Decimal:
    """A quantity, zero or more, with up to 4 decimals."""
    return fields.Decimal(as_string=True, validate=[validate.Range(min=0), Places(4)], **options)


def currency(**options: Any) -> fields.String:
    """A currency whose amounts our columns can hold: at most three decimals."""
    codes = sorted(code for code, decimals in EXPONENTS.items() if decimals <= 3)
    return fields.String(validate=validate.OneOf(codes), **options)
