"""kill -9 at every statement of a month end: whoever comes next goes on; in the end nothing is missing or double."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import time_machine
from flask import Flask
from sqlalchemy import event, func, select

from billing import actions as billing
from billing.models import Document, DocumentSource, EntryState, NumberSeries, Run, SeriesLink, TimeEntry
from billing.queries.runs import runs_of
from billing.queries.verify import faults_of_series, faults_of_tenant, links_of
from billing.rules.periods import add_months
from msp import clock, jobs, month_end
from msp.app import create_app
from msp.tickets.models import Ticket
from tenants import actions as people
from tenants import work
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import GATE, Role, job, sweep
from tests.cast import MONDAY_9, OPENED, Cast, gather
from tests.prove.proof import Found, Place, Proof
from tests.services import Database, Servers, rewind, settings

KILLS, TENANTS = 1_000, 50
DATABASE, REDIS = "prove_runs", 43
REACH = 140
"""Statements after which a worker is killed go from one to this: more than two clients take."""
_A_MONTH = timedelta(days=32)
LATER = timedelta(seconds=40)
"""Each worker's clock stands so much later than the last one's: the lease of the dead is over."""


@dataclass
class House:
    """The desk whose months end: its clients, and the run under way."""

    app: Flask
    cast: Cast
    tenants: Sequence[int]
    at: datetime = datetime(2026, 7, 2, 1, tzinfo=UTC)
    month: date = date(2026, 6, 1)
    run_id: int = 0
    wrong: list[str] = field(default_factory=list)


def prove(servers: Servers, folder: Path, tenants: int, kills: int, say: Callable[[str], None]) -> Found:
    """Months of so many clients, issued by workers of whom so many die in the middle of a statement."""
    database = servers.clone(DATABASE)
    app = create_app(settings(database, servers.redis(REDIS), folder))
    try:
        with app.app_context():
            house = _built(app, database, tenants)
            killed, months = 0, 0
            places = count()
            while killed < kills:
                _month_begins(house)
                months += 1
                while _at_work(house):
                    pair = [_worker(house, 1 + next(places) * 7 % REACH) for _ in range(2)]
                    killed += sum(_ended(pid) == signal.SIGKILL for pid in pair)
                    house.at += LATER
                    say(f"{killed} kills, {months} months")
                _look(house)
                house.month = add_months(house.month, 1, 1)
                house.at = max(house.at, datetime(house.month.year, house.month.month, 1, tzinfo=UTC) + _A_MONTH)
            _verify(house)
            documents = months * tenants
            return Found(
                f"{killed} kills, {documents} documents of {months} months, {len(house.wrong)} lost, double or missing",
                house.wrong,
            )
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        servers.drop(DATABASE)


def _built(app: Flask, database: Database, tenants: int) -> House:
    with acting_as(GATE), transaction() as session:
        cast = gather(session, partial(rewind, database))
    with acting_as(cast.agent(cast.acme.id, Role.OWNER)), transaction() as session:
        issuer = billing.open_issuer(session, "株式会社デスク", registration_number="T7000012050002")
        billing.add_work_type(session, "remote", "リモート作業", "Remote work")
        billing.set_desk_rate(session, Decimal(9000), "JPY", date(2020, 1, 1))
        issuer_id = issuer.id
    made = []
    for number in range(tenants):
        with acting_as(GATE), transaction() as session:
            tenant_id = people.open_tenant(session, f"K{number:03}", f"顧客{number}", OPENED).tenant_id
        with acting_as(job(tenant_id)), transaction() as session:
            facts = {"issuer_id": issuer_id, "recipient": f"顧客{number}", "emails": ["a@x.example"]}
            billing.set_account(session, tenant_id, facts, MONDAY_9)
            session.add(_ticket(tenant_id, cast.staff[Role.AGENT]))
        made.append(tenant_id)
    return House(app, cast, made)


def _ticket(tenant_id: int, agent_id: int) -> Ticket:
    return Ticket(
        tenant_id=tenant_id,
        number=1,
        key=f"K-{tenant_id}",
        title="印刷できません",
        owner_id=agent_id,
        opened_at=MONDAY_9,
        changed_at=MONDAY_9,
    )


def _month_begins(house: House) -> None:
    """Each client works two times in the month; two owners press at once."""
    worked = datetime(house.month.year, house.month.month, 3, 1, tzinfo=UTC)
    drafts = []
    for tenant_id in house.tenants:
        with acting_as(job(tenant_id)), transaction() as session:
            ticket_id = session.scalars(select(Ticket.id)).one()
            for day in (0, 5):
                begun = worked + timedelta(days=day)
                said = {"work_type": "remote", "started_at": begun, "ended_at": begun + timedelta(hours=1), "text": "x"}
                billing.log_time(
                    session, tenant_id, ticket_id, house.cast.staff[Role.AGENT], said, begun + timedelta(hours=1)
                )
            draft = billing.draft_of_day(session, tenant_id, house.month, house.at)
            if draft is not None:
                drafts.append((tenant_id, draft.id, draft.calc_hash))
    _closed()
    owners = [_forked(partial(_press, house, drafts), house.at) for _ in range(2)]
    if any(_ended(pid) for pid in owners):
        house.wrong.append(f"{house.month}: a press failed")
    with acting_as(sweep(frozenset())), transaction() as session:
        found = [run.id for run in runs_of(session, house.month)]
    if len(found) != 1:
        house.wrong.append(f"{house.month}: two owners pressed at once and made {len(found)} runs")
    house.run_id = found[0]
    _closed()


def _press(house: House, drafts: Sequence[tuple[int, int, str]]) -> None:
    with acting_as(sweep(frozenset(house.tenants))), transaction() as session:
        looked = month_end.looked_at(session, drafts)
    with acting_as(job(house.cast.desk)):
        month_end.start(house.month, looked, house.cast.staff[Role.OWNER], house.cast.desk)


def _worker(house: House, statements: int) -> int:
    """A worker's process that is killed before it sends its so-manieth statement."""
    return _forked(partial(_work, house, statements), house.at)


