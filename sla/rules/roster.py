"""Who is on call at an instant, and until when the quiet hours hold a notice back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sla.rules.calendar import WEEKDAYS, Calendar, Span, span
from sla.rules.hours import Hours
from sla.rules.zones import DAY, zone

WEEK = 7 * DAY


@dataclass(frozen=True, slots=True, eq=False)
class Shift:
    """Hours of the week and the people who share them, one after the other by the week."""

    hours: Hours
    people: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody is on call in [begin, end), whatever the plan says. Instants are epoch seconds."""

    person: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """A weekly plan on the wall clock of a zone. `anchor` is the local reading at which the first people's week began.

    Of several stand-ins at one instant the later listed counts. `quiet` is open while notices wait.
    """

    zone: str
    anchor: int
    shifts: tuple[Shift, ...]
    stand_ins: tuple[StandIn, ...] = ()
    quiet: Hours | None = None

    def week(self, at: int) -> int:
        """How many hand-overs lie behind an instant; the clock-change rule is that of calendars (sla.md 1)."""
        return (zone(self.zone).reading(at) - self.anchor) // WEEK

    def on_call(self, at: int) -> tuple[int, ...]:
        """Who is on call, in the order of the shifts; nobody where the plan has a gap."""
        standing_in = [one.person for one in self.stand_ins if one.begin <= at < one.end]
        if standing_in:
            return (standing_in[-1],)
        week = self.week(at)
        turns = [shift.people[week % len(shift.people)] for shift in self.shifts if shift.hours.is_open(at)]
        return tuple(dict.fromkeys(turns))

    def stretches(self, begin: int, end: int) -> list[tuple[int, int, tuple[int, ...]]]:
        """[begin, end) cut where somebody takes over: (from, to, who), without a gap; nobody's stretches are ()."""
        cuts = sorted({begin, *(cut for cut in self._cuts(begin, end) if begin < cut < end)})
        found: list[tuple[int, int, tuple[int, ...]]] = []
        for at, until in zip(cuts, [*cuts[1:], end], strict=True):
            who = self.on_call(at)
            if found and found[-1][2] == who:
                found[-1] = (found[-1][0], until, who)
            elif at < until:
                found.append((at, until, who))
        return found

    def leaves_at(self, at: int) -> int | None:
        """When a notice of an instant may leave; None where the quiet hours never end."""
        return at if self.quiet is None else self.quiet.closing(at)

    def _cuts(self, begin: int, end: int) -> Iterable[int]:
        for shift in self.shifts:
            for opening, closing in shift.hours.spans(begin, end):
                yield from (opening, closing)
        for one in self.stand_ins:
            yield from (one.begin, one.end)
        here = zone(self.zone)
        for week in range(self.week(begin) + 1, self.week(end) + 1):
            reading = self.anchor + week * WEEK
            yield here.first(reading, datetime.fromtimestamp(reading, UTC).year)


def read(
    name: str,
    since: date,
    hand_over: tuple[int, str],
    shifts: Sequence[Mapping[str, Any]],
    quiet: Sequence[Mapping[str, Any]] = (),
    stand_ins: Iterable[StandIn] = (),
) -> Roster:
    """A roster from plain facts: `{"days": ["mon", ...], "from": "09:00", "to": "18:00", "people": [3, 5]}`.

    `name` is the zone's, `hand_over` a weekday (0 is Monday) and a time of day; an end before its begin lies on the
    next date. Quiet hours are the same without people. Raises ValueError for what cannot be read.
    """
    zone(name)
    weekday, time = hand_over
    back = (since.weekday() - weekday) % 7
    moment, _ = span(time, "48:00")
    anchor = (since.toordinal() - back - date(1970, 1, 1).toordinal()) * DAY + moment
    read_shifts = []
    for one in shifts:
        people = tuple(one.get("people") or ())
        if not people:
            raise ValueError("a shift without people")
        read_shifts.append(Shift(_hours(name, [one]), people))
    return Roster(name, anchor, tuple(read_shifts), tuple(stand_ins), _hours(name, quiet) if quiet else None)


def _hours(name: str, spans: Iterable[Mapping[str, Any]]) -> Hours:
    weekly: list[list[Span]] = [[] for _ in WEEKDAYS]
    for one in spans:
        length = span(one["from"], one["to"])
        for day in one["days"]:
            weekly[WEEKDAYS.index(day)].append(length)
    return Hours(Calendar(name, tuple(tuple(sorted(each)) for each in weekly)))
