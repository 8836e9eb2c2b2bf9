"""When a ticket's clocks stood still and ran again, and why: read off its events, kept nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from msp.tickets.facts import clock_events
from msp.tickets.models import Event
from msp.tickets.rules import WAITING
from sla.actions import read_clocks
from sla.queries import Book
from sla.rules.cycle import Cycle
from sla.rules.measure import PAUSED, RUNNING, Mark

METRICS = ("first_response", "next_response", "resolution")
WROTE, WORK = "client_wrote", "work"
ANEW = ("restart", "improve")


@dataclass(frozen=True, slots=True)
class Turn:
    """At an instant some promises' clocks stopped (`why`: the status) or ran again (`why`: who made them)."""

    at: datetime
    stops: bool
    why: str
    metrics: tuple[str, ...]


def turns_of(book: Book, events: Sequence[Event], now: datetime) -> list[Turn]:
    """All of them in order. A ticket that never waited has none, and is not folded for that."""
    statuses = [event for event in events if event.type in ("status", "opened")]
    if not any(event.data.get("to") in WAITING or event.data.get("status") in WAITING for event in statuses):
        return []
    wrote = {int(event.at.timestamp()) for event in statuses if event.data.get("why") == WROTE}
    found: dict[tuple[int, bool, str], set[str]] = defaultdict(set)
    for clock in read_clocks(book, clock_events(events), now):
        for cycle in clock.cycles:
            for at, stops, status in turns_in(cycle):
                why = status if stops else WROTE if at in wrote else WORK
                found[at, stops, why].add(cycle.metric)
    return [
        Turn(datetime.fromtimestamp(at, UTC), stops, why, tuple(sorted(metrics, key=METRICS.index)))
        for (at, stops, why), metrics in sorted(found.items())
    ]


def turns_in(cycle: Cycle) -> Iterator[tuple[int, bool, str]]:
    """Instants at which one clock stopped (True, with the status) or ran again, in order."""
    marks = list(_marks(cycle))
    if marks and marks[0].kind == PAUSED:
        yield marks[0].at, True, marks[0].why
    for before, after in pairwise(marks):
        if after.kind == PAUSED != before.kind:
            yield after.at, True, after.why
        elif before.kind == PAUSED and after.kind == RUNNING:
            yield after.at, False, after.why


def _marks(cycle: Cycle) -> Iterator[Mark]:
    """What the newest measure of each time says, the last mark of an instant alone.

    One that begins to count anew says nothing of the time before the change, though it stands since the cycle's start.
    """
    measures = [
        marks[1:] if marks[0].why in ANEW and len(marks) > 1 else marks for marks in (*cycle.given_up, *cycle.measures)
    ]
    ends = [*(marks[0].at for marks in measures[1:]), None]
    marks = [
        mark for measure, end in zip(measures, ends, strict=True) for mark in measure if end is None or mark.at < end
    ]
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        if following is None or following.at > mark.at:
            yield mark
