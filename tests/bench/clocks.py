"""What watching over promises costs: an idle turn, a storm of steps in one second, and how late steady steps are."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from statistics import median
from typing import Any

import psycopg
from redis import Redis

from msp import clock
from msp.app import create_app
from msp.commands.clock import Keeper
from msp.jobs import sweeps
from msp.serve import child, roles, schema
from msp.settings import PROJECT, Settings, surroundings
from msp.tickets import actions
from msp.tickets.rules import Channel
from sla import actions as promises
from sla.rules.calendar import WEEKDAYS
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import GATE, Role, job
from tests.bench.figures import Figure
from tests.bench.waits import kept_waiting, server_of
from tests.cast import OPENED, Cast, gather

NAME = "bench_clocks"
ALWAYS: dict[str, Any] = {"tz": "UTC", "weekly": {day: [["00:00", "24:00"]] for day in WEEKDAYS}}
TARGET = 60
FIRST_MADE, TURNS, ROUNDS = 10_000_000, 400, 3
IDLE_BAR, GROWTH_BAR, STORM_BAR, LATE_BAR = 5.0, 1.1, 10.0, 1.0
MULTIPLY = """
INSERT INTO ticket (tenant_id, number, key, title, kind, impact, urgency, priority, status, channel, tier, owner_id,
    requester, opened_at, changed_at, resolution, clock, next_due_at, due_at, breached, version)
SELECT tenant_id, n + %(from)s, key || '-' || n + %(from)s, title, kind, impact, urgency, priority, status, channel,
    tier, owner_id, requester, opened_at, changed_at, resolution, clock,
    now() + interval '20 days' + n * interval '1 second', now() + interval '20 days', false, 1
FROM (SELECT * FROM ticket ORDER BY id LIMIT 1) one, generate_series(1, %(many)s) n
"""
STORM = """
INSERT INTO ticket (tenant_id, number, key, title, kind, impact, urgency, priority, status, channel, tier, owner_id,
    requester, opened_at, changed_at, resolution, clock, next_due_at, due_at, breached, version)
SELECT tenant_id, n + 90000000, key || '-' || n + 90000000, title, kind, impact, urgency, priority, status, channel,
    tier, owner_id, requester, %(opened)s, %(opened)s, resolution, clock, %(due)s, %(due)s, false, 1
