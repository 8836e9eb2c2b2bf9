"""Worked time as people type it: minutes, hours and minutes, or from when to when."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60
_CLOCK = r"(\d{1,2})(?::|時)?([0-5]\d)分?"
_SPAN = re.compile(rf"{_CLOCK}\s*[-–—−~〜ー]\s*{_CLOCK}")
_CLOCK_LENGTH = re.compile(r"(\d{1,2}):([0-5]\d)")
_HOURS = re.compile(r"(\d{1,2}(?:\.\d{1,2})?)\s*(?:h|hours?|時間)\s*(?:(\d{1,3})\s*(?:m|min|分)?)?")
_MINUTES = re.compile(r"(\d{1,4})\s*(?:m|min|分)?")


@dataclass(frozen=True, slots=True)
class Typed:
    """Minutes, or two readings of the clock."""

    minutes: int = 0
    begin: time | None = None
    end: time | None = None

    @property
    def is_span(self) -> bool:
        return self.begin is not None

    def __bool__(self) -> bool:
        return self.is_span or self.minutes > 0


def read(text: str) -> Typed | None:
    """`25`, `0:25`, `1h20`, `1.5時間`, `10:05-10:30`, in either width. None for what is no time, or over a day."""
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    if found := _SPAN.fullmatch(plain):
        hours = (int(found[1]), int(found[3]))
        if max(hours) > 23:
            return None
        return Typed(0, time(hours[0], int(found[2])), time(hours[1], int(found[4])))
    if found := _CLOCK_LENGTH.fullmatch(plain):
        return _within_a_day(int(found[1]) * 60 + int(found[2]))
    if found := _HOURS.fullmatch(plain):
        minutes = Decimal(found[1]) * 60 + int(found[2] or 0)
        return _within_a_day(int(minutes)) if minutes == int(minutes) else None
    found = _MINUTES.fullmatch(plain)
    return _within_a_day(int(found[1])) if found else None


def on_day(typed: Typed, day: date, zone: str) -> tuple[datetime, datetime]:
    """The span that begins on a day of a zone; an end that is not later is the next day's. Instants in UTC."""
    if typed.begin is None or typed.end is None:
        raise ValueError("no span")
    last = day if typed.end > typed.begin else day + timedelta(days=1)
    here = ZoneInfo(zone)
    return (
        datetime.combine(day, typed.begin, here).astimezone(UTC),
        datetime.combine(last, typed.end, here).astimezone(UTC),
    )


def latest(typed: Typed, at: datetime, zone: str) -> tuple[datetime, datetime]:
    """The span of that reading which began last before an instant: today's, else yesterday's."""
    today = at.astimezone(ZoneInfo(zone)).date()
    span = on_day(typed, today, zone)
    return span if span[0] <= at else on_day(typed, today - timedelta(days=1), zone)


def _within_a_day(minutes: int) -> Typed | None:
    return Typed(minutes) if minutes <= DAY_MINUTES else None
