"""What the clock process looks for: promises and follow-ups that fall due, work nobody heard of, audit not linked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from flask import current_app
from prometheus_client import Histogram
from sqlalchemy import ColumnElement, ScalarSelect, select
from sqlalchemy.orm import InstrumentedAttribute

from msp.tickets import actions as tickets
from msp.tickets import queries
from msp.tickets.models import Ticket
from sla.models import ClockProcess
from tenants import work
from tenants.chain import unlinked_tenants
from tenants.db import db, transaction
from tenants.isolation import acting_as, scoped
from tenants.queries import every_tenant
from tenants.rules import GATE, job, sweep

RING_AGAIN = 10.0
MOST_AT_ONCE = 5000
FOLDED_AT_ONCE = 250
FORGOTTEN = timedelta(days=1)
LATENESS = Histogram(
    "msp_promise_lateness_seconds",
    "From the instant a promise's step was due to the fold that noticed",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)


def all_tenants() -> frozenset[int]:
    """Every tenant there is now."""
    with acting_as(GATE):
        found = every_tenant(db.session())
        db.session.rollback()
    return found


def _first(column: InstrumentedAttribute[Any], *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    """The earliest there is, by an index of its own."""
    return select(column).where(column.is_not(None), *where).order_by(column).limit(1).scalar_subquery()


_FIRST = scoped(
    select(
        _first(Ticket.next_due_at),
        _first(Ticket.follow_up_at),
        _first(work.Work.available_at, work.Work.done_at.is_(None), work.Work.parked_at.is_(None)),
    )
)


@dataclass(frozen=True, slots=True)
class Due:
    """What one look found, over all tenants: (tenant, ticket) and (kind, tenant, work) that are due, and what comes."""

    tenants: frozenset[int]
    promises: Sequence[tuple[int, int]]
    follow_ups: Sequence[tuple[int, int]]
    work: Sequence[tuple[str, int, int]]
    next_at: datetime | None


def look(at: datetime) -> Due:
    """Ask all at once, in one transaction that locks and writes nothing; what it costs follows what is due."""
    session = db.session()
    with acting_as(GATE):
        tenants = every_tenant(session)
        with acting_as(sweep(tenants)):
            promise, follow_up, waiting = session.execute(_FIRST).one()
            due = Due(
                tenants,
                queries.due_tickets(session, at, MOST_AT_ONCE) if promise and promise <= at else (),
                queries.due_follow_ups(session, at) if follow_up and follow_up <= at else (),
                work.due_work(session, at) if waiting and waiting <= at else (),
                queries.next_due(session, at) if promise and promise <= at else promise,
            )
            session.rollback()
    return due


def due_promises(tenant_ids: frozenset[int], at: datetime) -> int:
    """Look for tickets whose next step or breach has come, and fold them. Returns how many."""
    with acting_as(sweep(tenant_ids)):
        due = queries.due_tickets(db.session(), at, MOST_AT_ONCE)
        db.session.rollback()
    return fold(due, at)


def fold(due: Iterable[tuple[int, int]], at: datetime) -> int:
    """Fold due tickets tenant by tenant, some hundred in each transaction; what another clock holds is passed over."""
    folded = 0
    for tenant_id, ticket_ids in _by_tenant(due).items():
        for start in range(0, len(ticket_ids), FOLDED_AT_ONCE):
            few = ticket_ids[start : start + FOLDED_AT_ONCE]
            with acting_as(job(tenant_id)), transaction() as session:
                for late in tickets.tick(session, tenant_id, few, at):
                    LATENESS.observe(late)
                    folded += 1
    return folded


def due_follow_ups(tenant_ids: frozenset[int], at: datetime) -> int:
    """Look for tickets somebody wanted to look at again by now, and bring them back. Returns how many."""
    with acting_as(sweep(tenant_ids)):
        due = queries.due_follow_ups(db.session(), at)
        db.session.rollback()
    return bring_back(due, at)


def bring_back(due: Iterable[tuple[int, int]], at: datetime) -> int:
    """Bring tickets back tenant by tenant. Returns how many came."""
    came = 0
    for tenant_id, ticket_ids in _by_tenant(due).items():
        with acting_as(job(tenant_id)), transaction() as session:
            came += tickets.bring_back(session, tenant_id, ticket_ids, at)
    return came


class Relay:
    """Rings again for work that is due and was not heard of; each row at most every ten seconds."""

    def __init__(self) -> None:
        self.rung: dict[tuple[int, int], float] = {}

    def ring(self, tenant_ids: frozenset[int], at: datetime) -> int:
        """Look for what waits and ring for it. Returns how many rows were rung for."""
        with acting_as(sweep(tenant_ids)):
            due = work.due_work(db.session(), at)
            db.session.rollback()
        return self.ring_for(due)

    def ring_for(self, due: Iterable[tuple[str, int, int]]) -> int:
        """Ring for rows that are due, those of one kind and tenant together. Returns for how many."""
        now = monotonic()
        self.rung = {row: when for row, when in self.rung.items() if now - when < RING_AGAIN}
        fresh = [
            (kind, tenant_id, work_id) for kind, tenant_id, work_id in due if (tenant_id, work_id) not in self.rung
        ]
        if fresh and current_app.extensions["bell"].ring(fresh):
            self.rung.update({(tenant_id, work_id): now for _, tenant_id, work_id in fresh})
        return len(fresh)


def unlinked_audit(tenant_ids: frozenset[int], at: datetime, since: datetime | None) -> int:
    """Leave the linking of fresh audit rows, tenant by tenant. Returns in how many tenants."""
    with acting_as(sweep(tenant_ids)):
        found = unlinked_tenants(db.session(), since)
        db.session.rollback()
    for tenant_id in found:
        with acting_as(job(tenant_id)), transaction() as session:
            key = f"{int(at.timestamp()) // 10}"
            work.later(session, "upkeep.link_audit", tenant_id, tenant_id, at=at, key=key)
    return len(found)


def say_alive(tenant_ids: frozenset[int], name: str, turns: int, folded: int, at: datetime) -> None:
    """One copy of the clock process says that it lives; those that said nothing for a day are forgotten."""
    with acting_as(sweep(tenant_ids)), transaction() as session:
        row = session.get(ClockProcess, name)
        if row is None:
            session.add(ClockProcess(name=name, since=at, seen_at=at, turns=turns, folded=folded))
        else:
            row.seen_at, row.turns, row.folded = at, turns, folded
        for gone in session.scalars(select(ClockProcess).where(ClockProcess.seen_at < at - FORGOTTEN)):
            session.delete(gone)


def _by_tenant(due: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for tenant_id, ticket_id in due:
        found[tenant_id].append(ticket_id)
    return found
