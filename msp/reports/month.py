"""What stands behind a month's documents: the work of each entry with its ticket, and entries that keep it open."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, or_, select, tuple_
from sqlalchemy.orm import Session

from billing.models import DraftSource, EntryState, TimeEntry
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


class Stuck(NamedTuple):
    """An entry that keeps a month from being issued; `seconds` may be charged once it no longer does."""

    tenant_id: int
    id: int
    version: int
    key: str
    title: str
    by: str
    on: date
    seconds: int
    work_type: str

    @property
    def name(self) -> str:
        """How a form names it: the client's key, the id and the version that was seen."""
        return f"{self.key.rpartition('-')[0]}:{self.id}:{self.version}"


def stuck(session: Session, waiting: Mapping[int, date], named: Collection[tuple[int, int]]) -> list[Stuck]:
    """Submitted entries of tenants up to, not including, a day (tenant -> day), and entries that are named, in order
    of work; one statement for all of them."""
    of_tenant = [
        and_(TimeEntry.tenant_id == tenant_id, TimeEntry.state == EntryState.SUBMITTED, TimeEntry.worked_on < until)
        for tenant_id, until in sorted(waiting.items())
    ]
    rows = session.execute(
        select(
            TimeEntry.tenant_id,
            TimeEntry.id,
            TimeEntry.version,
            Ticket.key,
            Ticket.title,
            TimeEntry.agent_name,
            TimeEntry.worked_on,
            TimeEntry.billable_seconds,
            TimeEntry.work_type,
        )
        .join(Ticket, and_(Ticket.tenant_id == TimeEntry.tenant_id, Ticket.id == TimeEntry.ticket_id))
        .where(or_(*of_tenant, tuple_(TimeEntry.tenant_id, TimeEntry.id).in_(sorted(named))))
        .order_by(TimeEntry.worked_on, TimeEntry.id)
    )
    return [Stuck._make(row) for row in rows]


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