def _work(house: House, statements: int) -> None:
    left = count(statements, -1)

    @event.listens_for(db.engine, "before_cursor_execute")
    def _die(*_: Any) -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    @event.listens_for(db.engine, "commit")
    def _die_at_commit(_: Any) -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    while month_end.at_work(house.run_id):
        month_end.ring_next(house.run_id)
        for _kind, tenant_id, work_id in _due(house):
            jobs.perform(tenant_id, work_id)


def _due(house: House) -> Sequence[tuple[str, int, int]]:
    with acting_as(sweep(frozenset(house.tenants))), transaction() as session:
        return [each for each in work.due_work(session, clock.now(), 5_000) if each[0] == "documents.issue"]


def _at_work(house: House) -> bool:
    going = month_end.at_work(house.run_id)
    _closed()
    return going


def _look(house: House) -> None:
    """Every client has one document of the month, numbers follow the clients' order, all work is billed."""
    end = add_months(house.month, 1, 1)
    with acting_as(sweep(frozenset(house.tenants))), transaction() as session:
        issued = session.execute(
            select(Document.tenant_id, Document.number).where(Document.period_start == house.month)
        ).all()
        unbilled = session.scalar(
            select(func.count())
            .select_from(TimeEntry)
            .where(TimeEntry.worked_on < end, TimeEntry.state != EntryState.BILLED)
        )
        billed = session.scalar(select(func.count()).select_from(DocumentSource).where(DocumentSource.live))
        entries = session.scalar(select(func.count()).select_from(TimeEntry))
        run = session.get_one(Run, house.run_id)
        order = [row["tenant"] for row in run.drafts]
        links = session.scalars(
            select(SeriesLink.tenant_id).where(SeriesLink.kind == "invoice").order_by(SeriesLink.place.desc())
        ).all()
        series = session.scalars(select(NumberSeries).where(NumberSeries.kind == "invoice")).one()
        if series.value != len(links):
            house.wrong.append(f"{house.month}: the series stands at {series.value} after {len(links)} documents")
    owners = [tenant_id for tenant_id, _ in issued]
    house.wrong += [f"{house.month}: client {each} has no document" for each in house.tenants if each not in owners]
    house.wrong += [f"{house.month}: client {each} has two" for each in set(owners) if owners.count(each) > 1]
    if list(reversed(links[: len(order)])) != order:
        house.wrong.append(f"{house.month}: numbers are not in the clients' order")
    if unbilled:
        house.wrong.append(f"{house.month}: {unbilled} entries are not billed")
    if billed != entries:
        house.wrong.append(f"{house.month}: {billed} live sources of {entries} entries")


def _verify(house: House) -> None:
    with acting_as(sweep(frozenset(house.tenants))), transaction() as session:
        house.wrong += faults_of_series(session)
        links = links_of(session)
    for tenant_id in house.tenants:
        with acting_as(job(tenant_id)), transaction() as session:
            house.wrong += faults_of_tenant(session, tenant_id, links, _no_file)


def _no_file(place: str) -> bytes:
    raise FileNotFoundError(place)


def _forked(what: Callable[[], None], at: datetime) -> int:
    """A process of its own for it, with connections of its own and the clock of the house. Its id."""
    _closed()
    pid = os.fork()
    if pid == 0:
        _be(what, at)
    return pid


def _be(what: Callable[[], None], at: datetime) -> NoReturn:
    code = 1
    try:
        with time_machine.travel(at, tick=True):
            what()
        code = 0
    finally:
        os._exit(code)


def _ended(pid: int) -> int:
    """The signal or the code with which a process ended."""
    _, status = os.waitpid(pid, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _closed() -> None:
    """Nothing open is handed to a child."""
    db.session.remove()
    db.engine.dispose()


def _full(place: Place) -> Found:
    return prove(place.servers, place.folder / "runs", TENANTS, KILLS, place.say)


PROOFS = (
    Proof(
        7, "SIGKILL at every statement of a month end", f"{KILLS:,} kills: 0 lost, 0 double, 0 gaps, 0 unbilled", _full
    ),
)
