"""A change of a contract or calendar reaches the tickets it concerns."""

from __future__ import annotations

from datetime import datetime

from msp import clock
from msp.tickets import actions as tickets
from sla import actions as promises
from sla import queries as promises_of
from sla.models import Remeasuring
from tenants.db import db


def begin(tenant_id: int, change_id: int) -> None:
    """The change's instant has come: count the tickets and leave their batches as work."""
    session = db.session()
    change = session.get_one(Remeasuring, (tenant_id, change_id), with_for_update=True)
    if change.total is not None:
        return
    batches, total = tickets.batches_to_measure(session, tenant_id, _since(change), change.restates)
    promises.spread(session, change, batches, total, clock.now())


def batch(tenant_id: int, change_id: int, first: int, last: int) -> None:
    """Fold the tickets between two ids anew; one short transaction."""
    session = db.session()
    change = session.get_one(Remeasuring, (tenant_id, change_id))
    done = tickets.measure_anew(session, tenant_id, first, last, _since(change), change.restates, clock.now())
    promises.batch_done(session, tenant_id, change_id, done, clock.now())


def _since(change: Remeasuring) -> datetime:
    """What was done in a closed month is not measured again."""
    closed = promises_of.closed_until(db.session(), change.tenant_id)
    return max(change.since, closed) if closed else change.since
