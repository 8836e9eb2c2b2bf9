"""Housekeeping: the audit's chain, old work, resolved tickets nobody came back to, the nightly fold."""

from __future__ import annotations

from datetime import timedelta

import structlog
from prometheus_client import Counter

from msp import clock
from msp.tickets import actions as tickets
from tenants import chain, work
from tenants.actions import forget_over
from tenants.actions.tokens import forget_answers
from tenants.db import db
from tenants.isolation import acting_as
from tenants.rules import GATE

log = structlog.get_logger()
KEEP_DONE = timedelta(days=7)
DRIFTED = Counter("msp_clock_drift", "Tickets whose kept clocks differ from their events")


def link_audit(tenant_id: int, *_: int) -> None:
    """Hang fresh acts on the tenant's chain."""
    chain.link(db.session(), tenant_id)


def forget(tenant_id: int, *_: int) -> None:
    """Drop rows of work done long ago, and answers that are no longer given again."""
    work.forget_done(db.session(), tenant_id, clock.now() - KEEP_DONE)
    forget_answers(db.session(), tenant_id, clock.now())


def doorkeeping(tenant_id: int, *_: int) -> None:
    """Sessions and tokens that are over leave the gate, answers to the desk's programs their table."""
    forget_answers(db.session(), tenant_id, clock.now())
    with acting_as(GATE):
        forget_over(db.session(), clock.now() - timedelta(days=1))


def close_resolved(tenant_id: int, *_: int) -> None:
    """Resolved a week ago and nobody came back: closed."""
    tickets.close_resolved(db.session(), tenant_id, clock.now())


def refold(tenant_id: int, *_: int) -> None:
    """Fold a sample of tickets again from their events; any difference is an alarm."""
    for key in tickets.drifted(db.session(), tenant_id, clock.now()):
        DRIFTED.inc()
        log.error("clock_drift", ticket=key)
