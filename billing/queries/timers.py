"""Questions about work under the clock, visits, and what an agent's day holds already."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from billing.models import EntryState, PassedOver, TimeEntry, Timer, Visit, WorkType
from billing.rules.proposals import Matter, Taken
from tenants.errors import Refused
from tenants.isolation import among


def open_timer(session: Session, agent_id: int) -> Timer | None:
    """What an agent has under the clock, running or paused; of tickets he may no longer see too."""
    return session.scalar(select(Timer).where(Timer.agent_id == agent_id, Timer.ended_at.is_(None)))


def ended_timers(session: Session, agent_id: int, since: datetime, limit: int = 20) -> Sequence[Timer]:
    """What an agent had under the clock lately, newest first."""
    return session.scalars(
        select(Timer)
        .where(Timer.agent_id == agent_id, Timer.started_at >= since, Timer.ended_at.is_not(None))
        .order_by(Timer.ended_at.desc(), Timer.id.desc())
        .limit(limit)
    ).all()


def usual_work_type(session: Session, tenant_id: int, ticket_id: int, agent_id: int) -> str:
    """The kind of an agent's last work on a ticket, else the first remote one of the desk's list.

    Raises `Refused` where the desk has no work types.
    """
    last = session.scalar(
        select(TimeEntry.work_type)
        .where(TimeEntry.tenant_id == tenant_id, TimeEntry.ticket_id == ticket_id, TimeEntry.agent_id == agent_id)
        .order_by(TimeEntry.worked_on.desc(), TimeEntry.id.desc())
        .limit(1)
    )
    code = session.scalar(
        select(WorkType.code)
        .where(WorkType.retired.is_(False))
        .order_by(case((WorkType.code == last, 0), (WorkType.mode == "remote", 1), else_=2), WorkType.place)
        .limit(1)
    )
    if code is None:
        raise Refused("There are no work types yet.")
    return code


def taken_of(
    session: Session, agent_id: int, tenant_ids: Collection[int], since: datetime, until: datetime
) -> list[Taken]:
    """Spans of an agent's day that are spoken for: logged, under the clock, or passed over."""
    logged = session.execute(
        select(TimeEntry.started_at, TimeEntry.ended_at).where(
            among(TimeEntry.tenant_id, tenant_ids),
            TimeEntry.agent_id == agent_id,
            TimeEntry.state != EntryState.DROPPED,
            TimeEntry.started_at < until,
            TimeEntry.ended_at > since,
        )
    )
    timed = session.execute(
        select(Timer.started_at, func.coalesce(Timer.ended_at, until)).where(
            Timer.agent_id == agent_id, Timer.started_at < until, func.coalesce(Timer.ended_at, until) > since
        )
    )
    passed = session.execute(
        select(PassedOver.begin, PassedOver.end).where(
            PassedOver.agent_id == agent_id, PassedOver.begin < until, PassedOver.end > since
        )
    )
    return [(begin, end) for rows in (logged, timed, passed) for begin, end in rows if begin and end]


def typed_lengths(session: Session, agent_id: int, tenant_ids: Collection[int], day: date) -> dict[Matter, int]:
    """Seconds an agent logged on a day without saying when, by ticket."""
    rows = session.execute(
        select(TimeEntry.tenant_id, TimeEntry.ticket_id, func.sum(TimeEntry.raw_seconds))
        .where(
            among(TimeEntry.tenant_id, tenant_ids),
            TimeEntry.agent_id == agent_id,
            TimeEntry.worked_on == day,
            TimeEntry.ended_at.is_(None),
            TimeEntry.state != EntryState.DROPPED,
        )
        .group_by(TimeEntry.tenant_id, TimeEntry.ticket_id)
    )
    return {(tenant_id, ticket_id): int(seconds) for tenant_id, ticket_id, seconds in rows}


def visits_of(session: Session, tenant_id: int, since: datetime, until: datetime) -> Sequence[Visit]:
    """A tenant's visits within [since, until), in their order."""
    return session.scalars(
        select(Visit)
        .where(Visit.tenant_id == tenant_id, Visit.visited_at >= since, Visit.visited_at < until)
        .order_by(Visit.visited_at, Visit.id)
    ).all()
