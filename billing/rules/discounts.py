"""Discounts: on one line from its rounded amount, on a document split over its taxes. Never more than the base."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from billing.rules.currencies import exponent_of
from billing.rules.money import Direction, round_to, split
from billing.rules.tax import Tax
from billing.rules.totals import Adjustment

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Discount:
    """A percentage, or an amount in the document's currency; both are positive."""

    percent: Decimal | None = None
    amount: Decimal | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("a discount is a percentage or an amount")
        if (self.percent or self.amount or ZERO) < 0:
            raise ValueError("a discount lowers a price")


def line_discount(rounded: Decimal, discount: Discount, currency: str, direction: Direction = "half_up") -> Decimal:
    """The allowance on a rounded line; on a negative line a percentage is negative, an amount nothing."""
    if discount.percent is None:
        return min(round_to(discount.amount or ZERO, exponent_of(currency), direction), max(rounded, ZERO))
    share = min(Fraction(discount.percent), Fraction(100)) / 100
    return round_to(Fraction(rounded) * share, exponent_of(currency), direction)


def document_discount(
    bases: Mapping[tuple[Tax, ...], Decimal], discount: Discount, currency: str, direction: Direction = "half_up"
) -> tuple[Adjustment, ...]:
    """One allowance per group of taxes: the whole is rounded, then split by the groups' amounts above zero."""
    weights = [max(base, ZERO) for base in bases.values()]
    whole = line_discount(max(sum(bases.values(), ZERO), ZERO), discount, currency, direction)
    if not whole:
        return ()
    shares = split(whole, weights, currency)
    return tuple(Adjustment(share, taxes, discount.reason) for taxes, share in zip(bases, shares, strict=True) if share)
