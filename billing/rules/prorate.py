"""Days in service: ratios, prorated amounts, segments of a change, months billed in advance."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from billing.rules.currencies import exponent_of
from billing.rules.money import Direction, round_to
from billing.rules.periods import Period, add_months, day_in_month

Basis = Literal["actual", "fixed_30"]
RATIO_PLACES = 9


@dataclass(frozen=True, slots=True)
class Proration:
    """What a part of a period costs: by days, or in full. Fewer than `none_if_under` days cost nothing."""

    first: bool = True
    last: bool = True
    none_if_under: int = 0
    basis: Basis = "actual"


BY_DAYS = Proration()
FULL_MONTH = Proration(first=False, last=False)


def days_between(begin: date, end: date, basis: Basis = "actual") -> int:
    """Days from `begin` to `end`, negative where that lies before; with `fixed_30` every month has 30."""
    if basis == "fixed_30":
        return 30 * (12 * (end.year - begin.year) + end.month - begin.month) + end.day - begin.day
    return (end - begin).days


def days_of(begin: date, end: date, period: Period, basis: Basis = "actual", months: int = 1) -> tuple[int, int]:
    """The days of [begin, end) and those of the whole period of `months` months; not clipped."""
    divisor = 30 * months if basis == "fixed_30" else period.days
    if not divisor:
        raise ValueError("a period of no days has no parts")
    return days_between(begin, end, basis), divisor


def share_of(begin: date, end: date, period: Period, basis: Basis = "actual", months: int = 1) -> Fraction:
    """The exact part of a period of `months` months that [begin, end) is; neither clipped nor rounded."""
    return Fraction(*days_of(begin, end, period, basis, months))


def ratio(begin: date, end: date, period: Period, basis: Basis = "actual", months: int = 1) -> Decimal:
    """`share_of` to 9 decimals, half up: for showing; amounts are made from the exact part."""
    return round_to(share_of(begin, end, period, basis, months), RATIO_PLACES, "half_up")


def share_in_service(
    begin: date | None, end: date | None, period: Period, how: Proration = BY_DAYS, months: int = 1
) -> Fraction:
    """The part of a period to pay for service in [begin, end), None standing for no limit, clipped to the period."""
    served = period.clip(begin, end)
    if served is None or served.days < how.none_if_under:
        return Fraction()
    if served == period:
        return Fraction(1)
    first = served.begin if how.first else period.begin
    last = served.end if how.last else period.end
    return share_of(first, last, period, how.basis, months)


def prorated(
    price: Decimal,
    quantity: Decimal,
    service: tuple[date | None, date | None],
    period: Period,
    currency: str,
    direction: Direction = "half_up",
    how: Proration = BY_DAYS,
    months: int = 1,
) -> Decimal:
    """Price x quantity x days in service / days in the whole period, rounded once."""
    share = share_in_service(*service, period, how, months)
    return round_to(Fraction(price) * Fraction(quantity) * share, exponent_of(currency), direction)


@dataclass(frozen=True, slots=True)
class Change:
    """From this day on, this price and quantity."""

    day: date
    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a period at one price and quantity: the days paid for of the days in the period, and its amount."""

    begin: date
    end: date
    price: Decimal
    quantity: Decimal
    paid_days: int
    period_days: int
    amount: Decimal

    @property
    def days(self) -> int:
        return (self.end - self.begin).days


def segments(
    changes: Iterable[Change],
    period: Period,
    currency: str,
    direction: Direction = "half_up",
    *,
    end: date | None = None,
    how: Proration = BY_DAYS,
    months: int = 1,
) -> tuple[Segment, ...]:
    """A period cut at its changes, one line each; equal neighbours are one, a price of 0 gives 0.

    Service begins with the first change and lasts until `end`. Later of two changes on one day holds.
    """
    told = {change.day: change for change in sorted(changes, key=lambda change: change.day)}
    stretches: list[tuple[Change, Period]] = []
    for change, until in zip(told.values(), [*told, end][1:], strict=True):
        last = until if end is None or until is None else min(until, end)
        served = period.clip(change.day, last)
        if served is None:
            continue
        if stretches and (stretches[-1][0].price, stretches[-1][0].quantity) == (change.price, change.quantity):
            change, before = stretches.pop()
            served = Period(before.begin, served.end)
        stretches.append((change, served))
    return tuple(
        _segment(stretches, index, period, currency, direction, how, months) for index in range(len(stretches))
    )


def _segment(
    stretches: Sequence[tuple[Change, Period]],
    index: int,
    period: Period,
    currency: str,
    direction: Direction,
    how: Proration,
    months: int,
) -> Segment:
    """The first and last stretch reach to the period's ends where those are not prorated."""
    change, served = stretches[index]
    whole = Period(stretches[0][1].begin, stretches[-1][1].end)
    if whole.days < how.none_if_under:
        days = (0, period.days)
    elif served == period:
        days = (period.days, period.days)
    else:
        begin = served.begin if index or how.first else period.begin
        end = served.end if index < len(stretches) - 1 or how.last else period.end
        days = days_of(begin, end, period, how.basis, months)
    exact = Fraction(change.price) * Fraction(change.quantity) * Fraction(*days)
    amount = round_to(exact, exponent_of(currency), direction)
    return Segment(served.begin, served.end, change.price, change.quantity, *days, amount)


def changed_in_advance(
    old: tuple[Decimal, Decimal],
    new: tuple[Decimal, Decimal],
    day: date,
    period: Period,
    currency: str,
    direction: Direction = "half_up",
    *,
    basis: Basis = "actual",
    months: int = 1,
) -> tuple[Decimal, Decimal]:
    """What a change does to a period already billed: the credit at old (price, quantity), the charge at new ones.

    Both run from the day of change to the period's end, each rounded alone; the credit is negative.
    """
    rest = share_in_service(day, None, period, Proration(basis=basis), months)
    credit, charge = (
        round_to(Fraction(price) * Fraction(quantity) * rest, exponent_of(currency), direction)
        for price, quantity in (old, new)
    )
    return 0 - credit, charge


def billed_months(start: date, end: date | None, target: date, anchor: int, months: int = 1) -> Decimal:
    """How many cycles are billed in advance for service in [start, end) up to a target date.

    A lead-in before the first anchor day on or after the start is always billed; then each cycle that begins by the
    target and before the end, the last one in part where the end cuts it. Nine decimals, each part rounded half up.
    """
    parts = [round_to(share, RATIO_PLACES, "half_up") for share in _advance_shares(start, end, target, anchor, months)]
    return sum(parts, round_to(0, RATIO_PLACES, "down"))


def _advance_shares(start: date, end: date | None, target: date, anchor: int, months: int) -> Iterable[Fraction]:
    if end is not None and end <= start:
        return
    first = day_in_month(start.year, start.month, anchor)
    if first < start:
        first = add_months(start, 1, anchor)
    if start < first:
        month_back = add_months(first, -months)
        yield Fraction((min(first, end or first) - start).days, (first - month_back).days)
    begin = first
    while begin <= target and (end is None or begin < end):
        following = add_months(begin, months, anchor)
        yield Fraction((min(following, end or following) - begin).days, (following - begin).days)
        begin = following
