"""Verbs on work under the clock: start, pause, stop, discard; what was counted never gets lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.actions.time import log_time
from billing.models import TimeEntry, Timer
from billing.queries.timers import usual_work_type
from tenants.errors import Refused
from tenants.models import Agent
from tenants.work import later


def start_timer(session: Session, tenant_id: int, ticket_id: int, agent_id: int, at: datetime) -> Timer:
    """Begin work on a ticket, or go on with it; the caller has looked whether there is such a ticket.

    What else the agent had under the clock ends in the same transaction, whosever ticket it is, and follows as work
    into its own tenant. Starting twice is starting once.
    """
    at = at.replace(microsecond=0)
    open_one = _open(session, agent_id)
    if open_one is not None and (open_one.about_tenant, open_one.ticket_id) != (tenant_id, ticket_id):
        _end(open_one, at)
        later(session, "upkeep.timer_ended", tenant_id, open_one.id, at=at)
        session.flush()
        open_one = None
    timer = open_one or Timer(
        agent_id=agent_id, about_tenant=tenant_id, ticket_id=ticket_id, started_at=at, running_since=at, seconds=0
    )
    timer.running_since = timer.running_since or at
    session.add(timer)
    session.flush()
    _look_later(session, timer, at)
    return timer


def pause_timer(session: Session, tenant_id: int, ticket_id: int, agent_id: int, at: datetime) -> Timer:
    """Rest; what was counted stays with the timer. Raises `Refused` where none is open on this ticket."""
    timer = _own(session, tenant_id, ticket_id, agent_id)
    paused = timer.watch.pause(at)
    timer.seconds, timer.running_since = paused.seconds, None
    return timer


def stop_timer(
    session: Session,
    tenant_id: int,
    ticket_id: int,
    agent_id: int,
    facts: Mapping[str, Any],
    at: datetime,
    seen_at: datetime | None = None,
) -> TimeEntry:
    """End the work and log it in one act; `facts` are what `StopSchema` loads.

    `seen_at` is when the agent was shown the count that he answers for: what ran since is not counted.
    Raises `Refused` where no timer is open on this ticket, and what `log_time` raises.
    """
    timer = _own(session, tenant_id, ticket_id, agent_id)
    until = max(timer.started_at, min(seen_at or at, at)).replace(microsecond=0)
    shown = timer.watch.counted(until)
    said = dict(facts)
    minutes = said.pop("minutes", None)
    seconds = shown if minutes in (None, -(-shown // 60)) else minutes * 60
    begun = min(timer.started_at, until - timedelta(seconds=seconds))
    said |= {"started_at": begun, "ended_at": until, "seconds": seconds}
    _end(timer, until)
    timer.kept_at = at
    return log_time(session, tenant_id, ticket_id, agent_id, said, at, key=f"timer:{timer.id}")


def discard_timer(session: Session, tenant_id: int, ticket_id: int, agent_id: int) -> None:
    """It ran by mistake; nothing is logged. Raises `Refused` where none is open on this ticket."""
    session.delete(_own(session, tenant_id, ticket_id, agent_id))


def keep_counted(session: Session, timer: Timer, at: datetime) -> TimeEntry | None:
    """What an ended timer counted becomes its agent's draft in the ticket's tenant, once. None when it is kept."""
    if timer.ended_at is None or timer.kept_at is not None:
        return None
    timer.kept_at = at
    if not timer.seconds:
        return None
    facts = {
        "work_type": usual_work_type(session, timer.about_tenant, timer.ticket_id, timer.agent_id),
        "started_at": timer.started_at,
        "ended_at": timer.ended_at,
        "seconds": timer.seconds,
    }
    whose = (timer.about_tenant, timer.ticket_id, timer.agent_id)
    return log_time(session, *whose, facts, at, key=f"timer:{timer.id}", unfinished=True)


def is_forgotten(timer: Timer, at: datetime) -> bool:
    """Whether its agent should hear that it still runs: it has for two hours, and he was not told yet."""
    long_at = timer.watch.long_at()
    return timer.warned_at is None and long_at is not None and long_at <= at


def _open(session: Session, agent_id: int) -> Timer | None:
    """The agent's open timer. Whoever asks holds the agent's row, so that of two starts at once one is the second."""
    session.scalar(select(Agent.id).where(Agent.id == agent_id).with_for_update(key_share=True))
    return session.scalar(
        select(Timer)
        .where(Timer.agent_id == agent_id, Timer.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _own(session: Session, tenant_id: int, ticket_id: int, agent_id: int) -> Timer:
    timer = _open(session, agent_id)
    if timer is None or (timer.about_tenant, timer.ticket_id) != (tenant_id, ticket_id):
        raise Refused("No timer of yours runs on this ticket.")
    return timer


def _end(timer: Timer, at: datetime) -> None:
    ended = timer.watch.pause(at)
    timer.seconds, timer.running_since, timer.ended_at = ended.seconds, None, max(at, timer.started_at)


def _look_later(session: Session, timer: Timer, at: datetime) -> None:
    """Somebody shall look when it will have run for too long; each start has its own look."""
    due = timer.watch.long_at()
    if due is not None and timer.warned_at is None:
        key = f"{timer.id}:{due:%Y%m%d%H%M%S}"
        later(session, "upkeep.timer_long", timer.about_tenant, timer.id, at=at, key=key, available_at=due)
