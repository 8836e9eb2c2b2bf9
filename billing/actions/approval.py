"""Verbs that decide about worked time: submit, approve, send back, write off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.actions.entries import facts_of, hand_in, held, leave_trace, let_draft_follow
from billing.models import EntryState, TimeEntry, WriteOff
from billing.queries.settings import APPROVAL, WAYS, approval
from tenants.errors import Refused
from tenants.models import DeskSetting

UNAPPROVED: Final = (EntryState.DRAFT, EntryState.SUBMITTED, EntryState.REJECTED)


def decide_approval(session: Session, how: str, four_eyes: bool = False) -> DeskSetting:
    """How the desk approves time from now on; what waits already waits on. As `staff` or `system`."""
    if how not in WAYS:
        raise Refused("Choose one of these.")
    row = session.get(DeskSetting, APPROVAL) or DeskSetting(name=APPROVAL, value={})
    row.value = {"how": how, "four_eyes": four_eyes}
    session.add(row)
    session.flush()
    return row


def submit(session: Session, tenant_id: int, entry_id: int, by_id: int, at: datetime) -> TimeEntry:
    """The agent is done with it; where the desk approves by itself, it is approved."""
    entry = held(session, tenant_id, entry_id)
    if entry.agent_id != by_id:
        raise Refused("Only whoever worked submits the time.")
    if entry.state not in (EntryState.DRAFT, EntryState.REJECTED):
        raise Refused("This time is submitted already.")
    before = facts_of(entry)
    hand_in(session, entry)
    leave_trace(session, entry, "submit", before, by_id, at)
    let_draft_follow(session, entry, at)
    return entry


def approve(
    session: Session, tenant_id: int, entry_id: int, by_id: int, at: datetime, version: int | None = None
) -> TimeEntry:
    """It may be billed; approved already, it stays so. With four eyes nobody approves his own.

    Raises `Stale` when it changed since `version` was read: what is approved is what was seen.
    """
    entry = held(session, tenant_id, entry_id, version)
    if entry.state == EntryState.APPROVED:
        return entry
    if entry.state not in UNAPPROVED:
        raise Refused("There is nothing to approve here.")
    if approval(session).four_eyes and entry.agent_id == by_id:
        raise Refused("Somebody else must approve your time.")
    before = facts_of(entry)
    entry.state, entry.approved_by_id = EntryState.APPROVED, by_id
    leave_trace(session, entry, "approve", before, by_id, at)
    let_draft_follow(session, entry, at)
    return entry


def approve_all(
    session: Session, tenant_id: int, seen: Mapping[int, int], by_id: int, at: datetime
) -> tuple[int, list[Refused]]:
    """Approve entries of one tenant as they were seen (id: version). Answers how many, and why others stay."""
    done, stayed = 0, []
    for entry_id, version in sorted(seen.items()):
        try:
            approve(session, tenant_id, entry_id, by_id, at, version)
        except Refused as refused:
            stayed.append(refused)
        else:
            done += 1
    return done, stayed


def approve_ticket(session: Session, tenant_id: int, ticket_id: int, at: datetime) -> int:
    """Its ticket is closed: what was submitted is approved, where the desk approves so. Answers how many entries."""
    if approval(session).how != "on_close":
        return 0
    entries = session.scalars(
        select(TimeEntry)
        .where(
            TimeEntry.tenant_id == tenant_id,
            TimeEntry.ticket_id == ticket_id,
            TimeEntry.state == EntryState.SUBMITTED,
        )
        .order_by(TimeEntry.id)
        .with_for_update()
    ).all()
    for entry in entries:
        before = facts_of(entry)
        entry.state = EntryState.APPROVED
        leave_trace(session, entry, "approve", before, None, at)
        let_draft_follow(session, entry, at)
    return len(entries)


def reject(session: Session, tenant_id: int, entry_id: int, by_id: int, reason: str, at: datetime) -> TimeEntry:
    """Back to the agent with the reason; he corrects and submits it again."""
    entry = held(session, tenant_id, entry_id)
    if not reason.strip():
        raise Refused("Say why this time goes back.")
    if entry.state not in (EntryState.SUBMITTED, EntryState.APPROVED):
        raise Refused("Only submitted or approved time can go back.")
    before = facts_of(entry)
    entry.state, entry.approved_by_id = EntryState.REJECTED, None
    leave_trace(session, entry, "reject", before, by_id, at, reason=reason.strip())
    let_draft_follow(session, entry, at)
    return entry


def write_off(
    session: Session, tenant_id: int, entry_id: int, by_id: int, reason: str, at: datetime, seconds: int | None = None
) -> TimeEntry:
    """Do not charge so many seconds of an entry (all of it when not said). The row of the decision is kept."""
    entry = held(session, tenant_id, entry_id)
    gone = entry.billable_seconds if seconds is None else seconds
    if not reason.strip():
        raise Refused("Say why this time is not charged.")
    if not 0 < gone <= entry.billable_seconds:
        raise Refused("There is not so much time to write off.")
    before = facts_of(entry)
    entry.billable_seconds -= gone
    if not entry.billable_seconds:
        entry.state = EntryState.WRITTEN_OFF
    session.add(WriteOff(tenant_id=tenant_id, entry_id=entry.id, seconds=gone, reason=reason, by_id=by_id, at=at))
    leave_trace(session, entry, "write_off", before, by_id, at)
    let_draft_follow(session, entry, at)
    return entry
