"""msp clock: due promises and follow-ups, the relay of work, the timetable; any number of copies."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import click
import psycopg
import structlog
from prometheus_client import Histogram
from sqlalchemy.exc import InterfaceError, OperationalError

from msp import clock, timetable
from msp.core import create_core
from msp.embedded import standing
from msp.jobs import sweeps
from msp.serve import roles
from tenants.db import db, let_go
from tenants.work import CLOCKS, SOON

AUDIT_EVERY, TIMETABLE_EVERY, ALIVE_EVERY = 10.0, 20.0, 10.0
SHORTEST = 0.01
TURN = Histogram(
    "msp_clock_turn_seconds", "One turn of a clock process", buckets=(0.002, 0.005, 0.01, 0.05, 0.2, 1, 5, 30)
)

log = structlog.get_logger()


@click.command()
@click.option("--turns", type=int, default=0, help="End after so many turns; 0 for never.")
def command(turns: int) -> None:
    """Sleep until something falls due, a second at most, and see to it. Start as many as you like."""
    with standing() as settings, create_core(settings).app_context(), Ear.of(settings.database_url) as ear:
        keeper = Keeper()
        while not turns or keeper.turns < turns:
            try:
                rest = keeper.turn()
            except (OperationalError, InterfaceError) as error:
                db.session.rollback()
                log.warning("database_gone", error=str(error)[:200])
                rest = SOON.total_seconds()
            let_go()
            ear.wait(rest)


class Ear:
    """Listens on a connection of its own for what falls due sooner than the next look; deaf, it merely sleeps."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection: psycopg.Connection[tuple[object, ...]] | None = None

    @classmethod
    @contextmanager
    def of(cls, url: str) -> Iterator[Ear]:
        ear = cls(url)
        try:
            yield ear
        finally:
            ear.close()

    def wait(self, seconds: float) -> bool:
        """Until the time is over or somebody calls. Returns whether somebody did."""
        begun = time.monotonic()
        try:
            if self.connection is None:
                self.connection = psycopg.connect(roles.libpq(self.url), autocommit=True, connect_timeout=2)
                self.connection.execute(f"LISTEN {CLOCKS}")
            return any(True for _ in self.connection.notifies(timeout=seconds, stop_after=1))
        except psycopg.Error as error:
            log.warning("clock_deaf", error=str(error)[:200])
            self.close()
            time.sleep(max(0.0, seconds - (time.monotonic() - begun)))
            return False

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Keeper:
    """One turn after the other; the first one looks at everything, later ones at what is new."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        self.relay = sweeps.Relay()
        self.linked_since: timedelta | None = None
        self.turns = self.folded = 0
        self.next: dict[str, float] = {}

    def turn(self) -> float:
        """See to what is due. Returns how long nothing else is, in seconds."""
        with TURN.time():
            at = clock.now()
            due = sweeps.look(at)
            self.turns += 1
            self.folded += sweeps.fold(due.promises, at)
            if due.follow_ups:
                sweeps.bring_back(due.follow_ups, at)
            self.relay.ring_for(due.work)
            self._now_and_then(due.tenants)
        if len(due.promises) >= sweeps.MOST_AT_ONCE:
            return 0.0
        soon = clock.now() + SOON if due.next_at is None else min(due.next_at, clock.now() + SOON)
        return max(SHORTEST, (soon - clock.now()).total_seconds())

    def _now_and_then(self, tenants: frozenset[int]) -> None:
        at = clock.now()
        if self._is_time("timetable", TIMETABLE_EVERY):
            timetable.tick(tenants, at)
        if self._is_time("audit", AUDIT_EVERY):
            sweeps.unlinked_audit(tenants, at, at - self.linked_since if self.linked_since else None)
            self.linked_since = timedelta(hours=1)
        if self._is_time("alive", ALIVE_EVERY):
            sweeps.say_alive(tenants, self.name, self.turns, self.folded, at)

    def _is_time(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self.next.get(what, 0.0):
            return False
        self.next[what] = now + every
        return True
