"""What time itself does to tickets: promises fall due, follow-ups come back, the resolved are closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.hints import hint
from msp.outbox import actions as outbox
from msp.tickets import queries
from msp.tickets.actions.state import close
from msp.tickets.actions.story import HELD, SYSTEM, settle, settle_many, tell
from msp.tickets.facts import clock_events
from msp.tickets.models import Ticket
from msp.tickets.rules import Status
from sla import queries as promises
from sla.actions import clock_rows, read_clocks
from sla.actions.outcomes import outcome_rows
from sla.queries.compliance import outcomes_of
from sla.rules.clock import Clock
from sla.rules.events import Event

BATCH = 500
SAMPLE = 200


def tick(session: Session, tenant_id: int, ticket_ids: Sequence[int], at: datetime) -> list[float]:
    """Fold the tickets that are still due and that nobody else holds. Answers how late each was, in seconds."""
    due = session.execute(
        select(*HELD)
        .where(Ticket.tenant_id == tenant_id, Ticket.id.in_(ticket_ids), Ticket.next_due_at <= at)
        .order_by(Ticket.next_due_at)
        .with_for_update(skip_locked=True)
    ).all()
    late = [(at - row.next_due_at).total_seconds() for row in due]
    settle_many(session, tenant_id, due, at)
    return late


def bring_back(session: Session, tenant_id: int, ticket_ids: Sequence[int], at: datetime) -> int:
    """Tickets somebody wanted to look at again come back, and their owners hear of it. Returns how many came.

    Whoever holds one sees to it himself. Of one that is over meanwhile only the date is forgotten.
    """
    due = session.scalars(
        select(Ticket)
        .where(Ticket.tenant_id == tenant_id, Ticket.id.in_(ticket_ids), Ticket.follow_up_at <= at)
        .order_by(Ticket.follow_up_at)
        .with_for_update(skip_locked=True)
    ).all()
    for ticket in due:
        if ticket.undone:
            _bring_back(session, ticket, at)
        ticket.follow_up_at = None
    return len(due)


def close_resolved(session: Session, tenant_id: int, at: datetime) -> int:
    """Close what was resolved longer ago than a client may reopen it. Returns how many."""
    over = session.scalars(
        select(Ticket)
        .where(
            Ticket.tenant_id == tenant_id,
            Ticket.status == Status.RESOLVED,
            Ticket.resolved_at < at - promises.reopen_window(session, tenant_id, at),
        )
        .order_by(Ticket.resolved_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for ticket in over:
        close(session, ticket, SYSTEM, at)
    return len(over)


def drifted(session: Session, tenant_id: int, at: datetime) -> list[str]:
    """Keys of tickets, of the most recently changed, whose kept clocks are not what their events say."""
    recent = session.scalars(
        select(Ticket).where(Ticket.tenant_id == tenant_id).order_by(Ticket.changed_at.desc()).limit(SAMPLE)
    ).all()
    return [ticket.key for ticket in recent if _differs(session, ticket, at)]


def _bring_back(session: Session, ticket: Ticket, at: datetime) -> None:
    """An appointment is over, so the ticket is open again; any other state stays what it is."""
    on = ticket.follow_up_at
    tell(session, ticket, SYSTEM, "follow_up_due", at, on=on.isoformat() if on else None)
    if ticket.status == Status.SCHEDULED:
        ticket.status = Status.OPEN
        tell(session, ticket, SYSTEM, "status", at, to=Status.OPEN, why="follow_up_due")
        settle(session, ticket, at)
    hint(session, ticket.tenant_id, "tickets")
    outbox.notify(
        session,
        {ticket.owner_id},
        ticket.tenant_id,
        f"follow_up:{ticket.tenant_id}:{ticket.id}:{int(on.timestamp()) if on else 0}",
        "follow_up_due",
        ticket.key,
        {"title": ticket.title},
        at,
    )


def _differs(session: Session, ticket: Ticket, at: datetime) -> bool:
    """Whether what was promised, breached or stopped differs; time spent moves by itself and does not count."""
    events = clock_events(queries.events_of(session, ticket.tenant_id, ticket.id))
    clocks = read_clocks(promises.book(session, ticket.tenant_id), events, at)
    fresh = {row["metric"]: row for row in clock_rows(ticket.tenant_id, ticket.id, clocks, events)}
    kept = promises.clocks_of(session, ticket.tenant_id, ticket.id)
    return _outcomes_differ(session, ticket, clocks, events) or any(
        getattr(clock, name) != fresh[clock.metric][name]
        for clock in kept
        for name in ("cycle", "status", "due_at", "target", "terms")
    )


def _outcomes_differ(session: Session, ticket: Ticket, clocks: Sequence[Clock], events: Sequence[Event]) -> bool:
    """Whether what a month counts of the ticket is not what its events say."""
    kept = {(row.metric, row.cycle): row for row in outcomes_of(session, ticket.tenant_id, ticket.id)}
    fresh = {(row["metric"], row["cycle"]): row for row in outcome_rows(ticket.tenant_id, ticket.id, clocks, events)}
    names = ("state", "priority", "started_at", "stopped_at", "breached_at", "decided_at", "target", "terms")
    return kept.keys() != fresh.keys() or any(
        getattr(row, name) != fresh[key][name] for key, row in kept.items() for name in names
    )
