"""Billing periods: half-open spans of local dates, closed on the tenant's day of the month."""

from calendar import monthrange
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The days from `begin` up to, not including, `end`."""

    begin: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.begin:
            raise ValueError(f"a period does not end ({self.end}) before it begins ({self.begin})")

    @property
    def days(self) -> int:
        return (self.end - self.begin).days

    @property
    def last_day(self) -> date:
        return self.end - DAY

    def __contains__(self, day: date) -> bool:
        return self.begin <= day < self.end

    def __iter__(self) -> Iterator[date]:
        return (self.begin + DAY * ahead for ahead in range(self.days))

    def clip(self, begin: date | None, end: date | None) -> "Period | None":
        """What of this period lies in [begin, end), None standing for no limit; None when nothing does."""
        first, last = max(self.begin, begin or self.begin), min(self.end, end or self.end)
        return Period(first, last) if first < last else None


def day_in_month(year: int, month: int, day: int) -> date:
    """That day of the month, or the month's last where it has fewer; the month may run over the year's ends."""
    years, month_index = divmod(month - 1, 12)
    year, month = year + years, month_index + 1
    return date(year, month, min(day, monthrange(year, month)[1]))


def add_months(day: date, months: int, anchor: int | None = None) -> date:
    """The same day of the month (or the `anchor` day) so many months on, clamped to that month's end."""
    return day_in_month(day.year, day.month + months, anchor or day.day)


def closing_date(day: date, closing_day: int | None = None) -> date:
    """The last day of the period that holds `day`; a closing day of None or 31 is the month's end."""
    closing = closing_day or 31
    this_month = day_in_month(day.year, day.month, closing)
    return this_month if day <= this_month else day_in_month(day.year, day.month + 1, closing)


@lru_cache(maxsize=4096)
def period_of(day: date, closing_day: int | None = None) -> Period:
    """The tenant's period that holds `day`: it ends with its closing day, the calendar month where none is set."""
    closing = closing_date(day, closing_day)
    before = day_in_month(closing.year, closing.month - 1, closing_day or 31)
    return Period(before + DAY, closing + DAY)


def shift_period(period: Period, months: int, closing_day: int | None = None) -> Period:
    """The tenant's period so many months on, or back."""
    closing = period.last_day
    return period_of(day_in_month(closing.year, closing.month + months, closing_day or 31), closing_day)


def next_period(period: Period, closing_day: int | None = None) -> Period:
    return shift_period(period, 1, closing_day)


def previous_period(period: Period, closing_day: int | None = None) -> Period:
    return shift_period(period, -1, closing_day)


def open_period(day: date, issued: Collection[Period], closing_day: int | None = None) -> Period:
    """The period on whose document work of a day stands: its own, or the first after it that has no document yet.

    Where the closing day moved it reaches from the end of one issued period to the closing day or the next issued one,
    so that no day is billed twice or never; such a bridge is shorter than a month.
    """
    for held in sorted(issued):
        if day in held:
            day = held.end
    own = period_of(day, closing_day)
    begin = max([own.begin, *(held.end for held in issued if held.end <= day)])
    return Period(begin, min([own.end, *(held.begin for held in issued if held.begin > day)]))


def cycle_of(day: date, first: date, months: int, closing_day: int | None = None) -> Period:
    """The cycle of so many periods that holds `day`. Cycles are counted from the first period that begins on or after
    `first`; what lies before belongs to the cycle that leads in."""
    anchor = period_of(first, closing_day)
    if anchor.begin < first:
        anchor = next_period(anchor, closing_day)
    here = period_of(day, closing_day).last_day
    apart = 12 * (here.year - anchor.last_day.year) + here.month - anchor.last_day.month
    begin = shift_period(anchor, apart // months * months, closing_day)
    return Period(begin.begin, shift_period(begin, months, closing_day).begin)
