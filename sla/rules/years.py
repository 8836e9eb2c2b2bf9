"""A calendar's year as open spans in real time: the clock-change rule is applied here and nowhere else."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from sla.rules.calendar import Calendar
from sla.rules.zones import DAY, zone

FIRST_YEAR, LAST_YEAR = 1900, 2199
EPOCH_DAY = date(1970, 1, 1).toordinal()

_DAY = timedelta(days=1)


class Year(NamedTuple):
    """Open spans within [begin, end) of a local year, and the last closing instant of each date that opens in it."""

    begin: int
    end: int
    spans: list[tuple[int, int]]
    closings: list[tuple[int, int]]


def compiled(calendar: Calendar, year: int) -> Year:
    """The year's spans joined, in order and cut at its borders; dates are proleptic ordinals."""
    first = zone(calendar.zone).first
    begin = first(_midnight(date(year, 1, 1)), year)
    end = first(_midnight(date(year + 1, 1, 1)), year)
    spans: list[tuple[int, int]] = []
    closings: list[tuple[int, int]] = []
    for day in _days(year):
        opened = [span for span in openings(calendar, day, year) if span[0] < span[1]]
        if opened:
            spans += opened
            if day.year == year:
                closings.append((day.toordinal(), max(closing for _, closing in opened)))
    cut = [(max(begin, a), min(end, b)) for a, b in spans if a < end and b > begin]
    return Year(begin, end, joined(cut), closings)


def openings(calendar: Calendar, day: date, year: int) -> list[tuple[int, int]]:
    """The instants between which the date's spans lie: a border is the first instant the wall reads it or later."""
    first = zone(calendar.zone).first
    midnight = _midnight(day)
    return [(first(midnight + begin, year), first(midnight + end, year)) for begin, end in calendar.on(day)]


def joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The union, in order; touching spans are one."""
    union: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if union and begin <= union[-1][1]:
            if end > union[-1][1]:
                union[-1] = (union[-1][0], end)
        else:
            union.append((begin, end))
    return union


def _days(year: int) -> Iterator[date]:
    """The year's dates and the two before it, whose nights may reach into it."""
    day = date(year, 1, 1) - 2 * _DAY
    while day.year <= year:
        yield day
        day += _DAY


def _midnight(day: date) -> int:
    return (day.toordinal() - EPOCH_DAY) * DAY
