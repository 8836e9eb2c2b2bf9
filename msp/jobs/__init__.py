"""The door of the queue: perform() takes a row of work under a lease and does what its kind says."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

import structlog
from prometheus_client import Counter

from msp import clock
from tenants import work
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import job

log = structlog.get_logger()
DONE = Counter("msp_work_done", "Rows of work done", ["kind"])
FAILED = Counter("msp_work_failed", "Tries that failed", ["kind"])
PARKED = Counter("msp_work_parked", "Rows given up after the last try; somebody must look", ["kind"])

JOBS: dict[str, Callable[..., None]] = {}


def perform(tenant_id: int, *work_ids: int) -> None:
    """Do these rows of one tenant. Whatever another worker holds, or has done, is passed over."""
    owner = f"{socket.gethostname()}-{os.getpid()}"
    with acting_as(job(tenant_id)):
        for work_id in work_ids:
            _perform_one(tenant_id, work_id, owner)


def _perform_one(tenant_id: int, work_id: int, owner: str) -> None:
    with transaction() as session:
        row = work.take(session, tenant_id, work_id, owner, clock.now())
    if row is None:
        return
    try:
        with transaction() as session:
            JOBS[row.kind](tenant_id, *row.ids)
            if not work.finish(session, row, clock.now()):
                raise work.LeaseLost(row.kind)
    except Exception as error:
        FAILED.labels(row.kind).inc()
        log.exception("work_failed", kind=row.kind, work_id=row.id, attempts=row.attempts)
        with transaction() as session:
            if work.put_back(session, row, clock.now(), f"{type(error).__name__}: {error}"):
                PARKED.labels(row.kind).inc()
                log.error("work_parked", kind=row.kind, work_id=row.id)
    else:
        DONE.labels(row.kind).inc()
    finally:
        db.session.expunge_all()
