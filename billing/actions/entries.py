"""What every change of a time entry does: hold it, leave a trace, let the living invoice follow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import DocumentDraft, EntryState, TimeChange, TimeEntry
from billing.queries.settings import Approval, approval
from tenants.errors import Refused, Stale
from tenants.work import later

SETTLES: Final = timedelta(minutes=1)
"""How long changes of time gather before the living invoice is computed again."""

UNSETTLED: Final = (EntryState.DRAFT, EntryState.SUBMITTED, EntryState.REJECTED, EntryState.NON_BILLABLE)

TRACED: Final = (
    "ticket_id", "work_type", "mode", "site_id", "contract_id", "item_key", "visit_id", "worked_on", "started_at",
    "ended_at", "raw_seconds", "billable_seconds", "text", "state",
)  # fmt: skip


def held(session: Session, tenant_id: int, entry_id: int, version: int | None = None) -> TimeEntry:
    """The entry, locked, as long as it is neither billed nor taken out.

    Raises `Refused` else, `Stale` when somebody changed it since `version` was read.
    """
    entry = session.scalar(
        select(TimeEntry)
        .where(TimeEntry.tenant_id == tenant_id, TimeEntry.id == entry_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if entry is None:
        raise Refused("There is nothing here.")
    if entry.locked:
        raise Refused("This time is billed. Correct it with an adjustment.")
    if entry.state == EntryState.DROPPED:
        raise Refused("This time was taken out.")
    if version is not None and entry.version != version:
        raise Stale("Somebody changed this time entry meanwhile.")
    return entry


def is_own_matter(session: Session, entry: TimeEntry, by_id: int) -> bool:
    """Whether this is its agent and he may still change it himself: until somebody else approved it."""
    return entry.agent_id == by_id and (entry.state in UNSETTLED or approval(session).how == "automatic")


def may_change(session: Session, entry: TimeEntry, by_id: int, approver: bool) -> None:
    """Raises `Refused` for whoever may not; an approver may, whosever it is."""
    if not approver and not is_own_matter(session, entry, by_id):
        raise Refused("This time is approved; an approver can still correct it.")


def hand_in(session: Session, entry: TimeEntry) -> None:
    """The agent is done with it: it waits for approval, or needs none."""
    entry.state = EntryState.APPROVED if approval(session) == Approval("automatic") else EntryState.SUBMITTED


def facts_of(entry: TimeEntry) -> dict[str, Any]:
    """What a trace compares."""
    values = {name: getattr(entry, name) for name in TRACED}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def leave_trace(
    session: Session,
    entry: TimeEntry,
    verb: str,
    before: Mapping[str, Any],
    by_id: int | None,
    at: datetime,
    **more: Any,
) -> None:
    """One row for what changed, nothing where nothing did."""
    now = facts_of(entry) | more
    changed = [name for name in now if before.get(name) != now[name]]
    if changed:
        session.add(
            TimeChange(
                tenant_id=entry.tenant_id,
                entry_id=entry.id,
                at=at,
                by_id=by_id,
                verb=verb,
                before={name: before[name] for name in changed if name in before},
                after={name: now[name] for name in changed},
            )
        )


def let_draft_follow(session: Session, entry: TimeEntry, at: datetime, *earlier: date) -> None:
    """The living invoice of the entry's day, and of days it stood on before, is computed again."""
    for day in {entry.worked_on, *earlier}:
        _leave(session, entry.tenant_id, day, at)


def let_all_drafts_follow(session: Session, tenant_id: int, at: datetime) -> None:
    """Prices or terms changed: every draft that stands is computed again, and today's."""
    starts = session.scalars(select(DocumentDraft.period_start).where(DocumentDraft.tenant_id == tenant_id))
    for day in {*starts, at.date()}:
        _leave(session, tenant_id, day, at)


def _leave(session: Session, tenant_id: int, day: date, at: datetime) -> None:
    """Changes of one minute are computed together."""
    due = at.replace(second=0, microsecond=0) + SETTLES
    key = f"{day:%Y%m%d}:{due:%Y%m%d%H%M}"
    later(session, "documents.draft", tenant_id, day.toordinal(), at=at, key=key, available_at=due)
