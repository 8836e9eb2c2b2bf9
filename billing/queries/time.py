"""Questions about worked time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.models import EntryState, TimeChange, TimeEntry, TimeNote, WriteOff
from tenants.isolation import among

WAITING = (EntryState.DRAFT, EntryState.SUBMITTED)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a ticket has cost in time so far, in seconds. `charged` is None until some of it is billed."""

    raw: int
    billable: int
    charged: int | None


def entry(session: Session, tenant_id: int, entry_id: int) -> TimeEntry | None:
    return session.get(TimeEntry, (tenant_id, entry_id))


def entries_of_ticket(session: Session, tenant_id: int, ticket_id: int) -> Sequence[TimeEntry]:
    """All time on a ticket that counts, in order of work."""
    return session.scalars(
        select(TimeEntry)
        .where(
            TimeEntry.tenant_id == tenant_id,
            TimeEntry.ticket_id == ticket_id,
            TimeEntry.state != EntryState.DROPPED,
        )
        .order_by(TimeEntry.worked_on, TimeEntry.id)
    ).all()


def spent_on(session: Session, tenant_id: int, ticket_id: int) -> Spent:
    """The sums for a ticket's head."""
    raw, billable, charged = session.execute(
        select(
            func.coalesce(func.sum(TimeEntry.raw_seconds), 0),
            func.coalesce(func.sum(TimeEntry.billable_seconds), 0),
            func.sum(TimeEntry.charged_seconds),
        ).where(
            TimeEntry.tenant_id == tenant_id,
            TimeEntry.ticket_id == ticket_id,
            TimeEntry.state != EntryState.DROPPED,
        )
    ).one()
    return Spent(int(raw), int(billable), None if charged is None else int(charged))


def notes_on(session: Session, tenant_id: int, entry_ids: Sequence[int]) -> dict[int, str]:
    """What entries say to the desk alone; nothing for a client's session."""
    rows = session.execute(
        select(TimeNote.entry_id, TimeNote.text).where(
            TimeNote.tenant_id == tenant_id, TimeNote.entry_id.in_(sorted(entry_ids))
        )
    )
    return dict(rows.all())


def history_of(session: Session, tenant_id: int, entry_id: int) -> Sequence[TimeChange]:
    """Every change of an entry, oldest first."""
    return session.scalars(
        select(TimeChange)
        .where(TimeChange.tenant_id == tenant_id, TimeChange.entry_id == entry_id)
        .order_by(TimeChange.id)
    ).all()


def write_offs_of(session: Session, tenant_id: int, entry_id: int) -> Sequence[WriteOff]:
    return session.scalars(
        select(WriteOff).where(WriteOff.tenant_id == tenant_id, WriteOff.entry_id == entry_id).order_by(WriteOff.id)
    ).all()


def reasons(session: Session, tenant_ids: Collection[int], entry_ids: Collection[int]) -> dict[tuple[int, int], str]:
    """Why entries went back the last time, by (tenant, entry)."""
    rows = session.execute(
        select(TimeChange.tenant_id, TimeChange.entry_id, TimeChange.after["reason"].astext)
        .where(
            among(TimeChange.tenant_id, tenant_ids),
            among(TimeChange.entry_id, entry_ids),
            TimeChange.verb == "reject",
        )
        .order_by(TimeChange.id)
    )
    return {(tenant_id, entry_id): reason or "" for tenant_id, entry_id, reason in rows}


def unbilled(session: Session, tenant_id: int, before: date, *, hold: bool = False) -> Sequence[TimeEntry]:
    """Approved work of days before a date that stands on no document yet, in order of work; `hold` locks it."""
    asked = (
        select(TimeEntry)
        .where(
            TimeEntry.tenant_id == tenant_id,
            TimeEntry.state == EntryState.APPROVED,
            TimeEntry.worked_on < before,
            TimeEntry.billable_seconds > 0,
        )
        .order_by(TimeEntry.worked_on, TimeEntry.started_at, TimeEntry.id)
    )
    if hold:
        asked = asked.with_for_update().execution_options(populate_existing=True)
    return session.scalars(asked).all()


def unapproved_seconds(session: Session, tenant_id: int, before: date) -> int:
    """Billable time of days before a date that somebody still has to approve."""
    seconds = session.scalar(
        select(func.sum(TimeEntry.billable_seconds)).where(
            TimeEntry.tenant_id == tenant_id, TimeEntry.state.in_(WAITING), TimeEntry.worked_on < before
        )
    )
    return int(seconds or 0)
