"""How long an edited calendar takes to reach 20,000 open tickets, and six replayed months; a program of its own."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import create_engine, event, func, select, text

from msp import clock
from msp.app import create_app
from msp.embedded import Services, stand_ins
from msp.jobs import perform
from msp.reports.what_if import what_if
from msp.seed import bulk
from msp.serve import roles, schema
from msp.settings import Settings
from sla import actions as promises
from sla import queries
from sla.models import Remeasuring
from sla.rules.calendar import WEEKDAYS
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import TenantKey
from tenants.rules import GATE, job
from tenants.work import Work
from tests.bench.waits import kept_waiting, server_of

TICKETS = 20_000
WORKERS = 2
CHANGE_BAR, BATCH_BAR, REPLAY_BAR = 20.0, 0.1, 15.0


@contextmanager
def ground(say: Callable[[str], None], open_share: float) -> Iterator[tuple[Settings, int]]:
    """A fresh desk with one client of 20,000 tickets, so many of them open; (settings, tenant)."""
    bulk.OPEN_SHARE = open_share
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place, Services(Path(place)) as services:
        roles.ensure_database(services.superuser_url, "changes")
        given = Settings.read(stand_ins(services))
        made = replace(
            given,
            database_url=services.url(roles.APP, "changes"),
            owner_database_url=services.url(roles.OWNER, "changes"),
        )
        schema.upgrade(made.owner_database_url)
        with create_app(made).app_context():
            bulk.fill(TICKETS, 1, clock.now(), lambda stand: say(f"{stand:,} tickets"))
            with acting_as(GATE), transaction() as session:
                tenant_id = session.scalars(select(TenantKey.id).where(TenantKey.key == "B001")).one()
            db.engine.dispose()
        owner = create_engine(made.owner_database_url, isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            connection.execute(text("ANALYZE"))
        owner.dispose()
        yield made, tenant_id


def change(settings: Settings, tenant_id: int) -> tuple[float, list[float]]:
    """Seconds until an edit of the calendar has reached every open ticket; for how long each batch held its tickets.

    Both without what the workers waited for a core that other programs had.
    """
    with create_app(settings).app_context():
        with acting_as(job(tenant_id)), transaction() as session:
            (calendar,) = queries.calendars_of(session, tenant_id)
            hours = bulk.OFFICE | {"weekly": {day: [["08:00", "20:00"]] for day in WEEKDAYS[:5]}}
            promises.edit_hours(session, calendar, calendar.name, hours, clock.now(), "bench", clock.now())
        begun = monotonic()
        _work(tenant_id, _waiting(tenant_id))
        waiting = _waiting(tenant_id)
        db.engine.dispose()
        with ProcessPoolExecutor(WORKERS, initializer=_serve, initargs=(settings,)) as pool:
            shares = [waiting[n :: WORKERS * 4] for n in range(WORKERS * 4)]
            parts = list(pool.map(_work, [tenant_id] * len(shares), shares))
        taken = monotonic() - begun - sum(waited for waited, _ in parts) / WORKERS
        with acting_as(job(tenant_id)):
            done = db.session().scalar(select(func.max(Remeasuring.done)).where(Remeasuring.finished_at.is_not(None)))
        assert done == TICKETS, done
        db.engine.dispose()
    return taken, sorted(each for _, held in parts for each in held)


def replay(settings: Settings, tenant_id: int) -> float:
    """Seconds to fold six months under twice as strict terms."""
    with create_app(settings).app_context(), acting_as(job(tenant_id)):
        now = clock.now()
        first = now.year * 12 + now.month - 1
        months = [f"{month // 12}-{month % 12 + 1:02}" for month in range(first - 5, first + 1)]
        targets = {priority: {name: m // 2 for name, m in by.items()} for priority, by in bulk.TARGETS.items()}
        begun = monotonic()
        found = what_if(db.session(), tenant_id, months, {"calendar": "c", "targets": targets}, {"c": bulk.OFFICE}, now)
        taken = monotonic() - begun
        assert found.flips
        db.session.rollback()
        db.engine.dispose()
    return taken


def _serve(settings: Settings) -> None:
    create_app(settings).app_context().push()


def _waiting(tenant_id: int) -> list[int]:
    with acting_as(job(tenant_id)), transaction() as session:
        kinds = Work.kind.startswith("upkeep.remeasure")
        return list(session.scalars(select(Work.id).where(kinds, Work.done_at.is_(None)).order_by(Work.id)))


def _work(tenant_id: int, work_ids: list[int]) -> tuple[float, list[float]]:
    """Seconds waited for a core, and those from the lock on each batch's tickets to the end of the commit.

    A writer of one of them waits no longer.
    """
    held: list[float] = []
    begun: list[tuple[float, int]] = []

    def locks(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "FROM ticket" in statement and statement.endswith("FOR UPDATE"):
            server = cursor.connection.info.backend_pid
            begun.append((monotonic() - kept_waiting(server), server))

    def freed(_session: Any) -> None:
        held.extend(max(0.0, monotonic() - kept_waiting(server) - since) for since, server in begun)
        begun.clear()

    event.listen(db.engine, "before_cursor_execute", locks)
    event.listen(db.session.session_factory, "after_commit", freed)
    with acting_as(job(tenant_id)), transaction() as session:
        before = kept_waiting(server := server_of(session))
    try:
        perform(tenant_id, *work_ids)
    finally:
        event.remove(db.engine, "before_cursor_execute", locks)
        event.remove(db.session.session_factory, "after_commit", freed)
    return kept_waiting(server) - before, held


def main() -> bool:
    """Print the figures. True when the bars are kept."""
    with ground(say, 1.0) as (settings, tenant_id):
        taken, held = change(settings, tenant_id)
    half, longest = (held[place] * 1000 for place in (len(held) // 2, -1))
    say(f"{TICKETS:,} open tickets under an edited calendar: {taken:.1f} s")
    say(f"{len(held)} batches held their tickets for {half:.0f} ms, the longest for {longest:.0f} ms")
    with ground(say, 0.0) as (settings, tenant_id):
        replayed = replay(settings, tenant_id)
    say(f"{TICKETS:,} tickets of six months under other terms: {replayed:.1f} s")
    return taken <= CHANGE_BAR and held[-1] <= BATCH_BAR and replayed <= REPLAY_BAR


def say(line: str) -> None:
    """On the standard output."""
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