FROM (SELECT * FROM ticket ORDER BY id LIMIT 1) one, generate_series(1, %(many)s) n
"""
OPENED_EVENTS = """
INSERT INTO event (tenant_id, ticket_id, at, type, by, by_id, by_name, data)
SELECT t.tenant_id, t.id, t.opened_at, e.type, e.by, e.by_id, e.by_name, e.data
FROM ticket t, (SELECT * FROM event WHERE type = 'opened' ORDER BY id LIMIT 1) e WHERE t.number > 90000000
"""
UNTOLD = "SELECT count(*) FROM escalation WHERE told_at IS NULL"
TOLD = "SELECT count(*) FROM escalation WHERE told_at IS NOT NULL"
LATE = "SELECT extract(epoch FROM noticed_at - at) FROM escalation WHERE at >= %s ORDER BY 1"


def measure(settings: Settings, open_tickets: int, storm: int, steady: int, say: Callable[[str], None]) -> list[Figure]:
    """On a database of its own beside the bench's: `steady` seconds of a hundred steps each."""
    named = partial(_named, settings)
    made = replace(
        settings,
        database_url=named(settings.database_url),
        owner_database_url=named(settings.owner_database_url),
        admin_database_url=named(settings.admin_database_url),
        smtp_host="",
    )
    superuser = roles.libpq(made.admin_database_url)
    with psycopg.connect(roles.libpq(settings.admin_database_url), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    roles.ensure_database(settings.admin_database_url, NAME)
    schema.upgrade(made.owner_database_url)
    with Redis.from_url(made.redis_url) as redis:
        redis.flushdb()
    app = create_app(made)
    with app.app_context():
        with acting_as(GATE), transaction() as session:
            cast = gather(session, lambda: None)
        agree(cast)
        open_at(cast, clock.now(), 1)
        figures = _idle(superuser, open_tickets, say)
        with _running(made, workers=2):
            figures += _storm(superuser, storm, say)
            figures += _steady(cast, superuser, steady, say)
        db.session.remove()
        db.engine.dispose()
    return figures


def agree(cast: Cast) -> None:
    """A promise that runs day and night, with one step at its end; owner and lead hear."""
    for company in (cast.acme, cast.globex):
        with acting_as(job(company.id)), transaction() as session:
            calendar = promises.add_calendar(session, company.id, "always", ALWAYS, OPENED)
            targets = {priority: {"first_response": TARGET} for priority in ("P1", "P2", "P3", "P4")}
            steps = [{"metric": "first_response", "step": "100%"}]
            promises.agree(
                session,
                company.id,
                "always",
                {"calendar": str(calendar.id), "targets": targets, "escalations": steps},
                OPENED,
            )


def open_at(cast: Cast, at: datetime, many: int) -> None:
    """So many tickets opened at an instant, half of them of each company."""
    for number, company in enumerate((cast.acme, cast.globex)):
        share = many // 2 + (many % 2 if number == 0 else 0)
        with acting_as(job(company.id)), transaction() as session:
            contact = session.get_one(Contact, (company.id, company.contacts[Role.REQUESTER]))
            tenant = session.get_one(Tenant, company.id)
            who = actions.Actor("client", contact.id, contact.name)
            for n in range(share):
                matter = actions.Matter(f"bench {n}", "bench", Channel.PORTAL, contact)
                actions.open_ticket(session, tenant, matter, who, at)
        db.session.expunge_all()


def _idle(superuser: str, open_tickets: int, say: Callable[[str], None]) -> list[Figure]:
    """With so many and with twice as many, by turns, so that what else the machine does meets both alike."""
    seconds: dict[int, list[float]] = {open_tickets: [], open_tickets * 2: []}
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(MULTIPLY, {"from": FIRST_MADE, "many": open_tickets})
        for _ in range(ROUNDS):
            for many, taken in seconds.items():
                say(f"{many:,} open tickets")
                if many > open_tickets:
                    connection.execute(MULTIPLY, {"from": FIRST_MADE + open_tickets, "many": open_tickets})
                else:
                    connection.execute("DELETE FROM ticket WHERE number > %s", (FIRST_MADE + open_tickets,))
                connection.execute("VACUUM ANALYZE ticket")
                taken += _turns(min(TURNS, open_tickets // 100))
    once, twice = (median(taken) for taken in seconds.values())
    return [
        Figure(f"idle turn, {open_tickets:,} open", once * 1000, "ms", IDLE_BAR),
        Figure("idle turn, twice the open tickets", twice / once, "x", GROWTH_BAR, more=f"{twice * 1000:.2f} ms"),
    ]


def _turns(many: int) -> list[float]:
    """Seconds of looks that find nothing, in the middle of many, without what they waited for a core."""
    keeper = Keeper()
    keeper.turn()
    taken = []
    with acting_as(GATE), transaction() as session:
        server = server_of(session)
    for _ in range(many):
        waited, begun = kept_waiting(server), time.perf_counter()
        sweeps.look(clock.now())
        taken.append(time.perf_counter() - begun - (kept_waiting(server) - waited))
    return taken


def _storm(superuser: str, many: int, say: Callable[[str], None]) -> list[Figure]:
    say(f"opening {many:,} tickets")
    before = _count(superuser, TOLD)
    due = (clock.now() + timedelta(seconds=max(3, many // 400))).replace(microsecond=0)
    with psycopg.connect(superuser) as connection:
        given = {"many": many, "due": due, "opened": due - timedelta(minutes=TARGET)}
        connection.execute(STORM, given)
        connection.execute(OPENED_EVENTS)
    if clock.now() > due:
        raise TimeoutError("The tickets were not opened in time.")
    say("waiting for the second in which all are due")
    while _count(superuser, TOLD) < before + many:
        if clock.now() > due + timedelta(minutes=3):
            break
        time.sleep(0.2)
    told = _count(superuser, TOLD) - before
    taken = (clock.now() - due).total_seconds()
    return [Figure(f"{many:,} steps of one second told", taken, "s", STORM_BAR, more=f"{told:,} told, 2 workers")]


def _steady(cast: Cast, superuser: str, seconds: int, say: Callable[[str], None]) -> list[Figure]:
    say(f"opening 100 tickets for each of {seconds} seconds")
    first = (clock.now() + timedelta(seconds=seconds * 4 + 2)).replace(microsecond=0)
    for second in range(seconds):
        open_at(cast, first + timedelta(seconds=second) - timedelta(minutes=TARGET), 100)
    say("watching them fall due")
    time.sleep(max(0.0, (first + timedelta(seconds=seconds + 3) - clock.now()).total_seconds()))
    with psycopg.connect(superuser) as connection:
        late = [float(row[0]) for row in connection.execute(LATE, (first,)).fetchall()]
    worst = late[int(len(late) * 0.99)] if late else float("inf")
    more = f"{len(late):,} steps, half within {median(late) if late else 0:.2f} s"
    return [Figure("lateness p99 at 100 a second", worst, "s", LATE_BAR, more=more)]


@contextmanager
def _running(settings: Settings, workers: int) -> Iterator[None]:
    """One clock and so many workers of escalations, as processes."""
    given = replace(settings, owner_database_url="", admin_database_url="").environment()
    commands = [["clock"], *(["worker", "escalations"] for _ in range(workers))]
    log = child.private_log(settings.data_dir / "clocks.log")
    running: list[subprocess.Popen[bytes]] = [
        child.spawn(
            [sys.executable, "-m", "msp.cli", *each],
            farewell=signal.SIGTERM,
            env={**surroundings(), **given},
            cwd=PROJECT,
            output=log,
        )
        for each in commands
    ]
    try:
        yield
    finally:
        for process in running:
            child.stop(process, (signal.SIGTERM, 10.0))
        log.close()


def _count(superuser: str, question: str) -> int:
    with psycopg.connect(superuser) as connection:
        row = connection.execute(question.encode()).fetchone()
    return int(row[0]) if row else 0


def _named(settings: Settings, url: str) -> str:
    """The same server, another database."""
    old = roles.libpq(settings.database_url).partition("?")[0].rpartition("/")[2]
    return url.replace(f"/{old}?", f"/{NAME}?") if f"/{old}?" in url else url.replace("/postgres?", f"/{NAME}?")
