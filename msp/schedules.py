"""When a schedule is due: instants from local times, and what happens to those that were missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Missed(StrEnum):
    """What a clock that was away does with the due times it missed (safety.md 2)."""

    EACH = "each"
    LATEST = "latest"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Work that comes by itself: every so often, or at a local time each day, or on one day of each month.

    `kind` is the work left at each due time; `desk_only` schedules run once for the desk, the others for each client.
    """

    name: str
    kind: str
    every: timedelta | None = None
    at: time | None = None
    day: int | None = None
    missed: Missed = Missed.LATEST
    desk_only: bool = False


GRACE = timedelta(minutes=5)


def due_times(schedule: Schedule, after: datetime, until: datetime, zone: ZoneInfo) -> list[datetime]:
    """The due times in (after, until] that are still to be run, oldest first."""
    times = list(_times(schedule, after, until, zone))
    match schedule.missed:
        case Missed.LATEST:
            return times[-1:]
        case Missed.SKIP:
            return [due for due in times[-1:] if until - due <= GRACE]
        case _:
            return times


def next_due(schedule: Schedule, after: datetime, zone: ZoneInfo) -> datetime:
    """The first due time after an instant."""
    return next(_times(schedule, after, after + timedelta(days=70), zone))


def _times(schedule: Schedule, after: datetime, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    if schedule.every is not None:
        step = schedule.every.total_seconds()
        due = datetime.fromtimestamp((after.timestamp() // step + 1) * step, UTC)
        while due <= until:
            yield due
            due += schedule.every
        return
    day = after.astimezone(zone).date()
    last = until.astimezone(zone).date()
    while day <= last:
        due = _local(day, schedule.at or time(), zone)
        if after < due <= until and schedule.day in (None, day.day):
            yield due
        day += timedelta(days=1)


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant of a local time; of one that comes twice the first, one that does not exist comes after the jump."""
    return datetime.combine(day, at, zone).astimezone(UTC)
