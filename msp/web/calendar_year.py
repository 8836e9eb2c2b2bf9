"""A calendar's year day by day, and when something started then is due."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from msp.web.calendar_words import calendar_of, holiday_names, hours_text, until
from sla.rules.calendar import Calendar
from sla.rules.hours import Hours
from sla.rules.zones import DAY

SHADES = ((24, 5), (12, 4), (8, 3), (4, 2), (0, 1))
MOST_DAYS = 60


@dataclass(frozen=True, slots=True)
class Day:
    """One date: how dark it is drawn (0 closed, 5 all day), its hours in words, and why it is not as usual."""

    on: date
    shade: int
    hours: str
    why: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    """Weeks of seven places, Monday first; a place without a day is None."""

    first: date
    weeks: Sequence[Sequence[Day | None]]


@dataclass(frozen=True, slots=True)
class Due:
    """When it is due, at the earliest and the latest reading of the promise, and the open time up to then by day."""

    start: datetime
    seconds: int
    due: datetime | None
    late: datetime | None
    days: Sequence[tuple[date, str, int, str]]
    more: int = 0


def year_of(hours: Mapping[str, Any], year: int) -> list[Month]:
    """The twelve months as this version has them."""
    calendar, names = calendar_of(hours), holiday_names(hours, year)
    months = []
    for number in range(1, 13):
        before, length = monthrange(year, number)
        days = [_day(calendar, names, date(year, number, n + 1)) for n in range(length)]
        places: list[Day | None] = [*([None] * before), *days]
        places += [None] * (-len(places) % 7)
        months.append(Month(date(year, number, 1), [places[n : n + 7] for n in range(0, len(places), 7)]))
    return months


def unusual(months: Sequence[Month]) -> list[Day]:
    """The days that have a name."""
    return [day for month in months for week in month.weeks for day in week if day is not None and day.why]


def due_of(hours: Mapping[str, Any], start: datetime, seconds: int) -> Due:
    """When a budget of open seconds is used up by this version, and on which days it was spent."""
    compiled, calendar = Hours(calendar_of(hours)), calendar_of(hours)
    begin = int(start.timestamp())
    due, late = compiled.add(begin, seconds), compiled.add_late(begin, seconds)
    if due is None:
        return Due(start, seconds, None, _at(late), [])
    zone = ZoneInfo(calendar.zone)
    spans = [(_local(a, zone), _local(b, zone)) for a, b in compiled.spans(begin, due)]
    opened = {on: list(of_day) for on, of_day in groupby(spans, key=lambda span: span[0].date())}
    days: list[tuple[date, str, int, str]] = []
    on, last = _local(begin, zone).date(), _local(due, zone).date()
    names: dict[int, dict[date, str]] = {}
    while on <= last and len(days) < MOST_DAYS:
        days.append(_spent(on, opened.get(on, []), calendar, names.setdefault(on.year, holiday_names(hours, on.year))))
        on += timedelta(days=1)
    return Due(start, seconds, _at(due), _at(late), days, max((last - on).days + 1, 0))


def _day(calendar: Calendar, names: Mapping[date, str], on: date) -> Day:
    spans = calendar.on(on)
    opened = sum(end - begin for begin, end in spans) / 3600
    shade = next((tone for least, tone in SHADES if opened >= least), 0) if spans else 0
    if on in calendar.special:
        why = " · ".join(filter(None, (str(_("special day")), names.get(on))))
        return Day(on, shade, hours_text(spans), why, "special")
    if calendar.is_holiday(on):
        return Day(on, 0, hours_text(()), names.get(on, ""), "holiday")
    return Day(on, shade, hours_text(spans))


def _spent(
    on: date, spans: Sequence[tuple[datetime, datetime]], calendar: Calendar, names: Mapping[date, str]
) -> tuple[date, str, int, str]:
    """(date, open hours used, seconds, why not as usual)."""
    seconds = sum(int((end - begin).total_seconds()) for begin, end in spans)
    text = ", ".join(f"{_wall(begin, on)} – {_wall(end, on)}" for begin, end in spans)
    why = _day(calendar, names, on).why
    return on, text or str(_("closed")), seconds, why


def _wall(at: datetime, on: date) -> str:
    days = (at.date() - on).days
    return until(days * DAY + at.hour * 3600 + at.minute * 60)


def _local(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone(zone)


def _at(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
