"""Calendars counted the slow way, minute by minute from the text, to be compared with the engine."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sla.holidays import dates

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Json = Mapping[str, Any]


def instant(text: str) -> int:
    """Epoch seconds of an ISO instant."""
    return int(datetime.fromisoformat(text).timestamp())


def iso(at: int) -> str:
    """The instant as the file format writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def readings(zone: str, first: int, last: int) -> list[int]:
    """For each minute of [first, last) the highest wall reading so far, in local minutes since 1970."""
    highest, walk, here = -(10**9), [], ZoneInfo(zone)
    for at in range(first - 3 * 86_400, last, 60):
        wall = datetime.fromtimestamp(at, here)
        highest = max(highest, wall.toordinal() * 1_440 + wall.hour * 60 + wall.minute - 719_163 * 1_440)
        if at >= first:
            walk.append(highest)
    return walk


class MinuteWalk:
    """A calendar over [first, last), whole minutes only; each minute is open or not by the wall's highest reading."""

    def __init__(self, calendar: Json, first: int, last: int) -> None:
        self.calendar = calendar
        self.first = first
        self.wall = readings(calendar["tz"], first, last)
        low, high = self.wall[0] - 4 * 1_440, self.wall[-1] + 4 * 1_440
        opened = bytearray(high - low)
        for midnight in range(low // 1_440 * 1_440, high, 1_440):
            for begin, end in self.minutes(midnight):
                for minute in range(max(low, begin), min(high, end)):
                    opened[minute - low] = 1
        self.open = [opened[minute - low] for minute in self.wall]

    def minutes(self, midnight: int) -> list[tuple[int, int]]:
        """The local minutes between which a date's spans lie."""
        found = []
        for begin, end in self._says(date(1970, 1, 1) + timedelta(days=midnight // 1_440)):
            starts, stops = _minutes(begin), _minutes(end)
            found.append((midnight + starts, midnight + stops + (1_440 if stops < starts else 0)))
        return found

    def _says(self, day: date) -> Sequence[Sequence[str]]:
        special = self.calendar.get("special", {})
        if day.isoformat() in special:
            return list(special[day.isoformat()])
        named = self.calendar.get("holiday_set")
        if day.isoformat() in self.calendar.get("holidays", []) or (named and day in dates(named, day.year)):
            return []
        return list(self.calendar.get("weekly", {}).get(NAMES[day.weekday()], []))

    def elapsed(self, begin: int, end: int) -> int:
        """Open seconds between two whole minutes."""
        return 60 * sum(self.open[self._index(begin) : max(0, self._index(end))])

    def add(self, at: int, seconds: int) -> int | None:
        """The first minute with that much since `at`."""
        spent = 0
        for i in range(self._index(at), len(self.open)):
            if spent >= seconds:
                return self._at(i)
            spent += 60 * self.open[i]
        return None

    def add_late(self, at: int, seconds: int) -> int | None:
        """The last minute with no more than that since `at`."""
        spent = 0
        for i in range(self._index(at), len(self.open)):
            spent += 60 * self.open[i]
            if spent > seconds:
                return self._at(i)
        return None

    def sub(self, at: int, seconds: int) -> int | None:
        """The last minute before `at` with that much until it."""
        spent = 0
        for i in range(self._index(at), -1, -1):
            if spent >= seconds:
                return self._at(i)
            spent += 60 * self.open[i - 1]
        return None

    def sub_far(self, at: int, seconds: int) -> int | None:
        """The first minute before `at` with no more than that until it."""
        spent = 0
        for i in range(self._index(at), 0, -1):
            spent += 60 * self.open[i - 1]
            if spent > seconds:
                return self._at(i)
        return None

    def end_of_day(self, at: int, days: int) -> int | None:
        """The end of what started on the days-th date after the date of `at` on which anything starts."""
        midnight = self.wall[self._index(at)] // 1_440 * 1_440
        while days and midnight < self.wall[-1]:
            midnight += 1_440
            days -= self._closing(midnight) is not None
        return None if days else self._closing(midnight)

    def open_second(self, at: int) -> bool:
        """Whether the second at an instant is open."""
        return bool(self.open[self._index(at)])

    def _closing(self, midnight: int) -> int | None:
        lasting = [
            i + 1
            for begin, end in self.minutes(midnight)
            for i, reading in enumerate(self.wall)
            if begin <= reading < end
        ]
        return self._at(max(lasting)) if lasting else None

    def _index(self, at: int) -> int:
        return (at - self.first) // 60

    def _at(self, index: int) -> int:
        return self.first + 60 * index


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
