"""Verbs on worked time: log it and correct it. Every change leaves its trace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.actions.entries import facts_of, hand_in, held, leave_trace, let_draft_follow, may_change
from billing.models import EntryState, TimeEntry, TimeNote, WorkType
from billing.queries.rates import is_billable
from tenants.errors import Refused
from tenants.models import Agent, Tenant

SAID: Final = frozenset({"work_type", "mode", "site_id", "contract_id", "item_key", "visit_id", "text"})
MEASURED: Final = frozenset({"started_at", "ended_at", "seconds", "worked_on", "billable_seconds"})


def log_time(
    session: Session,
    tenant_id: int,
    ticket_id: int,
    agent_id: int,
    facts: Mapping[str, Any],
    at: datetime,
    *,
    key: str | None = None,
    unfinished: bool = False,
) -> TimeEntry:
    """Keep an agent's work on a ticket; `facts` are what `TimeSchema` loads.

    `key` names the occasion (a form, a call): logged twice it is one entry. An `unfinished` one stays the agent's own
    draft. Raises `Refused` for an unknown work type.
    """
    if key is not None:
        known = session.scalar(select(TimeEntry).where(TimeEntry.tenant_id == tenant_id, TimeEntry.key == key))
        if known is not None:
            return known
    work_type = _work_type(session, facts["work_type"])
    entry = TimeEntry(
        tenant_id=tenant_id,
        ticket_id=ticket_id,
        agent_id=agent_id,
        agent_name=session.get_one(Agent, agent_id).name,
        mode=facts.get("mode") or work_type.mode,
        recorded_at=at,
        key=key,
        **{name: value for name, value in facts.items() if name in SAID - {"mode"}},
    )
    _measure(session, entry, facts)
    asked = facts.get("billable")
    free = not (is_billable(session, tenant_id, work_type) if asked is None else asked)
    entry.state = EntryState.NON_BILLABLE if free else EntryState.DRAFT
    session.add(entry)
    session.flush()
    _say_to_the_desk(session, entry, facts.get("note"))
    if not free and not unfinished:
        hand_in(session, entry)
    leave_trace(session, entry, "log", {}, agent_id, at)
    let_draft_follow(session, entry, at)
    return entry


def edit_time(
    session: Session,
    tenant_id: int,
    entry_id: int,
    facts: Mapping[str, Any],
    by_id: int,
    at: datetime,
    *,
    approver: bool = False,
    version: int | None = None,
) -> TimeEntry:
    """Correct an entry; `facts` are what `TimeSchema(partial=True)` loads.

    The agent corrects his own until it is approved (always, where the desk approves by itself), an approver until it
    is billed. Raises `Refused` once it is billed, `Stale` when somebody changed it since `version` was read.
    """
    entry = held(session, tenant_id, entry_id, version)
    may_change(session, entry, by_id, approver)
    before, worked_on = facts_of(entry), entry.worked_on
    if "work_type" in facts and facts["work_type"] != entry.work_type:
        entry.mode = _work_type(session, facts["work_type"]).mode
    for name in SAID & facts.keys():
        setattr(entry, name, facts[name])
    if MEASURED & facts.keys():
        _measure(session, entry, {**_measured(entry), **facts})
    if facts.get("billable") is not None:
        _charge_or_not(session, entry, facts["billable"])
    said = _say_to_the_desk(session, entry, facts.get("note"))
    leave_trace(session, entry, "edit", before | said, by_id, at, **dict.fromkeys(said, facts.get("note")))
    let_draft_follow(session, entry, at, worked_on)
    return entry


def _work_type(session: Session, code: str) -> WorkType:
    work_type = session.get(WorkType, code)
    if work_type is None or work_type.retired:
        raise Refused("There is no such work type.")
    return work_type


def _charge_or_not(session: Session, entry: TimeEntry, billable: bool) -> None:
    if not billable:
        entry.state = EntryState.NON_BILLABLE
    elif entry.state in (EntryState.NON_BILLABLE, EntryState.WRITTEN_OFF):
        entry.billable_seconds = entry.billable_seconds or entry.raw_seconds
        hand_in(session, entry)


def _measured(entry: TimeEntry) -> dict[str, Any]:
    """What a correction leaves as it was: a length follows new ends, less the break there was; else it stays."""
    start, end = entry.started_at, entry.ended_at
    kept: dict[str, Any] = {"started_at": start, "ended_at": end, "worked_on": entry.worked_on}
    if start and end:
        return kept | {"away": (end - start) // timedelta(seconds=1) - entry.raw_seconds}
    return kept | {"seconds": entry.raw_seconds}


def _measure(session: Session, entry: TimeEntry, facts: Mapping[str, Any]) -> None:
    """Work out length and date: the date is the start's where the tenant is billed.

    What was taken off the billable time (a write-off) stays taken off when the length changes.
    """
    start, end, length = facts.get("started_at"), facts.get("ended_at"), facts.get("seconds")
    if start and end:
        between = (end - start) // timedelta(seconds=1)
        length = max(0, between - facts.get("away", 0)) if length is None else length
        if length > between:
            raise Refused("There is no room for so much time between start and end.")
    if length is None:
        raise Refused("Say from when to when, or how long.")
    entry.started_at, entry.ended_at = start, end
    entry.worked_on = _local_date(session, entry.tenant_id, start) if start else facts["worked_on"]
    if facts.get("billable_seconds") is not None:
        entry.billable_seconds = facts["billable_seconds"]
    else:
        entry.billable_seconds = max(0, (entry.billable_seconds or 0) + length - (entry.raw_seconds or 0))
    entry.raw_seconds = length


def _local_date(session: Session, tenant_id: int, instant: datetime) -> date:
    zone = session.scalars(select(Tenant.billing_zone).where(Tenant.tenant_id == tenant_id)).one()
    return instant.astimezone(ZoneInfo(zone)).date()


def _say_to_the_desk(session: Session, entry: TimeEntry, note: str | None) -> dict[str, str]:
    """Put the note for the desk; answers what stood there before, nothing where it stays."""
    row = session.get(TimeNote, (entry.tenant_id, entry.id)) or TimeNote(
        tenant_id=entry.tenant_id, entry_id=entry.id, text=""
    )
    if note is None or note == row.text:
        return {}
    before = {"note": row.text}
    row.text = note
    session.add(row)
    return before
