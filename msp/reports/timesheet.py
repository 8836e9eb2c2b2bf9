"""Worked time with its tickets, over all clients somebody sees: weeks, what waits for approval, one ticket's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, func, select, tuple_
from sqlalchemy.orm import Session

from billing.models import EntryState, TimeEntry, TimeNote, Timer
from billing.queries import counting
from billing.queries.time import reasons
from billing.rules.proposals import Matter
from billing.rules.stopwatch import Stopwatch
from msp.tickets.models import Ticket
from tenants.isolation import among
from tenants.kept import Kept
from tenants.models import Agent, Tenant
from tenants.rules import Principal

MOST = 500

_RUNNING = Kept(
    select(Timer.seconds, Timer.running_since, Ticket.key, Ticket.title, Tenant.name, Tenant.short, Tenant.tile)
    .join(Ticket, and_(Ticket.tenant_id == Timer.about_tenant, Ticket.id == Timer.ticket_id))
    .join(Tenant, Tenant.tenant_id == Timer.about_tenant)
    .where(Timer.agent_id == bindparam("agent"), Timer.ended_at.is_(None))
)


class Logged(NamedTuple):
    """One entry with its ticket; seconds."""

    tenant_id: int
    id: int
    version: int
    ticket_id: int
    key: str
    title: str
    agent_id: int
    agent_name: str
    work_type: str
    mode: str
    worked_on: date
    started_at: datetime | None
    ended_at: datetime | None
    raw_seconds: int
    billable_seconds: int
    charged_seconds: int | None
    rule: str | None
    contract_id: int | None
    visit_id: int | None
    text: str
    state: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as pages show it: what is or will be charged and by which rule, and why it came back."""

    row: Logged
    counted: counting.Counted
    reason: str = ""

    @property
    def name(self) -> str:
        """How a form names it: `ACME:12:3` is the client's key, the id and the version that was seen."""
        return f"{self.row.key.rpartition('-')[0]}:{self.row.id}:{self.row.version}"


class Running(NamedTuple):
    """What an agent has under the clock, with its ticket and client."""

    watch: Stopwatch
    key: str
    title: str
    client: str
    short: str
    tile: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries an approver looks at."""

    tenant_id: int | None = None
    agent_id: int | None = None
    state: str = EntryState.SUBMITTED
    before: date | None = None


def week_of(session: Session, who: Principal, since: date, until: date) -> list[Shown]:
    """An agent's entries of days within [since, until) with all clients he sees, in order of work."""
    mine = [TimeEntry.agent_id == who.login_id, TimeEntry.worked_on >= since, TimeEntry.worked_on < until]
    return _shown(session, who.tenants, mine)


def sent_back(session: Session, who: Principal) -> int:
    """How many of an agent's entries came back to him."""
    return (
        session.scalar(
            select(func.count()).where(
                among(TimeEntry.tenant_id, who.tenants),
                TimeEntry.agent_id == who.login_id,
                TimeEntry.state == EntryState.REJECTED,
            )
        )
        or 0
    )


def waiting(session: Session, who: Principal, wanted: Wanted) -> list[Shown]:
    """Entries in a state, of all clients or one, of all agents or one, oldest work first; at most `MOST`."""
    tenants = {wanted.tenant_id} & who.tenants if wanted.tenant_id is not None else who.tenants
    asked: list[ColumnElement[bool]] = [TimeEntry.state == wanted.state]
    if wanted.agent_id is not None:
        asked.append(TimeEntry.agent_id == wanted.agent_id)
    if wanted.before is not None:
        asked.append(TimeEntry.worked_on < wanted.before)
    return _shown(session, tenants, asked, MOST)


def waiting_agents(session: Session, who: Principal) -> Sequence[tuple[int, str]]:
    """Whose entries wait to be approved: (id, name)."""
    rows = session.execute(
        select(Agent.id, Agent.name)
        .where(
            Agent.id.in_(
                select(TimeEntry.agent_id).where(
                    among(TimeEntry.tenant_id, who.tenants), TimeEntry.state == EntryState.SUBMITTED
                )
            )
        )
        .order_by(Agent.name)
    )
    return [(agent_id, name) for agent_id, name in rows]


def on_ticket(session: Session, tenant_id: int, ticket_id: int) -> list[Shown]:
    """All time on a ticket that counts, in order of work."""
    return _shown(session, {tenant_id}, [TimeEntry.ticket_id == ticket_id])


def one_entry(session: Session, tenant_id: int, entry_id: int) -> Shown | None:
    """One entry, taken out or not."""
    found = _shown(session, {tenant_id}, [TimeEntry.id == entry_id], dropped=True)
    return found[0] if found else None


def desk_notes(session: Session, tenant_id: int, entry_ids: Collection[int]) -> Mapping[int, str]:
    """What entries say to the desk alone."""
    rows = session.execute(
        select(TimeNote.entry_id, TimeNote.text).where(
            TimeNote.tenant_id == tenant_id, among(TimeNote.entry_id, entry_ids)
        )
    )
    return dict(rows.all())


def tickets_named(session: Session, matters: Collection[Matter]) -> dict[Matter, tuple[str, str]]:
    """Key and title of tickets, by (tenant, id)."""
    rows = session.execute(
        select(Ticket.tenant_id, Ticket.id, Ticket.key, Ticket.title).where(
            tuple_(Ticket.tenant_id, Ticket.id).in_(sorted(matters))
        )
    )
    return {(tenant_id, ticket_id): (key, title) for tenant_id, ticket_id, key, title in rows}


def people_named(session: Session, agent_ids: Collection[int]) -> dict[int, str]:
    """Names of people of the desk, by id."""
    return dict(session.execute(select(Agent.id, Agent.name).where(among(Agent.id, agent_ids))).all())


def running(session: Session, agent_id: int) -> Running | None:
    """An agent's open timer with its ticket, in one statement; nothing for a client he no longer sees."""
    row = _RUNNING.ask(session, {"agent": agent_id}).one_or_none()
    return Running(Stopwatch(*row[:2]), *row[2:]) if row is not None else None


def _shown(
    session: Session,
    tenants: Collection[int],
    asked: Sequence[ColumnElement[bool]],
    limit: int = MOST * 4,
    dropped: bool = False,
) -> list[Shown]:
    """Entries with their tickets, rules and reasons: five statements at most, however many entries."""
    columns: list[Any] = [
        Ticket.key if name == "key" else Ticket.title if name == "title" else getattr(TimeEntry, name)
        for name in Logged._fields
    ]
    statement = (
        select(*columns)
        .join(Ticket, and_(Ticket.tenant_id == TimeEntry.tenant_id, Ticket.id == TimeEntry.ticket_id))
        .where(among(TimeEntry.tenant_id, tenants), *asked)
        .order_by(TimeEntry.worked_on, TimeEntry.started_at.nulls_last(), TimeEntry.tenant_id, TimeEntry.id)
        .limit(limit)
    )
    if not dropped:
        statement = statement.where(TimeEntry.state != EntryState.DROPPED)
    rows = [Logged(*row) for row in session.execute(statement)]
    if not rows:
        return []
    found = counting.counted(session, rows)
    back = [row for row in rows if row.state == EntryState.REJECTED]
    why = reasons(session, {row.tenant_id for row in back}, {row.id for row in back}) if back else {}
    return [Shown(row, found[row.tenant_id, row.id], why.get((row.tenant_id, row.id), "")) for row in rows]
