"""Verbs on proposed time: the agent takes a span as it is or otherwise, or says that it was no work to log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from billing.actions.time import log_time
from billing.models import PassedOver, TimeEntry
from billing.queries.timers import usual_work_type
from tenants.errors import Refused

LONGEST = timedelta(hours=12)


def accept(
    session: Session,
    tenant_id: int,
    ticket_id: int,
    agent_id: int,
    begin: datetime,
    end: datetime,
    at: datetime,
    work_type: str | None = None,
) -> TimeEntry:
    """A span was work on this ticket: it becomes the agent's draft, once for its begin.

    Without a work type it is that of his last work there. Raises `Refused` for a span that is none, or lies ahead.
    """
    if not begin < end <= max(at, begin) or end - begin > LONGEST:
        raise Refused("This is no span of time that was worked.")
    facts = {
        "work_type": work_type or usual_work_type(session, tenant_id, ticket_id, agent_id),
        "started_at": begin,
        "ended_at": end,
    }
    key = f"proposed:{agent_id}:{ticket_id}:{int(begin.timestamp())}"
    return log_time(session, tenant_id, ticket_id, agent_id, facts, at, key=key, unfinished=True)


def accept_all(
    session: Session, tenant_id: int, agent_id: int, spans: Sequence[tuple[int, datetime, datetime]], at: datetime
) -> int:
    """Accept several spans (ticket, begin, end) of one tenant. Answers how many."""
    for ticket_id, begin, end in spans:
        accept(session, tenant_id, ticket_id, agent_id, begin, end, at)
    return len(spans)


def pass_over(session: Session, agent_id: int, begin: datetime, end: datetime) -> PassedOver:
    """This was no work to log; nothing is proposed in it again. The row is the agent's alone."""
    if not begin < end or end - begin > LONGEST:
        raise Refused("This is no span of time that was worked.")
    row = PassedOver(agent_id=agent_id, begin=begin, end=end)
    session.add(row)
    session.flush()
    return row
