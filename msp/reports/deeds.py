"""What an agent did on tickets and when, as far as it was written down; and which of it has no time beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, select, tuple_
from sqlalchemy.orm import Session

from billing.models import EntryState, TimeEntry
from billing.queries.timers import taken_of, typed_lengths
from billing.rules.proposals import Act, Kind, Matter, Proposal, proposals
from msp.keys import parse_key
from msp.tickets.models import Event, Note, Ticket
from msp.tickets.rules import Channel, Status
from tenants.audit import AccessLog, Audit
from tenants.isolation import among
from tenants.models import Agent
from tenants.rules import Principal

TYPED = "drafts.keep"
"""The door whose rows of audit say that somebody was typing."""


class Unlogged(NamedTuple):
    """A ticket that an agent answered or resolved without any time of his on it."""

    tenant_id: int
    key: str
    title: str
    at: datetime


class Unattended(NamedTuple):
    """A ticket that somebody of the desk answered or resolved without any time of his on it."""

    key: str
    title: str
    by: str
    at: datetime


def proposed(session: Session, who: Principal, begin: datetime, now: datetime) -> tuple[Proposal, ...]:
    """What an agent's day that begins at an instant seems to hold beyond what is logged, timed or passed over.

    Six statements. Nothing lies ahead of `now`.
    """
    agent_id, end = who.login_id or 0, begin + timedelta(days=1)
    acts = acts_of(session, agent_id, who.tenants, begin, end)
    if not acts:
        return ()
    taken = taken_of(session, agent_id, who.tenants, begin, end)
    lengths = typed_lengths(session, agent_id, who.tenants, begin.astimezone(ZoneInfo(who.zone)).date())
    return proposals(acts, [*taken, (max(now, begin), end + timedelta(hours=1))], lengths)


def acts_of(session: Session, agent_id: int, tenant_ids: Collection[int], since: datetime, until: datetime) -> set[Act]:
    """What an agent did within [since, until) on tickets of these tenants: opened, typed, replied, noted, called.

    Looking is written down once an hour and ticket, typing at every draft that is kept.
    """
    return {
        *_by_key(session, _looked(session, agent_id, tenant_ids, since, until)),
        *_told(session, agent_id, tenant_ids, since, until),
        *_noted(session, agent_id, tenant_ids, since, until),
    }


def unlogged_of(
    session: Session, agent_id: int, tenant_ids: Collection[int], since: datetime, until: datetime
) -> list[Unlogged]:
    """Tickets an agent answered or resolved within [since, until) and logged nothing on, latest first."""
    rows = session.execute(
        select(Ticket.tenant_id, Ticket.key, Ticket.title, func.max(Event.at))
        .join(Event, _of_ticket(Event))
        .where(
            among(Ticket.tenant_id, tenant_ids),
            Ticket.changed_at >= since,
            Event.by_id == agent_id,
            *_finished(since, until),
            ~_has_time(),
        )
        .group_by(Ticket.tenant_id, Ticket.key, Ticket.title)
        .order_by(func.max(Event.at).desc())
    )
    return [Unlogged(*row) for row in rows]


def unlogged_by_client(
    session: Session, tenant_ids: Collection[int], since: datetime, until: datetime
) -> dict[int, int]:
    """How many tickets of each client somebody answered or resolved within [since, until) without logging any time."""
    rows = session.execute(
        select(Ticket.tenant_id, func.count(Ticket.id.distinct()))
        .join(Event, _of_ticket(Event))
        .where(among(Ticket.tenant_id, tenant_ids), Ticket.changed_at >= since, *_finished(since, until), ~_has_time())
        .group_by(Ticket.tenant_id)
    )
    return dict(rows.all())


def unlogged_with(session: Session, tenant_id: int, since: datetime, until: datetime) -> list[Unattended]:
    """The tickets of one client behind that number, each with who finished it without time and when, latest first."""
    rows = session.execute(
        select(Ticket.key, Ticket.title, Agent.name, func.max(Event.at))
        .join(Event, _of_ticket(Event))
        .join(Agent, Agent.id == Event.by_id)
        .where(Ticket.tenant_id == tenant_id, Ticket.changed_at >= since, *_finished(since, until), ~_has_time())
        .group_by(Ticket.key, Ticket.title, Agent.id, Agent.name)
        .order_by(func.max(Event.at).desc(), Ticket.key)
    )
    return [Unattended(*row) for row in rows]


def _looked(
    session: Session, agent_id: int, tenant_ids: Collection[int], since: datetime, until: datetime
) -> Iterable[tuple[int, str, datetime, Kind]]:
    opened = session.execute(
        select(AccessLog.tenant_id, AccessLog.subject, AccessLog.at).where(
            among(AccessLog.tenant_id, tenant_ids),
            AccessLog.login_id == agent_id,
            AccessLog.hour >= since - timedelta(hours=1),
            AccessLog.at >= since,
            AccessLog.at < until,
        )
    )
    typed = session.execute(
        select(Audit.tenant_id, Audit.subject, Audit.at).where(
            among(Audit.tenant_id, tenant_ids),
            Audit.at >= since,
            Audit.at < until,
            Audit.login_id == agent_id,
            Audit.verb == TYPED,
        )
    )
    yield from ((tenant_id, subject, at, "opened") for tenant_id, subject, at in opened)
    for tenant_id, path, at in typed:
        yield tenant_id, path.split("/")[2], at, "typed"


def _by_key(session: Session, found: Iterable[tuple[int, str, datetime, Kind]]) -> list[Act]:
    """Acts by the tickets' numbers; what is no ticket's key is none."""
    named = [
        (tenant_id, parsed[1], at, kind) for tenant_id, key, at, kind in found if (parsed := parse_key(key)) is not None
    ]
    if not named:
        return []
    numbers = {(tenant_id, number) for tenant_id, number, _, _ in named}
    rows = session.execute(
        select(Ticket.tenant_id, Ticket.number, Ticket.id).where(
            tuple_(Ticket.tenant_id, Ticket.number).in_(sorted(numbers))
        )
    )
    ids: dict[Matter, int] = {(tenant_id, number): ticket_id for tenant_id, number, ticket_id in rows}
    return [
        Act(_second(at), (tenant_id, ids[tenant_id, number]), kind)
        for tenant_id, number, at, kind in named
        if (tenant_id, number) in ids
    ]


def _told(
    session: Session, agent_id: int, tenant_ids: Collection[int], since: datetime, until: datetime
) -> Iterable[Act]:
    rows = session.execute(
        select(Event.tenant_id, Event.ticket_id, Event.at, Event.type, Ticket.channel)
        .join(Ticket, _of_ticket(Event))
        .where(
            among(Ticket.tenant_id, tenant_ids),
            Ticket.changed_at >= since,
            Event.at >= since,
            Event.at < until,
            Event.by == "agent",
            Event.by_id == agent_id,
        )
    )
    for tenant_id, ticket_id, at, what, channel in rows:
        yield Act(_second(at), (tenant_id, ticket_id), _kind(what, channel))


def _noted(
    session: Session, agent_id: int, tenant_ids: Collection[int], since: datetime, until: datetime
) -> Iterable[Act]:
    rows = session.execute(
        select(Note.tenant_id, Note.ticket_id, Note.at)
        .join(Ticket, _of_ticket(Note))
        .where(
            among(Ticket.tenant_id, tenant_ids),
            Ticket.changed_at >= since,
            Note.at >= since,
            Note.at < until,
            Note.by_id == agent_id,
        )
    )
    for tenant_id, ticket_id, at in rows:
        yield Act(_second(at), (tenant_id, ticket_id), "noted")


def _kind(what: str, channel: str) -> Kind:
    if what == "replied":
        return "replied"
    if what == "opened":
        return "called" if channel == Channel.PHONE else "noted"
    return "changed"


def _of_ticket(model: type[Event] | type[Note]) -> ColumnElement[bool]:
    return and_(Ticket.tenant_id == model.tenant_id, Ticket.id == model.ticket_id)


def _finished(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    """Answered or resolved by somebody of the desk."""
    return (
        Event.at >= since,
        Event.at < until,
        Event.by == "agent",
        (Event.type == "replied") | ((Event.type == "status") & (Event.data["to"].astext == Status.RESOLVED)),
    )


def _has_time() -> ColumnElement[bool]:
    """Whether whoever did it logged time there."""
    return (
        select(TimeEntry.id)
        .where(
            TimeEntry.tenant_id == Event.tenant_id,
            TimeEntry.ticket_id == Event.ticket_id,
            TimeEntry.agent_id == Event.by_id,
            TimeEntry.state != EntryState.DROPPED,
        )
        .exists()
    )


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
