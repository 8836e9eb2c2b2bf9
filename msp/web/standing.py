"""Where a ticket stands with its binding promise, as a chip says it: state, working time left, when to tick."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from msp.tickets.rules import DONE
from msp.web.format import Language, sla_words
from sla.queries import Book
from sla.rules.hours import Hours

HOUR = 3600
AHEAD = 14 * 24 * HOUR


class Standing(NamedTuple):
    """`left`: open seconds to the promise, below zero once over; `closes`, `opens`: when service time next does."""

    state: str
    words: str
    left: int | None = None
    due: datetime | None = None
    target: int | None = None
    closes: datetime | None = None
    opens: datetime | None = None


class Standings:
    """The standings of one page, each calendar asked once when it next opens and closes."""

    def __init__(self, now: datetime, language: Language) -> None:
        self.now = int(now.timestamp())
        self.language: Language = language
        self._borders: dict[int, tuple[datetime | None, datetime | None]] = {}

    def of_ticket(
        self,
        status: str,
        clock: str,
        breached: bool,
        due: datetime | None,
        target: int | None,
        hours: Hours | None,
    ) -> Standing:
        """What the queue's row says of a ticket."""
        if status in DONE and clock != "none":
            return self.named("missed" if breached else "met")
        if clock == "paused":
            return self.named("pause")
        if due is None:
            return self.named("none")
        return self.running(due, target, hours)

    def running(self, due: datetime, target: int | None, hours: Hours | None) -> Standing:
        """A promise that runs. Without known hours every second counts."""
        at = int(due.timestamp())
        if hours is None:
            left = at - self.now
        elif at >= self.now:
            left = hours.elapsed(self.now, at)
        else:
            left = -hours.elapsed(at, self.now)
        state = state_of(left, target)
        closes, opens = self._next_borders(hours)
        return Standing(state, sla_words(state, left, self.language), left, due, target, closes, opens)

    def named(self, state: str) -> Standing:
        """A promise that does not run: paused, met, missed, or none at all."""
        return Standing(state, sla_words(state, None, self.language))

    def _next_borders(self, hours: Hours | None) -> tuple[datetime | None, datetime | None]:
        if hours is None:
            return None, None
        known = self._borders.get(id(hours))
        if known is None:
            known = self._borders[id(hours)] = _borders(hours, self.now)
        return known


def state_of(left: int, target: int | None) -> str:
    """At risk is below a quarter of the target or an hour, whichever is longer, but never above half of it."""
    if left < 0:
        return "breach"
    edge = min(target / 2, max(target / 4, HOUR)) if target else HOUR
    return "risk" if left < edge else "track"


def hours_of(books: Mapping[int, Book], tenant_id: int, calendar: str | None) -> Hours | None:
    """The compiled hours a promise is counted by, where its calendar is still in the tenant's book."""
    book = books.get(tenant_id)
    return book.hours.get(calendar) if book and calendar else None


def _borders(hours: Hours, now: int) -> tuple[datetime | None, datetime | None]:
    """(next end of service time, next beginning of it)."""
    spans = hours.spans(now, now + AHEAD)
    first, second = next(spans, None), next(spans, None)
    if first is None:
        return None, None
    begins = second if first[0] <= now else first
    return datetime.fromtimestamp(first[1], UTC), datetime.fromtimestamp(begins[0], UTC) if begins else None
