"""Why a promise stands where it stands: its ribbon and every stretch of it, folded anew from the events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, abort, render_template, request
from flask_babel import gettext as _

from msp import clock, guard
from msp.guard import TicketKey
from msp.tickets import desk, queries
from msp.tickets.facts import clock_events
from msp.tickets.models import Event
from msp.web import charts
from msp.web.charts import times
from msp.web.reach import tenant_here
from sla import queries as promises
from sla.queries import Book
from sla.rules import events as sla
from sla.rules.clock import fold
from sla.rules.cycle import Cycle
from sla.rules.trace import Segment, explain
from tenants.db import db
from tenants.rules import Permission

pages = Blueprint("ticket_clock", __name__)


@dataclass(frozen=True, slots=True)
class Explained:
    """One promise from its start on: the drawing, and its stretches as rows (begin, end, kind, why, seconds)."""

    cycle: Cycle
    drawing: charts.Drawing
    stretches: Sequence[tuple[datetime, datetime, str, str, int]]
    due: datetime | None
    breached: datetime | None


@pages.get("/tickets/<ticket:key>/clock")
@guard.requires(Permission.SEE_TICKETS)
def show(key: TicketKey) -> str:
    """Every promise of the ticket, minute by minute; a dialog over it, or a page."""
    rows, now = db.session(), clock.now()
    ticket = queries.ticket(rows, tenant_here(), key.number) or abort(404)
    story = queries.events_of(rows, ticket.tenant_id, ticket.id)
    explained = explained_of(promises.book(rows, ticket.tenant_id), story, now)
    template = "tickets/_clock.html" if request.headers.get("HX-Request") else "tickets/clock.html"
    client = desk.clients(rows, [ticket.tenant_id])[ticket.tenant_id]
    return render_template(template, ticket=ticket, client=client, explained=explained)


def explained_of(book: Book, story: Sequence[Event], now: datetime) -> list[Explained]:
    """All cycles of all promises, as a fold at this instant tells them."""
    at = int(now.timestamp())
    facts = clock_events(story)
    opened = next(event.at for event in facts if event.kind == "created")
    changes = [
        sla.Event(change.at, "terms", to=change.terms, mode=change.mode) for change in book.contract.changes(opened, at)
    ]
    read = fold([*changes, *facts], book.terms, book.contract.holds(opened) or "", max(at, opened))
    return [_explained(cycle, max(at, opened)) for clock_ in read.clocks.values() for cycle in clock_.cycles]


def _explained(cycle: Cycle, now: int) -> Explained:
    segments = explain(cycle, now)
    due, breached = _instant(cycle.due_at), _instant(cycle.breached_at)
    words = {
        "running": _("Running"),
        "paused": _("Paused"),
        "closed": _("Outside hours"),
        "stopped": _("Stopped"),
    }
    marks = [charts.Mark(_at(cycle.start), _("Start"))]
    if cycle.stop is not None:
        marks.append(charts.Mark(_at(cycle.stop), _("End"), "danger" if breached else "good"))
    elif due is not None and cycle.start < int(due.timestamp()) <= now:
        marks.append(charts.Mark(due, _("Due"), "due"))
    drawn = [
        charts.Segment(_at(one.begin), _at(one.end), _kind(one), words[one.kind], words[one.kind]) for one in segments
    ]
    return Explained(
        cycle,
        charts.ribbon(drawn, marks, breached_at=breached),
        [(_at(one.begin), _at(one.end), one.kind, one.why, one.seconds) for one in segments],
        due,
        breached,
    )


def _kind(segment: Segment) -> times.Kind:
    kinds: dict[str, times.Kind] = {"running": "running", "paused": "paused", "closed": "closed"}
    return kinds.get(segment.kind, "stopped")


def _at(instant: int) -> datetime:
    return datetime.fromtimestamp(instant, UTC)


def _instant(at: int | None) -> datetime | None:
    return None if at is None else _at(at)
