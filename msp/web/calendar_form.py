"""A calendar's form: what a version looks like as typed, and the holidays proposed for the next years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from msp.web import calendar_words as words
from msp.web.language import reader
from sla import holidays
from sla.models import Calendar
from sla.rules.calendar import WEEKDAYS
from sla.schemas.calendars import own_dates

SETS = ("JP", "US", "GB", "DE", "FR", "SG", "KR", "TW", "AU")
YEARS_SHOWN = 3


def as_typed(calendar: Calendar | None, hours: Mapping[str, Any]) -> dict[str, Any]:
    """A version as a person would have typed it."""
    read = words.calendar_of(hours)
    special = [
        f"{first}{'' if first == last else f' - {last}'}: {words.typed(spans) or _('closed')}"
        for first, last, spans in words.special_lines(read)
    ]
    week = {day: words.typed(spans) for day, spans in zip(WEEKDAYS, read.weekly, strict=True)}
    return {
        "name": calendar.name if calendar else "",
        "zone": read.zone,
        "holiday_set": hours.get("holidays_from", ""),
        "own": "\n".join(str(on) for on in own_dates(hours)),
        "special": "\n".join(special),
        **week,
    }


def proposed(
    chosen: str, hours: Mapping[str, Any], typed: Mapping[str, Any] | None
) -> Sequence[tuple[int, Sequence[tuple[date, str, bool]]]]:
    """The set's dates of this year and the next ones with their names, and whether the calendar uses them."""
    if not chosen:
        return []
    first = reader().now.astimezone(ZoneInfo("Asia/Tokyo")).year
    shown = set((typed or {}).get("shown", ()))
    kept = set(hours.get("holidays", ())) if hours.get("holidays_from") == chosen and hours.get("holidays") else None

    def is_used(on: date) -> bool:
        if on.isoformat() in shown:
            return on.isoformat() in (typed or {}).get("used", ())
        return kept is None or on.isoformat() in kept

    try:
        return [
            (year, [(on, name, is_used(on)) for on, name in holidays.named(chosen, year).items()])
            for year in range(first, first + YEARS_SHOWN)
        ]
    except ValueError:
        return []
