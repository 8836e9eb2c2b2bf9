"""A ticket's promises as its client reads them: goal, what is left, why it stands, and the ribbon as proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import cast

from flask_babel import gettext as _

from msp.tickets.facts import clock_events
from msp.tickets.models import Event
from msp.web import charts
from msp.web.charts.times import Kind
from msp.web.format import Language, span
from msp.web.standing import Standing, Standings
from sla.actions import read_clocks
from sla.queries import Book
from sla.rules.cycle import Cycle
from sla.rules.trace import Segment, explain

METRICS = ("first_response", "next_response", "resolution")
MOST_PIECES = 120


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the trace in words: from, to, what it was, how long in seconds."""

    begin: datetime
    end: datetime
    what: str
    seconds: int


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """One promise of a ticket; `spent` and `target` are seconds of service time, `why` says why it stands still."""

    metric: str
    standing: Standing
    spent: int
    target: int
    since: datetime
    why: str
    zone: str
    ribbon: charts.Drawing
    trace: Sequence[Stretch]


def promise_lines(book: Book, events: Sequence[Event], at: datetime, language: Language) -> list[PromiseLine]:
    """The newest cycle of each promise the ticket has, read anew from its events."""
    now = int(at.timestamp())
    standings = Standings(at, language)
    cycles = [clock.newest for clock in read_clocks(book, clock_events(events), at) if clock.newest is not None]
    lines = [_line(book, cycle, now, standings, language) for cycle in cycles if cycle.state != "cancelled"]
    return sorted(lines, key=lambda line: METRICS.index(line.metric))


def why_it_stands(status: str) -> str:
    """Why time is not counted, in the client's words."""
    words = {
        "pending_client": _("We are waiting for your answer"),
        "pending_vendor": _("We are waiting for a third party"),
        "scheduled": _("An appointment is set"),
        "resolved": _("Resolved"),
        "closed": _("Closed"),
    }
    return str(words.get(status) or _("Paused"))


def _line(book: Book, cycle: Cycle, now: int, standings: Standings, language: Language) -> PromiseLine:
    hours = book.hours.get(cycle.calendar)
    trace = _joined(explain(cycle, now))
    paused = cycle.state == "paused"
    return PromiseLine(
        metric=cycle.metric,
        standing=_standing(book, cycle, standings),
        spent=cycle.elapsed,
        target=cycle.target,
        since=_instant(cycle.start),
        why=why_it_stands(trace[-1].why) if paused and trace else "",
        zone=hours.calendar.zone if hours else "",
        ribbon=_ribbon(cycle, trace, language),
        trace=[Stretch(_instant(one.begin), _instant(one.end), _what(one), one.seconds) for one in trace],
    )


def _standing(book: Book, cycle: Cycle, standings: Standings) -> Standing:
    if cycle.state == "stopped":
        return standings.named("missed" if cycle.breached_at else "met")
    if cycle.state == "paused":
        return standings.named("pause")
    if cycle.due_at is None:
        return standings.named("none")
    return standings.running(_instant(cycle.due_at), cycle.target, book.hours.get(cycle.calendar))


def _ribbon(cycle: Cycle, trace: Sequence[Segment], language: Language) -> charts.Drawing:
    pieces = [_piece(one, language) for one in trace[-MOST_PIECES:]]
    marks = [charts.Mark(_instant(cycle.start), _("Begun"))]
    end = trace[-1].end if trace else cycle.start
    if cycle.due_at is not None and cycle.due_at <= end:
        marks.append(charts.Mark(_instant(cycle.due_at), _("Goal"), "due"))
    if cycle.breached_at is not None:
        marks.append(charts.Mark(_instant(cycle.breached_at), _("Goal missed"), "danger"))
    if cycle.stop is not None:
        marks.append(charts.Mark(_instant(cycle.stop), _("Done"), "good" if not cycle.breached_at else "event"))
    breached = _instant(cycle.breached_at) if cycle.breached_at is not None else None
    return charts.ribbon(pieces, marks, breached_at=breached)


def _piece(one: Segment, language: Language) -> charts.Segment:
    what = _what(one)
    why = f"{what}: {span(one.seconds, language)}"
    return charts.Segment(_instant(one.begin), _instant(one.end), cast("Kind", one.kind), what, why)


def _what(one: Segment) -> str:
    if one.kind == "running":
        return str(_("Counted"))
    if one.kind == "closed":
        return str(_("Outside service hours"))
    return why_it_stands(one.why)


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """Neighbours that read alike, as one."""
    joined: list[Segment] = list(segments[:1])
    for before, after in pairwise(segments):
        if (before.kind, _what(before)) == (after.kind, _what(after)):
            last = joined[-1]
            joined[-1] = Segment(last.begin, after.end, after.kind, after.why, after.terms, after.calendar)
        else:
            joined.append(after)
    return joined


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
