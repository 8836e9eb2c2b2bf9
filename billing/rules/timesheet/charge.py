"""What charged time costs, and how it stands on a line."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from billing.rules.currencies import exponent_of
from billing.rules.money import Direction, Number, round_to

HOUR = 3600


def charge(
    seconds: Number,
    rate: Decimal,
    currency: str,
    direction: Direction = "half_up",
    *,
    multiplier: Number = 1,
    hour_places: int | None = None,
) -> Decimal:
    """Seconds at an hourly rate times a multiplier, rounded once.

    With `hour_places` the hours are made decimal first (half up to that many places) and the amount comes from those.
    """
    hours: Number = Fraction(seconds) / HOUR
    if hour_places is not None:
        hours = round_to(hours, hour_places, "half_up")
    return round_to(Fraction(hours) * Fraction(rate) * Fraction(multiplier), exponent_of(currency), direction)


@dataclass(frozen=True, slots=True)
class TimeQuantity:
    """Time as a line shows it, so that quantity x hourly price / base quantity is the line.

    Units are UN/ECE recommendation 20: MIN (base 60), HUR (base 1) or SEC (base 3600).
    """

    quantity: Decimal
    base_quantity: Decimal
    unit: str


def time_quantity(seconds: Number, hour_places: int | None = None) -> TimeQuantity:
    """Minutes; decimal hours where the desk counts so; seconds where there is no whole minute to show."""
    if hour_places is not None:
        return TimeQuantity(round_to(Fraction(seconds) / HOUR, hour_places, "half_up"), Decimal(1), "HUR")
    if Fraction(seconds) % 60:
        return TimeQuantity(round_to(seconds, 4, "half_up"), Decimal(HOUR), "SEC")
    return TimeQuantity(Decimal(int(Fraction(seconds) // 60)), Decimal(60), "MIN")
