"""Opening hours, dates and lengths of time as people type them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError

from sla.rules.calendar import span

HOURS = re.compile(r"(\d{1,2})(?::(\d\d))?-(\d{1,2})(?::(\d\d))?")
LENGTH = re.compile(r"(?:(\d{1,4})(?:h|時間))?(?:(\d{1,5})(?:m|min|分)?)?")
CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)")
DASHES = str.maketrans(dict.fromkeys("~–—‐−〜～ー", "-"))
CLOSED = frozenset({"", "-", "closed", "休", "休み", "休業", "定休"})
LONGEST_RANGE = 400

HOURS_WRITTEN = "Write hours like 9:00-12:00, 13:00-18:00, or leave it empty."


def plain(text: str) -> str:
    """Full-width signs and the many dashes as one."""
    return unicodedata.normalize("NFKC", text).translate(DASHES).strip()


def read_spans(text: str) -> list[list[str]]:
    """ "9:00-12:00, 13-18" as [["09:00", "12:00"], ["13:00", "18:00"]]; 26:00 is 02:00 of the next date."""
    typed = re.sub(r"\s*-\s*", "-", plain(text)).lower()
    if typed in CLOSED:
        return []
    return [_span(part) for part in re.split(r"[\s,、;/]+", typed) if part]


def _span(part: str) -> list[str]:
    found = HOURS.fullmatch(part)
    if found is None:
        raise ValidationError(HOURS_WRITTEN)
    begin_hour, begin_minute, end_hour, end_minute = (int(each or 0) for each in found.groups())
    begin, end = f"{begin_hour:02}:{begin_minute:02}", f"{end_hour:02}:{end_minute:02}"
    try:
        first, last = span(begin, end)
    except ValueError:
        raise ValidationError(HOURS_WRITTEN) from None
    if end > "24:00" and last - first < 86_400:
        end = f"{end_hour - 24:02}:{end_minute:02}"
    return [begin, end]


def read_days(text: str) -> Iterator[tuple[date, date, str]]:
    """Lines of "2026-08-13 - 2026-08-15: closed" as (first, last, the rest)."""
    for line in plain(text).splitlines():
        days, _, rest = line.replace("/", "-").partition(":")
        ends = re.findall(r"\d{4}-\d{1,2}-\d{1,2}", days)
        if not days.strip() and not rest.strip():
            continue
        if len(ends) not in (1, 2):
            raise ValidationError("Write dates like 2026-08-13, or 2026-08-13 - 2026-08-15.")
        first, last = read_date(ends[0]), read_date(ends[-1])
        if not timedelta() <= last - first <= timedelta(days=LONGEST_RANGE):
            raise ValidationError("The last date lies before the first, or more than a year after it.")
        yield first, last, rest


def read_date(text: str) -> date:
    """ "2026-8-3" too."""
    try:
        year, month, day = map(int, plain(text).replace("/", "-").split("-"))
        return date(year, month, day)
    except ValueError:
        raise ValidationError("This is not a date.") from None


def each_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def read_length(text: str) -> int | None:
    """Minutes of "4h", "1h30", "90m", "1:30" or "30分"; None for nothing. A bare number counts minutes."""
    typed = re.sub(r"\s+", "", plain(text)).lower()
    if typed in ("", "-"):
        return None
    if clock := CLOCK.fullmatch(typed):
        minutes = int(clock[1]) * 60 + int(clock[2])
    else:
        found = LENGTH.fullmatch(typed)
        if found is None:
            raise ValidationError("Write a length like 30m, 4h or 1h30.")
        minutes = int(found[1] or 0) * 60 + int(found[2] or 0)
    if minutes <= 0:
        raise ValidationError("A target is longer than nothing.")
    return minutes


def local_instant(text: str, zone: str) -> datetime | None:
    """What a date-and-time field says in a zone; None when it is empty. An hour that does not exist is the next one."""
    typed = plain(text)
    if not typed:
        return None
    try:
        read = datetime.fromisoformat(typed if "T" in typed or " " in typed else f"{typed}T00:00")
    except ValueError:
        raise ValidationError("This is not a date and time.") from None
    return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))).replace(microsecond=0)


def hours_of(value: Any) -> list[list[str]]:
    """A day's opening hours, given as text or as a list of pairs."""
    return read_spans(value if isinstance(value, str) else ", ".join("-".join(map(str, pair)) for pair in value))


def said(wrong: ValidationError) -> list[str]:
    """The sentences of one field."""
    return [str(sentence) for sentence in wrong.messages]


def read_number(data: Mapping[str, Any], name: str, errors: dict[str, list[str]], least: int, most: int) -> int | None:
    """A whole number between two; None for nothing, and with a sentence in `errors` for what is none."""
    typed = plain(data[name])
    if not typed:
        return None
    if typed.isdecimal() and least <= int(typed) <= most:
        return int(typed)
    errors[name] = said(ValidationError("Write a whole number."))
    return None
