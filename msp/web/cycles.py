"""A ticket's promises, cycle by cycle and minute by minute: what the client and the desk both read off one fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import cast
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from msp.tickets.facts import clock_events
from msp.tickets.models import Event
from msp.web import charts
from msp.web.charts.times import Kind
from msp.web.format import Reader, day, moment_text, span
from msp.web.standing import Standing, Standings
from sla.actions import read_clocks
from sla.models import BreachReason, Dispute
from sla.queries import Book
from sla.rules.compliance import Entry
from sla.rules.cycle import Cycle
from sla.rules.trace import Segment, explain
from sla.rules.weave import origin

METRICS = ("first_response", "next_response", "resolution")
MOST_PIECES = 120


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the trace: from, to, what it was in code and words, its length in seconds, by which terms."""

    begin: datetime
    end: datetime
    kind: str
    what: str
    seconds: int
    terms: str


@dataclass(frozen=True, slots=True)
class CycleLine:
    """One cycle; `spent` and `target` are seconds of service time, `due_there` the deadline by the client's clock.

    `reason` and `dispute` are what the desk and the two sides said of it; `past` are disputes that are over.
    """

    metric: str
    number: int
    outcome: str
    standing: Standing
    spent: int
    target: int
    since: datetime
    stopped: datetime | None
    breached: datetime | None
    due_there: str
    why: str
    zone: str
    terms: Sequence[str]
    ribbon: charts.Drawing
    trace: Sequence[Stretch]
    reason: BreachReason | None = None
    dispute: Dispute | None = None
    past: Sequence[Dispute] = ()

    @property
    def name(self) -> str:
        """What forms call it: `resolution-1`."""
        return f"{self.metric}-{self.number}"

    @property
    def over(self) -> int:
        return max(self.spent - self.target, 0)

    @property
    def excluded(self) -> bool:
        return self.dispute is not None and self.dispute.status == "accepted"

    @property
    def decided(self) -> bool:
        """Whether it counts in a month, kept or broken."""
        return self.outcome in ("met", "missed")


def cycle_lines(
    book: Book,
    events: Sequence[Event],
    reader: Reader,
    reasons: Mapping[tuple[str, int], BreachReason],
    disputes: Sequence[Dispute],
    client: bool = False,
) -> list[CycleLine]:
    """Every cycle the ticket has had, read anew from its events, in the order of the promises and of time.

    `client`: in the words for the one who is served.
    """
    standings = Standings(reader.now, reader.language)
    made = []
    for clock in sorted(read_clocks(book, clock_events(events), reader.now), key=lambda one: METRICS.index(one.metric)):
        for cycle in clock.cycles:
            mine = [one for one in disputes if (one.metric, one.cycle) == (cycle.metric, cycle.number)]
            live = next((one for one in mine if one.status in ("open", "accepted")), None)
            over = [one for one in mine if one is not live]
            reason = reasons.get((cycle.metric, cycle.number))
            made.append(_line(book, cycle, reader, standings, client, reason, live, over))
    return made


def minutes_of(line: CycleLine) -> list[tuple[datetime, datetime, str, int]]:
    """What every second was, in code; the same whoever reads it."""
    return [(one.begin, one.end, one.kind, one.seconds) for one in line.trace]


def promise_lines(book: Book, events: Sequence[Event], reader: Reader, client: bool = False) -> list[CycleLine]:
    """The newest cycle of each promise that was not cancelled."""
    newest = {line.metric: line for line in cycle_lines(book, events, reader, {}, (), client)}
    return [line for line in newest.values() if line.outcome != "cancelled"]


def why_it_stands(status: str, client: bool) -> str:
    """Why time is not counted."""
    words = {
        "pending_client": _("We are waiting for your answer") if client else _("Waiting on client"),
        "pending_vendor": _("We are waiting for a third party") if client else _("Waiting on vendor"),
        "scheduled": _("An appointment is set"),
        "resolved": _("Resolved"),
        "closed": _("Closed"),
        "restart": _("Counted anew"),
        "improve": _("Counted anew"),
    }
    return str(words.get(status) or _("Paused"))


