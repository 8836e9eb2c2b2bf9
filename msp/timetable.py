"""The hour's door: which work comes by itself, turned into rows once for each due time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from msp.schedules import Schedule, due_times, next_due
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Tenant
from tenants.rows import insert_once
from tenants.rules import DESK_KEY, job, sweep
from tenants.work import ScheduleRun, later

SCHEDULES: tuple[Schedule, ...] = (
    Schedule("forget", "upkeep.forget", at=time(3, 10)),
    Schedule("doorkeeping", "upkeep.doorkeeping", at=time(3, 20), desk_only=True),
    Schedule("close-resolved", "upkeep.close_resolved", at=time(3, 30)),
    Schedule("refold", "upkeep.refold", at=time(2, 10)),
    Schedule("close-months", "upkeep.close_months", at=time(4, 30)),
    Schedule("drafts", "documents.refresh", at=time(4, 0)),
    Schedule("tallies", "documents.tally", every=timedelta(hours=1)),
)
FIRST_LOOK = timedelta(days=1)


def tick(tenant_ids: frozenset[int], at: datetime) -> int:
    """Leave the work of every due time since the last one, in each tenant's own transaction. Returns how many."""
    with acting_as(sweep(tenant_ids)):
        tenants = db.session.execute(
            select(Tenant.tenant_id, Tenant.key, Tenant.zone).where(Tenant.closed_at.is_(None))
        )
        rows = list(tenants)
        last = last_runs(db.session())
        db.session.rollback()
    left = 0
    for tenant_id, key, zone in rows:
        due = [
            (schedule, when)
            for schedule in SCHEDULES
            if _concerns(schedule, key)
            for when in due_times(schedule, last.get((tenant_id, schedule.name), at - FIRST_LOOK), at, ZoneInfo(zone))
        ]
        if due:
            with acting_as(job(tenant_id)), transaction() as session:
                left += sum(_leave(session, tenant_id, schedule, when, at) for schedule, when in due)
    return left


def last_runs(session: Session) -> dict[tuple[int, str], datetime]:
    """The newest due time of each schedule and tenant that has been turned into work."""
    rows = session.execute(
        select(ScheduleRun.tenant_id, ScheduleRun.schedule, func.max(ScheduleRun.due_at)).group_by(
            ScheduleRun.tenant_id, ScheduleRun.schedule
        )
    )
    return {(tenant_id, schedule): due_at for tenant_id, schedule, due_at in rows}


def overview(session: Session, desk: Tenant, at: datetime) -> Sequence[tuple[Schedule, datetime | None, datetime]]:
    """Each schedule with its last and next due time by the desk's zone, for the page of the owner."""
    newest: dict[str, datetime] = {}
    for (_, name), due_at in last_runs(session).items():
        newest[name] = max(due_at, newest.get(name, due_at))
    zone = ZoneInfo(desk.zone)
    return [(schedule, newest.get(schedule.name), next_due(schedule, at, zone)) for schedule in SCHEDULES]


def run_now(session: Session, schedule: Schedule, tenant_id: int, at: datetime) -> None:
    """A person asks for it, whenever it is due."""
    later(session, schedule.kind, tenant_id, tenant_id, at=at, key=f"{schedule.name}:asked:{at.isoformat()}")


def _leave(session: Session, tenant_id: int, schedule: Schedule, due_at: datetime, at: datetime) -> bool:
    """The due time's primary key makes it once, however many clocks tick."""
    row = {"tenant_id": tenant_id, "schedule": schedule.name, "due_at": due_at}
    if insert_once(session, ScheduleRun, row) is None:
        return False
    later(session, schedule.kind, tenant_id, tenant_id, at=at, key=f"{schedule.name}:{due_at.isoformat()}")
    return True


def _concerns(schedule: Schedule, key: str) -> bool:
    return schedule.desk_only == (key == DESK_KEY)
