"""Two and five clocks while clocks and workers are killed and Redis is emptied: each step told once, under one key."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import click
import psycopg
from redis import Redis

from msp import clock
from msp.app import create_app
from msp.outbox import webhooks
from msp.serve import child, roles
from msp.settings import PROJECT, Settings, surroundings
from sla import actions as promises
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import GATE, job
from tests.bench.clocks import ALWAYS, TARGET, open_at
from tests.cast import OPENED, Cast, gather
from tests.prove.kills_people import Post
from tests.prove.proof import Found, Place, Proof
from tests.prove.servers import servers
from tests.services import rewind, settings

REDIS = 43
CLOCKS = (2, 5)
STEPS = ("50%", "100%")
SECONDS, A_SECOND, FLUSHES, GRACE = 60, 10, 10, 180.0
UNTOLD = "SELECT count(*) FROM escalation WHERE told_at IS NULL"
TOLD = "SELECT count(*) FROM escalation WHERE told_at IS NOT NULL"
UNSEEN = "SELECT count(*) FROM ticket WHERE next_due_at <= now()"
WAITS = """
SELECT count(*) FROM work
WHERE done_at IS NULL AND split_part(kind, '.', 1) IN ('escalations', 'mail', 'webhooks')
"""
PARTS = ("worker escalations", "worker escalations", "worker mail", "worker webhooks")


@dataclass
class Ear:
    """Another program: the delivery ids it heard, and what each was about."""

    heard: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    @contextmanager
    def open(self) -> Iterator[int]:
        """Listen on a free port of loopback."""
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                promise = body["promise"]
                heard.append((self.headers["Webhook-Id"], (body["ticket"]["key"], promise["metric"], promise["step"])))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()


@dataclass
class Parts:
    """Processes of a desk that die and come again."""

    settings: Settings
    commands: list[str]
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    kills: int = 0

    def start(self) -> None:
        self.running = [self._spawn(command) for command in self.commands]

    def kill_one(self, chance: random.Random) -> None:
        """Without a word; another takes its place at once."""
        place = chance.randrange(len(self.running))
        self.running[place].kill()
        self.running[place].wait()
        self.running[place] = self._spawn(self.commands[place])
        self.kills += 1

    def stop(self) -> None:
        for process in self.running:
            child.stop(process, (signal.SIGTERM, 10.0))

    def _spawn(self, command: str) -> subprocess.Popen[bytes]:
        given = replace(self.settings, owner_database_url="", admin_database_url="").environment()
        with child.private_log(self.settings.data_dir / "parts.log") as log:
            return child.spawn(
                [sys.executable, "-m", "msp.cli", *command.split()],
                farewell=signal.SIGTERM,
                env={**surroundings(), **given},
                cwd=PROJECT,
                output=log,
            )


@dataclass
class Told:
    """What came out at the other ends, by occasion."""

    clocks: int
    expected: int = 0
    kills: int = 0
    flushed: int = 0
    lost: int = 0
    second_key: int = 0
    duplicates: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        return (
            f"{self.clocks} clocks, {self.kills} kills, {self.flushed} x FLUSHALL: {self.expected} notices, "
            f"{self.lost} lost, {self.second_key} under a second key, {self.duplicates} again under the same key"
        )


def suffer(place: Place, clocks: int, seconds: int = SECONDS, a_second: int = A_SECOND) -> Told:
    """Steps fall due all the time while parts die and Redis forgets; then look who heard of what."""
    post, ear, found = Post(), Ear(), Told(clocks)
    database = place.servers.clone("prove_clocks")
    controller = post.open()
    try:
        with ear.open() as port:
            folder = place.folder / f"clocks-{clocks}"
            made = replace(
                settings(database, place.servers.redis(REDIS), folder),
                smtp_host="127.0.0.1",
                smtp_port=controller.port,
                smtp_tls="none",
                webhook_loopback=True,
            )
            folder.mkdir(parents=True, exist_ok=True)
            first = _furnish(made, database, port, seconds, a_second)
            _run(made, found, first, seconds, place.say)
            _count(database.superuser_url, found)
            _judge(found, "mail", _mails(post))
            _judge(found, "webhook", ear.heard)
    finally:
        controller.stop()
        place.servers.drop("prove_clocks")
    return found


def _furnish(made: Settings, database: Any, port: int, seconds: int, a_second: int) -> datetime:
    """Tickets whose steps are reached one second after the other. Answers the first such second."""
    app = create_app(made)
    with app.app_context():
        with acting_as(GATE), transaction() as session:
            cast = gather(session, partial(rewind, database))
        with acting_as(job(cast.desk)), transaction() as session:
            url = f"http://127.0.0.1:{port}/"
            webhooks.add(session, "ear", url, webhooks.EVENTS, loopback=True, at=clock.now())
        _agree(cast)
        half = timedelta(minutes=TARGET) / 2
        first = (clock.now() + timedelta(seconds=20 + seconds * a_second // 20)).replace(microsecond=0)
        for second in range(seconds):
            open_at(cast, first + timedelta(seconds=second) - half * (1 + second % 2), a_second)
        db.session.remove()
        db.engine.dispose()
    return first


def _agree(cast: Cast) -> None:
    """Every step is told in the notices, by mail to the owner and to the other program."""
    for company in (cast.acme, cast.globex):
        with acting_as(job(company.id)), transaction() as session:
            calendar = promises.add_calendar(session, company.id, "always", ALWAYS, OPENED)
            told = {"tell": ["owner"], "via": ["in-app", "mail", "webhook"]}
            steps = [{"metric": "first_response", "step": step} | told for step in STEPS]
            targets = {priority: {"first_response": TARGET} for priority in ("P1", "P2", "P3", "P4")}
            terms = {"calendar": str(calendar.id), "targets": targets, "escalations": steps}
            promises.agree(session, company.id, "always", terms, OPENED)


def _run(made: Settings, found: Told, first: datetime, seconds: int, say: Callable[[str], None]) -> None:
    chance = random.Random(found.clocks)  # noqa: S311 - which part dies is no secret
    parts = Parts(made, ["clock"] * found.clocks + list(PARTS))
    parts.start()
    try:
        until = first + timedelta(seconds=seconds)
        while clock.now() < until:
            time.sleep(chance.uniform(0.3, 1.5))
            parts.kill_one(chance)
            if chance.random() < FLUSHES / seconds:
                with Redis.from_url(made.redis_url) as redis:
                    redis.flushdb()
                found.flushed += 1
            say(f"{found.clocks} clocks: {parts.kills} kills")
        _settle(made, GRACE)
    finally:
        found.kills = parts.kills
        parts.stop()


def _settle(made: Settings, grace: float) -> None:
    """Until nothing waits, or the time of grace is over."""
    until = time.monotonic() + grace
    while time.monotonic() < until:
        with psycopg.connect(roles.libpq(made.admin_database_url)) as connection:
            row = connection.execute(WAITS).fetchone()
        if row == (0,):
            return
        time.sleep(1)


def _count(superuser_url: str, found: Told) -> None:
    """How many steps people must have heard of."""
    with psycopg.connect(roles.libpq(superuser_url)) as connection:
        counted = [connection.execute(question.encode()).fetchone() for question in (TOLD, UNTOLD, UNSEEN)]
    found.expected, untold, unseen = (int(row[0]) if row else 0 for row in counted)
    if untold or unseen:
        found.wrong.append(f"{untold} steps were told to nobody, {unseen} due tickets were not looked at")


def _mails(post: Post) -> list[tuple[str, tuple[str, ...]]]:
    return [(str(key), (str(mail["Subject"]), str(mail["To"]))) for key, mail in post.taken]


def _judge(found: Told, way: str, heard: list[tuple[str, tuple[str, ...]]]) -> None:
    """An occasion may come again under its key; without one it is lost, under two it was told twice."""
    keys: dict[tuple[str, ...], set[str]] = {}
    for key, occasion in heard:
        keys.setdefault(occasion, set()).add(key)
    lost = max(0, found.expected - len(keys))
    second = sum(len(each) - 1 for each in keys.values())
    found.lost += lost
    found.second_key += second
    found.duplicates += sum(times - 1 for times in Counter(key for key, _ in heard).values())
    if lost or second:
        found.wrong.append(f"{way}: {lost} of {found.expected} lost, {second} under a second key")


def several_clocks(place: Place) -> Found:
    told = [suffer(place, clocks) for clocks in CLOCKS]
    return Found("; ".join(each.sentence for each in told), [one for each in told for one in each.wrong])


PROOFS = (Proof(9, "two and five clocks, killed", "each step told once, under one key, nothing lost", several_clocks),)


def main(clocks: int, seconds: int) -> None:
    """One of these alone at another size, for whoever works on it."""
    with TemporaryDirectory(prefix="msp-clocks-") as scratch, servers() as (standing, _):
        folder = Path(scratch)
        folder.chmod(0o711)
        told = suffer(Place(standing, folder, click.echo), clocks, seconds)
        click.echo("\n".join([told.sentence, *told.wrong]))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