def _line(
    book: Book,
    cycle: Cycle,
    reader: Reader,
    standings: Standings,
    client: bool,
    reason: BreachReason | None,
    live: Dispute | None,
    over: Sequence[Dispute],
) -> CycleLine:
    now = max(int(reader.now.timestamp()), cycle.start)
    hours = book.hours.get(cycle.calendar)
    zone = hours.calendar.zone if hours else ""
    trace = _joined(explain(cycle, now), client)
    names = dict.fromkeys(one.terms for one in trace)
    entry = Entry(0, cycle.metric, cycle.number, cycle.state, cycle.start, cycle.stop, cycle.breached_at)
    there = Reader(reader.language, ZoneInfo(zone or "UTC"), reader.now)
    due = _instant(cycle.due_at) if cycle.due_at is not None else None
    return CycleLine(
        metric=cycle.metric,
        number=cycle.number,
        outcome=entry.outcome,
        standing=_standing(book, cycle, standings),
        spent=cycle.elapsed,
        target=cycle.target,
        since=_instant(cycle.start),
        stopped=None if cycle.stop is None else _instant(cycle.stop),
        breached=None if cycle.breached_at is None else _instant(cycle.breached_at),
        due_there=f"{moment_text(due, there)} ({zone})" if due and zone else "",
        why=why_it_stands(trace[-1].why, client) if cycle.state == "paused" and trace else "",
        zone=zone,
        terms=[terms_text(name, reader) for name in names],
        ribbon=_ribbon(cycle, trace, reader, client),
        trace=[_stretch(one, reader, client) for one in trace],
        reason=reason,
        dispute=live,
        past=over,
    )


def _stretch(one: Segment, reader: Reader, client: bool) -> Stretch:
    terms = terms_text(one.terms, reader)
    return Stretch(_instant(one.begin), _instant(one.end), one.kind, _what(one, client), one.seconds, terms)


def terms_text(name: str, reader: Reader) -> str:
    """Under which version of the contract: since when it holds, and that a surge pack lies over it."""
    found = origin(name)
    if found is None:
        return str(_("no contract"))
    since = day(_instant(found.starts), reader)
    if found.packs:
        return str(_("contract with surge pack, as of %(day)s", day=since))
    return str(_("contract as of %(day)s", day=since))


def _standing(book: Book, cycle: Cycle, standings: Standings) -> Standing:
    if cycle.state in ("stopped", "cancelled"):
        return standings.named("none" if cycle.state == "cancelled" else "missed" if cycle.breached_at else "met")
    if cycle.state == "paused":
        return standings.named("pause")
    if cycle.due_at is None:
        return standings.named("none")
    return standings.running(_instant(cycle.due_at), cycle.target, book.hours.get(cycle.calendar))


def _ribbon(cycle: Cycle, trace: Sequence[Segment], reader: Reader, client: bool) -> charts.Drawing:
    pieces = [
        charts.Segment(
            _instant(one.begin),
            _instant(one.end),
            cast("Kind", one.kind),
            _what(one, client),
            f"{_what(one, client)}: {span(one.seconds, reader.language)}",
        )
        for one in trace[-MOST_PIECES:]
    ]
    marks = [charts.Mark(_instant(cycle.start), _("Begun"))]
    end = trace[-1].end if trace else cycle.start
    if cycle.due_at is not None and cycle.due_at <= end and cycle.due_at != cycle.breached_at:
        marks.append(charts.Mark(_instant(cycle.due_at), _("Goal"), "due"))
    if cycle.breached_at is not None:
        marks.append(charts.Mark(_instant(cycle.breached_at), _("Goal missed"), "danger"))
    if cycle.stop is not None:
        marks.append(charts.Mark(_instant(cycle.stop), _("Done"), "good" if cycle.breached_at is None else "event"))
    breached = _instant(cycle.breached_at) if cycle.breached_at is not None else None
    return charts.ribbon(pieces, marks, breached_at=breached)


def _what(one: Segment, client: bool) -> str:
    if one.kind == "running":
        return str(_("Counted"))
    if one.kind == "closed":
        return str(_("Outside service hours"))
    return why_it_stands(one.why, client)


def _joined(segments: Sequence[Segment], client: bool) -> list[Segment]:
    """Neighbours that read alike under the same terms, as one."""
    joined: list[Segment] = list(segments[:1])
    for before, after in pairwise(segments):
        if _alike(before, after, client):
            last = joined[-1]
            joined[-1] = Segment(last.begin, after.end, after.kind, after.why, after.terms, after.calendar)
        else:
            joined.append(after)
    return joined


def _alike(before: Segment, after: Segment, client: bool) -> bool:
    return (before.kind, _what(before, client), before.terms) == (after.kind, _what(after, client), after.terms)


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
