"""A calendar in words: its week, its special days, and what an edit changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from flask_babel import gettext as _

from msp.web.format import Reader, day
from sla import holidays
from sla.rules import reading
from sla.rules.calendar import WEEKDAYS, Calendar, Span
from sla.rules.zones import DAY

ONE_DAY = timedelta(days=1)
MOST_DATES = 12


def day_names() -> list[str]:
    """Monday first."""
    return [str(name) for name in (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))]


def calendar_of(hours: Mapping[str, Any]) -> Calendar:
    """A stored version, whose holidays are copied in."""
    return reading.calendar(hours, lambda _set, _year: frozenset())


def clock(second: int) -> str:
    """ "9:00"; an end on the next date reads 26:00, as the trade says it."""
    hours, rest = divmod(second // 60, 60)
    return f"{hours}:{rest:02}"


def hours_text(spans: Iterable[Span]) -> str:
    """ "9:00 – 12:00, 13:00 – 18:00", or that it is closed."""
    return ", ".join(f"{clock(begin)} – {until(end)}" for begin, end in sorted(spans)) or str(_("closed"))


def until(second: int) -> str:
    """An end as everybody reads it: "18:00", "24:00", "6:00 the next day"."""
    return clock(second) if second <= DAY else str(_("%(time)s the next day", time=clock(second - DAY)))


def typed(spans: Iterable[Span]) -> str:
    """The same as a person would type it."""
    return ", ".join(f"{clock(begin)}-{clock(end)}" for begin, end in sorted(spans))


def week(calendar: Calendar) -> list[tuple[str, str]]:
    """Neighbouring days of the same hours as one line: (days, hours)."""
    names = day_names()
    spans = [tuple(sorted(of_day)) for of_day in calendar.weekly]
    lines = []
    for opened, group in groupby(range(len(WEEKDAYS)), key=lambda number: spans[number]):
        numbers = list(group)
        which = names[numbers[0]] if len(numbers) == 1 else f"{names[numbers[0]]} – {names[numbers[-1]]}"
        lines.append((which, hours_text(opened)))
    return lines


def special_lines(calendar: Calendar) -> list[tuple[date, date, tuple[Span, ...]]]:
    """Neighbouring special days of the same hours as one: (first, last, spans)."""
    lines: list[tuple[date, date, tuple[Span, ...]]] = []
    for on, spans in sorted(calendar.special.items()):
        if lines and lines[-1][1] + ONE_DAY == on and lines[-1][2] == spans:
            lines[-1] = (lines[-1][0], on, spans)
        else:
            lines.append((on, on, spans))
    return lines


def holiday_names(hours: Mapping[str, Any], year: int) -> dict[date, str]:
    """The calendar's holidays in a year by name; its own ones are called so."""
    chosen = hours.get("holidays_from")
    offered = holidays.named(chosen, year) if chosen else {}
    dates = (date.fromisoformat(text) for text in hours.get("holidays", ()) if text.startswith(f"{year}-"))
    return {on: offered.get(on) or str(_("own holiday")) for on in sorted(dates)}


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any], reader: Reader) -> list[str]:
    """What one version says that the one before it did not, sentence by sentence; nothing for the first."""
    if before is None:
        return []
    old, new = calendar_of(before), calendar_of(after)
    said = []
    if old.zone != new.zone:
        said.append(_("Time zone: %(before)s → %(after)s", before=old.zone, after=new.zone))
    for days, then, now in _changed_days(old, new):
        said.append(_("%(days)s: %(before)s → %(after)s", days=days, before=then, after=now))
    gone, come = old.holidays - new.holidays, new.holidays - old.holidays
    if come:
        said.append(_("Holidays added: %(dates)s", dates=dates_text(come, reader)))
    if gone:
        said.append(_("Holidays struck out: %(dates)s", dates=dates_text(gone, reader)))
    said += _changed_dates(old, new, reader)
    return said or [str(_("Nothing that opens or closes."))]


def dates_text(dates: Iterable[date], reader: Reader) -> str:
    """Dates in order; of many the first and how many more."""
    ordered = sorted(dates)
    text = ", ".join(day(on, reader) for on in ordered[:MOST_DATES])
    more = len(ordered) - MOST_DATES
    return text if more <= 0 else str(_("%(dates)s and %(count)s more", dates=text, count=more))


def _changed_days(old: Calendar, new: Calendar) -> Sequence[tuple[str, str, str]]:
    """Weekdays that change alike as one: (days, hours before, hours after)."""
    names = day_names()
    changes = [(hours_text(then), hours_text(now)) for then, now in zip(old.weekly, new.weekly, strict=True)]
    found = []
    for change, group in groupby(range(len(WEEKDAYS)), key=lambda number: changes[number]):
        numbers = list(group)
        if change[0] != change[1]:
            which = names[numbers[0]] if len(numbers) == 1 else f"{names[numbers[0]]} – {names[numbers[-1]]}"
            found.append((which, *change))
    return found


def _changed_dates(old: Calendar, new: Calendar, reader: Reader) -> list[str]:
    """Special days that change alike, one after the other, in one sentence."""
    ordinary = str(_("as on other days"))
    found: list[tuple[date, date, str, str]] = []
    for on in sorted({*old.special, *new.special}):
        was, became = (
            ordinary if spans is None else hours_text(spans) for spans in (old.special.get(on), new.special.get(on))
        )
        if was == became:
            continue
        if found and found[-1][1] + ONE_DAY == on and found[-1][2:] == (was, became):
            found[-1] = (found[-1][0], on, was, became)
        else:
            found.append((on, on, was, became))
    return [
        _("%(days)s: %(before)s → %(after)s", days=range_text(first, last, reader), before=was, after=became)
        for first, last, was, became in found
    ]


def range_text(first: date, last: date, reader: Reader) -> str:
    """One date, or the first and the last."""
    return day(first, reader) if first == last else f"{day(first, reader)} – {day(last, reader)}"
