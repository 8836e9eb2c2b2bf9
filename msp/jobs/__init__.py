"""The door of the queue: perform() takes a row of work under a lease and does what its kind says."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

import structlog
from prometheus_client import Counter

from msp import clock
from msp.jobs import (
    compliance,
    documents,
    escalations,
    mail,
    packs,
    prepaid,
    questions,
    remeasuring,
    reminders,
    replays,
    sending,
    timers,
    upkeep,
    webhooks,
)
from tenants import work
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import job

log = structlog.get_logger()
DONE = Counter("msp_work_done", "Rows of work done", ["kind"])
FAILED = Counter("msp_work_failed", "Tries that failed", ["kind"])
PARKED = Counter("msp_work_parked", "Rows given up after the last try; somebody must look", ["kind"])

JOBS: dict[str, Callable[..., None]] = {
    "documents.draft": prepaid.draft,
    "documents.issue": documents.issue,
    "documents.refresh": documents.refresh,
    "documents.render": documents.render,
    "documents.run": documents.watch,
    "documents.send": sending.send,
    "documents.tally": prepaid.tally,
    "escalations.act": escalations.act,
    "escalations.prepaid": prepaid.warn,
    "escalations.tell": escalations.tell,
    "escalations.unanswered": escalations.unanswered,
    "escalations.wake": escalations.wake,
    "mail.again": mail.again,
    "mail.dispute_answered": compliance.dispute_answered,
    "mail.disputed": compliance.disputed,
    "mail.hand_on": mail.hand_on,
    "mail.invite": mail.invite,
    "mail.line_word": questions.tell,
    "mail.month_closed": compliance.month_closed,
    "mail.pack_answered": packs.answered,
    "mail.pack_offered": packs.offered,
    "mail.place": mail.place,
    "mail.read": mail.read,
    "mail.received": mail.received,
    "mail.remind": reminders.remind,
    "mail.reply": mail.reply,
    "mail.reset": mail.reset,
    "mail.resolved": mail.resolved,
    "mail.send": mail.send,
    "mail.waiting": mail.waiting,
    "upkeep.close_months": compliance.close_months,
    "upkeep.close_resolved": upkeep.close_resolved,
    "upkeep.doorkeeping": upkeep.doorkeeping,
    "upkeep.forget": upkeep.forget,
    "upkeep.lapse_dispute": compliance.lapse,
    "upkeep.link_audit": upkeep.link_audit,
    "upkeep.refold": upkeep.refold,
    "upkeep.remeasure": remeasuring.begin,
    "upkeep.remeasure_batch": remeasuring.batch,
    "upkeep.replay": replays.go_on,
    "upkeep.time_moved": timers.moved,
    "upkeep.timer_ended": timers.ended,
    "upkeep.timer_long": timers.long,
    "webhooks.call": webhooks.call,
}

THEN: dict[str, Callable[..., None]] = {"documents.issue": documents.go_on, "documents.run": documents.go_on}
"""What a kind of work entails once it is committed, in transactions of its own; lost, the work is found again."""


def perform(tenant_id: int, *work_ids: int) -> None:
    """Do these rows of one tenant. Whatever another worker holds, or has done, is passed over."""
    owner = f"{socket.gethostname()}-{os.getpid()}"
    with acting_as(job(tenant_id)):
        for work_id in work_ids:
            _perform_one(tenant_id, work_id, owner)


def _perform_one(tenant_id: int, work_id: int, owner: str) -> None:
    with transaction() as session:
        lease = work.take(session, tenant_id, work_id, owner, clock.now())
    if lease is None:
        return
    try:
        with transaction() as session:
            work.hold(session, lease)
            JOBS[lease.kind](tenant_id, *lease.ids)
            session.flush()
            work.finish(session, lease, clock.now())
    except Exception as error:
        FAILED.labels(lease.kind).inc()
        log.exception("work_failed", kind=lease.kind, work_id=work_id, attempts=lease.attempts)
        with transaction() as session:
            if work.put_back(session, lease, clock.now(), f"{type(error).__name__}: {error}"):
                PARKED.labels(lease.kind).inc()
                log.error("work_parked", kind=lease.kind, work_id=work_id)
    else:
        DONE.labels(lease.kind).inc()
        if lease.kind in THEN:
            THEN[lease.kind](tenant_id, *lease.ids)
    finally:
        db.session.expunge_all()
