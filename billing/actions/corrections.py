"""Verbs that put worked time in another place: onto another ticket, into one entry, out of the books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from billing.actions.entries import facts_of, held, leave_trace, let_draft_follow, may_change
from billing.actions.time import log_time
from billing.models import EntryState, TimeEntry
from tenants.errors import Refused
from tenants.work import later

ALIKE: Final = ("ticket_id", "agent_id", "work_type", "mode", "worked_on", "state", "visit_id", "site_id", "item_key")
"""What entries must have in common to become one."""


def drop_time(
    session: Session, tenant_id: int, entry_id: int, by_id: int, at: datetime, *, approver: bool = False
) -> TimeEntry:
    """Take an entry out; its row and its history stay. Raises `Refused` for whoever may not change it."""
    entry = held(session, tenant_id, entry_id)
    may_change(session, entry, by_id, approver)
    _take_out(session, entry, "drop", by_id, at)
    return entry


def merge_time(
    session: Session, tenant_id: int, entry_ids: Sequence[int], by_id: int, at: datetime, *, approver: bool = False
) -> TimeEntry:
    """Make one entry of several of a ticket, day and kind: the earliest grows, the others are taken out.

    Where they lay over each other the time counts once. Raises `Refused` for entries that differ in more than time.
    """
    entries = [held(session, tenant_id, entry_id) for entry_id in sorted(set(entry_ids))]
    if len(entries) < 2:
        raise Refused("Choose at least two entries.")
    for entry in entries:
        may_change(session, entry, by_id, approver)
        if any(getattr(entry, name) != getattr(entries[0], name) for name in ALIKE):
            raise Refused("Only entries of one ticket, day, kind of work and state become one.")
    first, *others = sorted(entries, key=lambda entry: (entry.started_at or at, entry.id))
    before = facts_of(first)
    written_off = sum(entry.raw_seconds - entry.billable_seconds for entry in entries)
    first.started_at, first.ended_at, first.raw_seconds = _together(entries)
    first.billable_seconds = max(0, first.raw_seconds - written_off)
    first.text = "\n".join(dict.fromkeys(entry.text for entry in (first, *others) if entry.text))
    for entry in others:
        _take_out(session, entry, "merge", by_id, at, into=first.id)
    leave_trace(session, first, "merge", before, by_id, at)
    let_draft_follow(session, first, at)
    return first


def move_time(
    session: Session,
    tenant_id: int,
    entry_id: int,
    to: tuple[int, int],
    by_id: int,
    at: datetime,
    *,
    approver: bool = False,
) -> TimeEntry:
    """Put an entry on another ticket (tenant, id). Within a tenant it stays what it is.

    To another tenant it goes as work: here it is taken out, there it arrives as a draft, each in a transaction of its
    own.
    """
    entry = held(session, tenant_id, entry_id)
    may_change(session, entry, by_id, approver)
    to_tenant, to_ticket = to
    if to_tenant != tenant_id:
        _take_out(session, entry, "move", by_id, at)
        later(session, "upkeep.time_moved", tenant_id, entry.id, to_tenant, to_ticket, entry.agent_id, at=at)
        return entry
    before = facts_of(entry)
    entry.ticket_id = to_ticket
    leave_trace(session, entry, "move", before, by_id, at)
    let_draft_follow(session, entry, at)
    return entry


def leaving(entry: TimeEntry) -> dict[str, Any]:
    """What an entry that left says where it arrives; sites and contracts were the other tenant's."""
    return {
        "work_type": entry.work_type,
        "mode": entry.mode,
        "started_at": entry.started_at,
        "ended_at": entry.ended_at,
        "worked_on": entry.worked_on,
        "seconds": entry.raw_seconds,
        "text": entry.text,
        "billable": True,
    }


def arrive(
    session: Session, tenant_id: int, ticket_id: int, agent_id: int, came_from: str, facts: dict[str, Any], at: datetime
) -> TimeEntry:
    """An entry comes over from another tenant as its agent's draft, once; `came_from` names where it stood."""
    return log_time(session, tenant_id, ticket_id, agent_id, facts, at, key=f"moved:{came_from}", unfinished=True)


def _take_out(session: Session, entry: TimeEntry, verb: str, by_id: int, at: datetime, **more: Any) -> None:
    before = facts_of(entry)
    entry.state, entry.approved_by_id = EntryState.DROPPED, None
    leave_trace(session, entry, verb, before, by_id, at, **more)
    let_draft_follow(session, entry, at)


def _together(entries: Sequence[TimeEntry]) -> tuple[datetime | None, datetime | None, int]:
    """(begin, end, seconds) of all; a length without ends makes the whole a length."""
    seconds = sum(entry.raw_seconds for entry in entries)
    starts = [entry.started_at for entry in entries if entry.started_at]
    ends = [entry.ended_at for entry in entries if entry.ended_at]
    if len(ends) < len(entries):
        return (min(starts) if starts else None), None, seconds
    begin, end = min(starts), max(ends)
    return begin, end, min(seconds, (end - begin) // timedelta(seconds=1))
