"""How money stands in a column: prices finer than the currency, amounts never, the currency beside them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Numeric, String

Price = Numeric(20, 6)
Amount = Numeric(18, 3)
Quantity = Numeric(14, 4)
Percent = Numeric(7, 4)
Multiplier = Numeric(7, 4)
Currency = String(3)


def on_scale(*columns: str) -> CheckConstraint:
    """Amounts are never finer than the `currency` of their row; `decimals_of` is the database's ISO 4217."""
    finest = ", ".join(f"scale(trim_scale({column}))" for column in columns)
    return CheckConstraint(f"greatest({finest}) <= decimals_of(currency)", name="scale")


def known_currency() -> CheckConstraint:
    """A price that has no amounts beside it still names a currency."""
    return CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency")
