"""What the clock process looks for: promises and follow-ups that fall due, work nobody heard of, audit not linked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from time import monotonic

from flask import current_app
from prometheus_client import Gauge, Histogram

from msp.tickets import actions as tickets
from msp.tickets import queries
from tenants import work
from tenants.chain import unlinked_tenants
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.queries import every_tenant
from tenants.rules import GATE, job, sweep

RING_AGAIN = 10.0
LATENESS = Histogram(
    "msp_promise_lateness_seconds",
    "From the instant a promise's step was due to the fold that noticed",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)
WAITING = Gauge("msp_work_waiting", "Rows of work not yet done")
OLDEST = Gauge("msp_work_age_seconds", "Age of the oldest due row of work")
STOPPED = Gauge("msp_work_parked_rows", "Rows of work given up")


def all_tenants() -> frozenset[int]:
    """Every tenant there is now."""
    with acting_as(GATE):
        found = every_tenant(db.session())
        db.session.rollback()
    return found


def due_promises(tenant_ids: frozenset[int], at: datetime) -> int:
    """Fold the tickets whose next step or breach has come, tenant by tenant. Returns how many."""
    with acting_as(sweep(tenant_ids)):
        due = queries.due_tickets(db.session(), at)
        db.session.rollback()
    folded = 0
    for tenant_id, ticket_ids in _by_tenant(due).items():
        with acting_as(job(tenant_id)), transaction() as session:
            for late in tickets.tick(session, tenant_id, ticket_ids, at):
                LATENESS.observe(late)
                folded += 1
    return folded


def due_follow_ups(tenant_ids: frozenset[int], at: datetime) -> int:
    """Bring tickets back that somebody wanted to look at again by now, tenant by tenant. Returns how many."""
    with acting_as(sweep(tenant_ids)):
        due = queries.due_follow_ups(db.session(), at)
        db.session.rollback()
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
        """Ring for what waits. Returns how many rows were rung for."""
        with acting_as(sweep(tenant_ids)):
            due = work.due_work(db.session(), at)
            db.session.rollback()
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


def measure(tenant_ids: frozenset[int], at: datetime) -> None:
    """Carry the ledger's depth to the figures."""
    with acting_as(sweep(tenant_ids)):
        depth = work.depth(db.session(), at)
        db.session.rollback()
    WAITING.set(depth["waiting"])
    OLDEST.set(depth["age"])
    STOPPED.set(depth["parked"])


def _by_tenant(due: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for tenant_id, ticket_id in due:
        found[tenant_id].append(ticket_id)
    return found
