"""What the wall clock of a zone reads, and the instant at which it first reads it."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo, reset_tzpath

# The pinned tzdata and never the machine's own files, so that every machine counts alike; all zones are loaded here.
reset_tzpath(())
ZoneInfo.clear_cache()

DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PROBE = 6 * 3_600
_MARGIN = 5 * DAY
_BEYOND = 1 << 62


class _Year(NamedTuple):
    """Stretches of one offset around a year: the instant each begins, its offset, the wall's highest reading so far."""

    begins: list[int]
    offsets: list[int]
    highest: list[int]


class Zone:
    """One zone of the pinned data. Readings are local seconds since 1970-01-01 00:00, instants are epoch seconds."""

    __slots__ = ("_info", "_years", "name")

    def __init__(self, name: str) -> None:
        try:
            self._info = ZoneInfo(name)
        except (KeyError, ValueError, OSError) as unknown:
            raise ValueError(f"unknown time zone {name!r}") from unknown
        self.name = name
        self._years: dict[int, _Year] = {}

    def first(self, reading: int, year: int) -> int:
        """The first instant at which the wall reads `reading` or later; the reading lies within 3 days of `year`."""
        begins, offsets, highest = self._years.get(year) or self._compile(year)
        i = bisect_right(highest, reading)
        begin, plain = begins[i], reading - offsets[i]
        return plain if plain > begin else begin

    def reading(self, at: int) -> int:
        """The highest reading of the wall up to and including `at`."""
        year = (_EPOCH + timedelta(seconds=at)).year
        begins, offsets, highest = self._years.get(year) or self._compile(year)
        i = bisect_right(begins, at) - 1
        return max(highest[i - 1] - 1, at + offsets[i]) if i else at + offsets[i]

    def _offset(self, at: int) -> int:
        offset = datetime.fromtimestamp(at, self._info).utcoffset()
        if offset is None:
            raise ValueError(f"{self.name} has no offset")
        return offset.days * DAY + offset.seconds

    def _compile(self, year: int) -> _Year:
        first = _midnight(year) - _MARGIN
        last = _midnight(year + 1) + _MARGIN
        changes = [(first, self._offset(first)), *self._changes(first, last)]
        begins = [at for at, _ in changes]
        offsets = [offset for _, offset in changes]
        reached = [end + offset for end, offset in zip([*begins[1:], _BEYOND], offsets, strict=True)]
        compiled = self._years[year] = _Year(begins, offsets, list(accumulate(reached, max)))
        return compiled

    def _changes(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        at, offset = first, self._offset(first)
        while at < last:
            ahead = at + _PROBE
            if self._offset(ahead) != offset:
                low, high = at, ahead
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (middle, high) if self._offset(middle) == offset else (low, middle)
                ahead, offset = high, self._offset(high)
                yield high, offset
            at = ahead


def _midnight(year: int) -> int:
    return int((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds())


@lru_cache(maxsize=1_024)
def zone(name: str) -> Zone:
    """The zone of that IANA name, its years compiled once for all calendars; ValueError if there is none."""
    return Zone(name)
