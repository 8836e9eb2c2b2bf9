"""Counts of devices, users, licences: from daily snapshots to the quantity that is billed, and its tiers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from billing.rules.money import round_to
from billing.rules.periods import DAY, Period

Policy = Literal["period_end", "peak", "average", "daily", "period_start"]
TierMode = Literal["graduated", "volume"]
AVERAGE_PLACES = 2
JUMP_UNITS = 5
JUMP_SHARE = Fraction(20, 100)


class NoCountsError(LookupError):
    """Nothing was ever counted up to the end of the period: an error, not zero."""


@dataclass(frozen=True, slots=True)
class Run:
    """Days of equal quantity in a row, half-open."""

    begin: date
    end: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Counted:
    """What a policy makes of a period: one quantity, or runs of days with one each; the days guessed are marked."""

    quantity: Decimal | None
    runs: tuple[Run, ...]
    missing: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """Units up to and including `up_to` (None: all the rest) at a price."""

    up_to: Decimal | None
    price: Decimal


def daily_counts(snapshots: Mapping[date, int], period: Period) -> tuple[dict[date, int], tuple[date, ...]]:
    """A count for each day, and the days that had none: those take the last one known, 0 before the first ever.

    Snapshots from before the period count as known. Raises `NoCountsError` when there is none up to its last day.
    """
    known = {day: count for day, count in snapshots.items() if day < period.end}
    if not known:
        raise NoCountsError(f"nothing was counted up to {period.last_day}")
    before = [day for day in known if day < period.begin]
    last = known[max(before)] if before else 0
    filled: dict[date, int] = {}
    for day in period:
        last = filled[day] = known.get(day, last)
    return filled, tuple(day for day in period if day not in known)


def counted(
    snapshots: Mapping[date, int],
    period: Period,
    policy: Policy,
    *,
    minimum: Decimal = Decimal(0),
    free: Decimal = Decimal(0),
) -> Counted:
    """The billed quantity of a period by policy: never under the minimum, then less the free ones.

    The average is over the period's days, 2 decimals half up; `daily` has runs of equal quantity and no one quantity.
    """
    if not period.days:
        raise ValueError("a period of no days has no count")
    by_day, missing = daily_counts(snapshots, period)

    def billed(count: Decimal) -> Decimal:
        return max(max(count, minimum) - free, Decimal(0))

    counts = list(by_day.values())
    match policy:
        case "daily":
            return Counted(None, _runs({day: billed(Decimal(count)) for day, count in by_day.items()}), missing)
        case "peak":
            quantity = Decimal(max(counts))
        case "average":
            quantity = round_to(Fraction(sum(counts), len(counts)), AVERAGE_PLACES, "half_up")
        case "period_start":
            quantity = Decimal(counts[0])
        case "period_end":
            quantity = Decimal(counts[-1])
        case _:
            raise ValueError(f"unknown policy {policy!r}")
    return Counted(billed(quantity), (Run(period.begin, period.end, billed(quantity)),), missing)


def _runs(quantities: Mapping[date, Decimal]) -> tuple[Run, ...]:
    runs: list[Run] = []
    for day, quantity in quantities.items():
        begin = runs.pop().begin if runs and runs[-1].quantity == quantity else day
        runs.append(Run(begin, day + DAY, quantity))
    return tuple(runs)


def needs_tick(before: Decimal | None, now: Decimal) -> bool:
    """Whether somebody has to confirm a change of count: over 20 % or over 5 units."""
    if before is None:
        return False
    change = abs(now - before)
    return change > JUMP_UNITS or Fraction(change) > JUMP_SHARE * abs(Fraction(before))


def in_tiers(quantity: Decimal, tiers: Sequence[Tier], mode: TierMode) -> tuple[tuple[Decimal, Decimal], ...]:
    """(units, price) pairs: each tier's own units (graduated), or all at the price of the tier they reach (volume).

    Tiers are in rising order. Raises `ValueError` for a quantity beyond the last tier.
    """
    taken: list[tuple[Decimal, Decimal]] = []
    below = Decimal(0)
    for tier in tiers:
        reached = tier.up_to is None or quantity <= tier.up_to
        units = (quantity if reached or tier.up_to is None else tier.up_to) - below
        taken.append((units, tier.price))
        if reached:
            return ((quantity, tier.price),) if mode == "volume" else tuple(taken)
        below = below if tier.up_to is None else tier.up_to
    raise ValueError(f"no tier reaches {quantity}")
