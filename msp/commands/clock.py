"""msp clock: due promises and follow-ups, the relay of work, the timetable; any number of copies."""

from __future__ import annotations

import time
from datetime import timedelta

import click
import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from msp import clock, timetable
from msp.app import create_app
from msp.embedded import standing
from msp.jobs import sweeps
from tenants.db import db

TURN = 1.0
AUDIT_EVERY, TIMETABLE_EVERY, FIGURES_EVERY = 10, 20, 15

log = structlog.get_logger()


@click.command()
@click.option("--turns", type=int, default=0, help="End after so many turns; 0 for never.")
def command(turns: int) -> None:
    """Look each second for what has fallen due."""
    with standing() as settings, create_app(settings).app_context():
        keeper = Keeper()
        done = 0
        while not turns or done < turns:
            begun = time.monotonic()
            try:
                keeper.turn(done)
            except (OperationalError, InterfaceError) as error:
                db.session.rollback()
                log.warning("database_gone", error=str(error)[:200])
            db.session.remove()
            done += 1
            time.sleep(max(0.0, TURN - (time.monotonic() - begun)))


class Keeper:
    """One turn after the other; the first one looks at everything, later ones at what is new."""

    def __init__(self) -> None:
        self.relay = sweeps.Relay()
        self.linked_since: timedelta | None = None

    def turn(self, number: int) -> None:
        at = clock.now()
        tenants = sweeps.all_tenants()
        while sweeps.due_promises(tenants, at):
            pass
        while sweeps.due_follow_ups(tenants, at):
            pass
        self.relay.ring(tenants, at)
        if number % TIMETABLE_EVERY == 0:
            timetable.tick(tenants, at)
        if number % AUDIT_EVERY == 0:
            sweeps.unlinked_audit(tenants, at, at - self.linked_since if self.linked_since else None)
            self.linked_since = timedelta(hours=1)
        if number % FIGURES_EVERY == 0:
            sweeps.measure(tenants, at)
