"""What a calendar says: weekly hours, holidays and special days of one zone."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from sla.rules.zones import DAY, zone

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Span = tuple[int, int]
"""Seconds after local midnight, half-open; the end may lie on the next date, up to 48:00."""

_TIME = re.compile(r"([0-9]{1,2}):([0-5][0-9])(?::([0-5][0-9]))?")


def _no_holidays(_year: int) -> frozenset[date]:
    return frozenset()


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening spans by weekday (Monday first), own holidays, special days, and the dates of a holiday set by year.

    A stored calendar version brings the set's dates copied into `holidays`; only a file case asks the set itself.
    """

    zone: str
    weekly: tuple[tuple[Span, ...], ...] = ((),) * 7
    holidays: frozenset[date] = frozenset()
    special: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    holiday_set: Callable[[int], frozenset[date]] = _no_holidays

    def on(self, day: date) -> tuple[Span, ...]:
        """The spans that start on a date: its special ones, none on a holiday, else those of its weekday."""
        spans = self.special.get(day)
        if spans is not None:
            return spans
        return () if self.is_holiday(day) else self.weekly[day.weekday()]

    def is_holiday(self, day: date) -> bool:
        """Whether the date is a holiday, own or of the set (a special day may open all the same)."""
        return day in self.holidays or day in self.holiday_set(day.year)

    @property
    def open_weekly(self) -> bool:
        """Whether any weekday opens, so that the calendar opens again and again."""
        return any(self.weekly)


def span(begin: str, end: str) -> Span:
    """Read "09:00", "18:00"; 24:00 and later ends (26:00) lie on the next date, and so does an end before its begin.

    ValueError if a time cannot be read, if begin equals end, or if the begin is not within its date.
    """
    first, last = _seconds(begin), _seconds(end)
    if first >= DAY:
        raise ValueError(f"a span begins before 24:00 of its date, not at {begin}")
    if first == last:
        raise ValueError(f"a span from {begin} to {end} has no length")
    if last > 2 * DAY:
        raise ValueError(f"a span ends by 48:00, not at {end}")
    return (first, last) if last > first else (first, last + DAY)


def _seconds(text: str) -> int:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"not a time of day: {text!r}")
    hours, minutes, seconds = found.groups(default="0")
    return int(hours) * 3_600 + int(minutes) * 60 + int(seconds)


def faults(calendar: Calendar) -> list[str]:
    """What the editor refuses on save: an unknown zone, spans that overlap, a calendar that never opens."""
    found = []
    try:
        zone(calendar.zone)
    except ValueError as unknown:
        found.append(str(unknown))
    found += [f"{name}: spans overlap" for name, spans in zip(WEEKDAYS, calendar.weekly, strict=True) if overlap(spans)]
    found += [
        f"{name} runs into the next day"
        for name, spans, following in zip(WEEKDAYS, calendar.weekly, _next_days(calendar.weekly), strict=True)
        if _runs_into(spans, following)
    ]
    found += [f"{day}: spans overlap" for day, spans in sorted(calendar.special.items()) if overlap(spans)]
    if not calendar.open_weekly and not any(calendar.special.values()):
        found.append("the calendar never opens")
    return found


def overlap(spans: Iterable[Span]) -> bool:
    """Whether two of a date's spans share time; touching ones do not."""
    return any(before[1] > after[0] for before, after in pairwise(sorted(spans)))


def _next_days(weekly: Sequence[tuple[Span, ...]]) -> list[tuple[Span, ...]]:
    return [*weekly[1:], weekly[0]]


def _runs_into(spans: Iterable[Span], following: Iterable[Span]) -> bool:
    tail = max((end for _, end in spans), default=0) - DAY
    return any(begin < tail for begin, _ in following)
