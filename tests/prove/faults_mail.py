"""Thousands of malformed mails through the whole intake: each is kept, read and placed, and none takes long."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import Flask
from sqlalchemy import select

from msp import clock
from msp.commands.mail import keep
from msp.intake.models import RawMail, State
from msp.jobs import perform
from tenants.db import db
from tenants.isolation import acting_as
from tenants.rules import job, sweep
from tenants.work import Work, due_work
from tests.cast import Cast

P99, LONGEST = 0.25, 5.0
HELP = "help@desk.example"


@dataclass
class Intake:
    """Seconds each mail took to be kept and read, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)

    @property
    def p99(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)]

    @property
    def sentence(self) -> str:
        ends = ", ".join(f"{state} {number}" for state, number in sorted(self.states.items()))
        times = f"p99 {self.p99 * 1000:.0f} ms, longest {max(self.seconds):.2f} s"
        return f"{len(self.seconds):,} mails, {len(self.wrong)} lost or failed; {times}; {ends}"

    @property
    def in_time(self) -> bool:
        return self.p99 <= P99 and max(self.seconds) <= LONGEST


def take_in(app: Flask, cast: Cast, mails: Iterable[bytes]) -> Intake:
    """Deliver each mail, read it, and do whatever that entails. Mails of the same bytes are one."""
    found, contents = Intake(), set()
    for content in mails:
        contents.add(content)
        begun = time.perf_counter()
        try:
            keep(app, content, "pipe", None, [HELP])
            _work(app, cast, "mail.read")
            found.seconds.append(time.perf_counter() - begun)
            _work(app, cast, "mail.")
        except Exception as error:
            found.wrong.append(f"{type(error).__name__}: {error}")
    _look(app, cast, len(contents), found)
    return found


def _work(app: Flask, cast: Cast, kinds: str) -> None:
    """Do what is due of these kinds until nothing is."""
    while True:
        with app.app_context(), acting_as(sweep(cast.every)):
            due = [row for row in due_work(db.session(), clock.now()) if row[0].startswith(kinds)]
        if not due:
            return
        for _, tenant_id, work_id in due:
            with app.app_context():
                perform(tenant_id, work_id)


def _look(app: Flask, cast: Cast, expected: int, found: Intake) -> None:
    with app.app_context():
        for tenant_id in sorted(cast.every):
            with acting_as(job(tenant_id)):
                session = db.session()
                failed = session.execute(select(Work.kind, Work.last_error).where(Work.last_error.is_not(None)))
                found.wrong += [f"{kind}: {error}" for kind, error in failed]
                states = list(session.scalars(select(RawMail.state)))
            if tenant_id == cast.desk:
                found.states = {state: states.count(state) for state in set(states)}
                if len(states) != expected:
                    found.wrong.append(f"{expected} mails came and {len(states)} were kept")
            found.wrong += [f"a mail of tenant {tenant_id} was never read"] * states.count(State.KEPT)
