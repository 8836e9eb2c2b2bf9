"""What stands behind a month's documents: the work of each entry with its ticket, and when a period is over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from billing.models import DraftSource, TimeEntry
from msp.tickets.models import Ticket
from tenants.isolation import within


class Worked(NamedTuple):
    """One time entry as a calculation shows it; `raw` and `billable` are seconds."""

    id: int
    ticket_id: int
    key: str
    title: str
    by: str
    on: date
    begin: datetime | None
    end: datetime | None
    raw: int
    billable: int
    work_type: str
    text: str


def worked(session: Session, tenant_id: int, entry_ids: Collection[int]) -> dict[int, Worked]:
    """The named entries with their tickets, in one statement."""
    rows = session.execute(
        select(
            TimeEntry.id,
            TimeEntry.ticket_id,
            Ticket.key,
            Ticket.title,
            TimeEntry.agent_name,
            TimeEntry.worked_on,
            TimeEntry.started_at,
            TimeEntry.ended_at,
            TimeEntry.raw_seconds,
            TimeEntry.billable_seconds,
            TimeEntry.work_type,
            TimeEntry.text,
        )
        .join(Ticket, and_(Ticket.tenant_id == TimeEntry.tenant_id, Ticket.id == TimeEntry.ticket_id))
        .where(TimeEntry.tenant_id == tenant_id, TimeEntry.id.in_(sorted(entry_ids)))
    )
    return {one.id: one for one in (Worked._make(row) for row in rows)}


def tickets_behind(session: Session, tenant_id: int, draft_id: int) -> dict[int, tuple[str, str]]:
    """Key and title of every ticket whose time stands on a draft, by id: what the annex of its document names."""
    of_draft = (DraftSource.tenant_id == tenant_id, DraftSource.draft_id == draft_id, DraftSource.kind == "time")
    entries = set(session.scalars(select(DraftSource.source_id).where(*of_draft)))
    if not entries:
        return {}
    of_entries = (TimeEntry.tenant_id == tenant_id, within(TimeEntry.id, entries))
    tickets = set(session.scalars(select(TimeEntry.ticket_id).where(*of_entries)))
    if not tickets:
        return {}
    rows = session.execute(
        select(Ticket.id, Ticket.key, Ticket.title).where(Ticket.tenant_id == tenant_id, within(Ticket.id, tickets))
    )
    return {ticket_id: (key, title) for ticket_id, key, title in rows}


def unlogged(session: Session, begin: date, end: date) -> dict[int, int]:
    """How many tickets of each client were resolved in days of UTC, the end not included, without any time on them."""
    logged = select(TimeEntry.id).where(TimeEntry.tenant_id == Ticket.tenant_id, TimeEntry.ticket_id == Ticket.id)
    rows = session.execute(
        select(Ticket.tenant_id, func.count())
        .where(Ticket.resolved_at >= _midnight(begin), Ticket.resolved_at < _midnight(end), ~logged.exists())
        .group_by(Ticket.tenant_id)
    )
    return dict(rows.all())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)
