"""Worked time of one client as programs list it: by day, with its tickets, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, and_, select, tuple_
from sqlalchemy.orm import Session

from billing.models import EntryState, TimeEntry
from msp.tickets.models import Ticket

Place = tuple[date, int]
"""Where a page ended: (day, id)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries of a client: of one ticket, of days within [since, until), behind a place."""

    tenant_id: int
    ticket_id: int | None = None
    since: date | None = None
    until: date | None = None
    after: Place | None = None


def listed(session: Session, wanted: Wanted, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Entries that count, oldest work first, each with its ticket's key; one statement."""
    asked = (
        select(
            TimeEntry.id,
            Ticket.key.label("ticket"),
            TimeEntry.agent_name.label("agent"),
            TimeEntry.work_type,
            TimeEntry.mode,
            TimeEntry.worked_on,
            TimeEntry.started_at,
            TimeEntry.ended_at,
            TimeEntry.raw_seconds.label("seconds"),
            TimeEntry.billable_seconds,
            TimeEntry.charged_seconds,
            TimeEntry.rule,
            TimeEntry.text,
            TimeEntry.state,
        )
        .join(Ticket, and_(Ticket.tenant_id == TimeEntry.tenant_id, Ticket.id == TimeEntry.ticket_id))
        .where(TimeEntry.tenant_id == wanted.tenant_id, TimeEntry.state != EntryState.DROPPED)
    )
    if wanted.ticket_id is not None:
        asked = asked.where(TimeEntry.ticket_id == wanted.ticket_id)
    if wanted.since is not None:
        asked = asked.where(TimeEntry.worked_on >= wanted.since)
    if wanted.until is not None:
        asked = asked.where(TimeEntry.worked_on < wanted.until)
    if wanted.after is not None:
        asked = asked.where(tuple_(TimeEntry.worked_on, TimeEntry.id) > wanted.after)
    return session.execute(asked.order_by(TimeEntry.worked_on, TimeEntry.id).limit(limit)).all()
