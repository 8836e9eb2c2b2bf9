"""Two and five clocks while parts are killed, Redis forgets and goes, PostgreSQL restarts: each step told once."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
import psycopg
from rich.console import Console

from msp import clock
from msp.app import create_app
from msp.embedded import Services, stand_ins
from msp.outbox import webhooks
from msp.serve import roles, schema
from msp.settings import Settings
from sla import actions as promises
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import GATE, job
from tests.bench.clocks import ALWAYS, TARGET, open_at
from tests.cast import OPENED, Cast, gather
from tests.prove.faults_judged import Told, judge, table_of
from tests.prove.faults_parts import Ear, Ground, Heard, Parts
from tests.prove.kills_people import Post
from tests.prove.proof import Found, Place, Proof

STEPS: Final = ("50%", "100%")
OTHERS: Final = ("worker escalations", "worker escalations", "worker mail", "worker webhooks")
NAME: Final = "clocks"
GRACE: Final = 1800.0
WAITS: Final = """
SELECT (SELECT count(*) FROM work WHERE done_at IS NULL AND parked_at IS NULL
        AND split_part(kind, '.', 1) IN ('escalations', 'mail', 'webhooks'))
     + (SELECT count(*) FROM ticket WHERE next_due_at <= now())
"""


@dataclass(frozen=True, slots=True)
class Storm:
    """How much is done to them: `seconds` of kills with so many FLUSHALLs and restarts, then as long without Redis."""

    seconds: int = 300
    a_second: int = 2
    flushes: int = 100
    restarts: int = 20

    def of(self, seconds: int) -> Storm:
        """The same weather for a shorter time."""
        share = seconds / self.seconds
        flushes, restarts = (max(1, int(many * share)) for many in (self.flushes, self.restarts))
        return replace(self, seconds=seconds, flushes=flushes, restarts=restarts)


def suffer(folder: Path, clocks: int, storm: Storm, say: Callable[[str], None]) -> Told:
    """Steps fall due all the time while parts die and servers go; then look who heard of what."""
    post, ear, found = Post(), Ear(), Told(clocks)
    controller = post.open()
    try:
        with ear.open() as port, _desk(folder, controller.port) as (services, made):
            say(f"{clocks} clocks: opening tickets")
            first = _furnish(made, port, storm)
            ground, parts = Ground(services), Parts(made, ["clock"] * clocks + list(OTHERS))
            parts.start()
            try:
                _storm(ground, parts, first, storm, random.Random(clocks), say)  # noqa: S311 - who dies is no secret
                say(f"{clocks} clocks: waiting until nothing waits")
                _settle(made, parts, GRACE)
            finally:
                parts.stop()
            found.kills, found.flushed, found.restarts = parts.kills, ground.flushed, ground.restarts
            found.deaths_of_senders = parts.senders
            mails: Heard = [(str(key), (str(mail["Subject"]), str(mail["To"]))) for key, mail in post.taken]
            judge(found, made.admin_database_url, {"mail": mails, "webhook": ear.heard})
    finally:
        controller.stop()
    return found


@contextmanager
def _desk(folder: Path, smtp_port: int) -> Iterator[tuple[Services, Settings]]:
    """A desk of its own, whose servers keep what was committed: they are about to be ended."""
    with Services(folder) as services:
        roles.ensure_database(services.superuser_url, NAME)
        made = replace(
            Settings.read(stand_ins(services)),
            database_url=services.url(roles.APP, NAME),
            owner_database_url=services.url(roles.OWNER, NAME),
            admin_database_url=services.superuser_url.replace("/postgres?", f"/{NAME}?"),
            smtp_host="127.0.0.1",
            smtp_port=smtp_port,
            smtp_tls="none",
            webhook_loopback=True,
        )
        schema.upgrade(made.owner_database_url)
        yield services, made


def _furnish(made: Settings, port: int, storm: Storm) -> datetime:
    """Tickets whose steps are reached one second after the other. Answers the first such second."""
    with create_app(made).app_context():
        with acting_as(GATE), transaction() as session:
            cast = gather(session, lambda: None)
        with acting_as(job(cast.desk)), transaction() as session:
            url = f"http://127.0.0.1:{port}/"
            webhooks.add(session, "ear", url, webhooks.EVENTS, loopback=True, at=clock.now())
        _agree(cast)
        half, seconds = timedelta(minutes=TARGET) / 2, storm.seconds * 2
        first = (clock.now() + timedelta(seconds=20 + seconds * storm.a_second // 15)).replace(microsecond=0)
        for second in range(seconds):
            open_at(cast, first + timedelta(seconds=second) - half * (1 + second % 2), storm.a_second)
        db.session.remove()
        db.engine.dispose()
    return first


def _agree(cast: Cast) -> None:
    """Every step is told in the notices, by mail to the owner and to the other program."""
    for company in (cast.acme, cast.globex):
        with acting_as(job(company.id)), transaction() as session:
            calendar = promises.add_calendar(session, company.id, "always", ALWAYS, OPENED)
            told = {"tell": ["owner"], "via": ["in_app", "mail", "webhook"]}
            steps = [{"metric": "first_response", "step": step} | told for step in STEPS]
            targets = {priority: {"first_response": TARGET} for priority in ("P1", "P2", "P3", "P4")}
            terms = {"calendar": str(calendar.id), "targets": targets, "escalations": steps}
            promises.agree(session, company.id, "always", terms, OPENED)


def _storm(
    ground: Ground, parts: Parts, first: datetime, storm: Storm, chance: random.Random, say: Callable[[str], None]
) -> None:
    begun = max(clock.now(), first)
    while clock.now() < begun:
        time.sleep(0.1)
    after = begun + timedelta(seconds=storm.seconds)
    while (now := clock.now()) < after:
        gone = (now - begun).total_seconds() / storm.seconds
        if ground.flushed < storm.flushes * gone:
            ground.forget()
        if ground.restarts < storm.restarts * gone:
            ground.restart()
        _hurt(parts, chance, say)
    while ground.flushed < storm.flushes:
        ground.forget()
    with ground.without_redis():
        say(f"{storm.seconds} seconds without Redis")
        until = after + timedelta(seconds=storm.seconds)
        while clock.now() < until:
            _hurt(parts, chance, say)


def _hurt(parts: Parts, chance: random.Random, say: Callable[[str], None]) -> None:
    time.sleep(chance.uniform(0.5, 2.5))
    parts.revive()
    parts.kill_one(chance)
    say(f"{parts.kills} kills")


def _settle(made: Settings, parts: Parts, grace: float) -> None:
    """Until nothing waits, or the time of grace is over."""
    until = time.monotonic() + grace
    while time.monotonic() < until:
        parts.revive()
        with psycopg.connect(roles.libpq(made.admin_database_url)) as connection:
            if connection.execute(WAITS).fetchone() == (0,):
                return
        time.sleep(1)


def _proof(place: Place, clocks: int) -> Found:
    told = suffer(place.folder / f"clocks-{clocks}", clocks, Storm(), place.say)
    return Found(told.sentence, told.wrong)


BAR: Final = "each step once, in order, at its instant, under one key; nothing lost"
PROOFS = (
    Proof(9, "two clocks: killed, Redis and PostgreSQL taken away", BAR, lambda place: _proof(place, 2)),
    Proof(9, "five clocks: killed, Redis and PostgreSQL taken away", BAR, lambda place: _proof(place, 5)),
)


def main(clocks: int, seconds: int) -> bool:
    """One of these alone at another size, for whoever works on it. True when nothing is wrong."""
    with TemporaryDirectory(prefix="msp-clocks-", dir="/var/tmp") as scratch:
        folder = Path(scratch)
        folder.chmod(0o711)
        told = suffer(folder / "desk", clocks, Storm().of(seconds), click.echo)
    Console().print(table_of([told]))
    click.echo("\n".join(told.wrong))
    return not told.wrong


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]), int(sys.argv[2])) else 1)
