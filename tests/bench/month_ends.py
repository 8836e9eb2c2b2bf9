"""A month end at scale: drafts of all clients, their numbers, their pages, and a preview, with two workers."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import time_machine
from flask import Flask
from rich.console import Console
from sqlalchemy import select

from billing import actions as billing
from billing.documents import pdf
from billing.models import Document, DocumentDraft, EntryState, TimeEntry
from billing.queries import documents
from msp import jobs, month_end
from msp.app import create_app
from msp.fonts import FONTS
from msp.tickets.models import Ticket
from tenants import actions as people
from tenants import work
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rows import insert_many
from tenants.rules import GATE, Role, job, sweep
from tenants.work import later
from tests.bench.figures import Figure
from tests.bench.run import table_of
from tests.cast import MONDAY_9, OPENED, Cast, gather
from tests.prove.servers import servers
from tests.services import Servers, rewind, settings

TENANTS, ENTRIES = 300, 100_000
DRAFTS_BAR, PAGES_BAR, FLAT_BAR, PREVIEW_BAR = 30.0, 20.0, 1.3, 0.150
WORKERS = 2
REDIS = 44
MONTH = date(2026, 6, 1)
JULY = datetime(2026, 7, 2, 1, tzinfo=UTC)
ENTRIES_A_TICKET = 8


def measure(standing: Servers, folder: Path, tenants: int, entries: int) -> list[Figure]:
    """Seconds and rates of one month end of so many clients with so many time entries in all."""
    database = standing.clone("bench_months")
    app = create_app(settings(database, standing.redis(REDIS), folder))
    try:
        with app.app_context():
            with acting_as(GATE), transaction() as session:
                cast = gather(session, partial(rewind, database))
            clients = _clients(cast, tenants, entries // tenants)
            few = clients[: max(tenants // 10, 1)]
            alone = _timed(partial(_draft, app, few)) / len(few)
            rest = clients[len(few) :]
            whole = _timed(partial(_draft, app, rest)) + alone * len(few)
            preview = _in_a_child(partial(_preview, clients[0]), folder)
            issued = _timed(partial(_issue, cast, clients))
            pages = _timed(partial(_work, app, clients, "documents.render"))
            each = (whole - alone * len(few)) / max(len(rest), 1)
            more = f"{tenants} clients, {entries:,} entries, {WORKERS} workers"
            return [
                Figure("drafts of a month", whole, "s", DRAFTS_BAR * tenants / TENANTS, more=more),
                Figure("a client among many / few", each / alone, "x", FLAT_BAR, more=f"{each * 1000:.0f} ms each"),
                Figure("preview of a document", preview, "s", PREVIEW_BAR),
                Figure("issued in order", tenants / issued, "a second"),
                Figure("PDFs", tenants / pages, "a second", PAGES_BAR, least=True),
            ]
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        standing.drop("bench_months")


def _clients(cast: Cast, tenants: int, entries: int) -> list[int]:
    with acting_as(cast.agent(cast.acme.id, Role.OWNER)), transaction() as session:
        issuer = billing.open_issuer(session, "株式会社デスク", registration_number="T7000012050002")
        billing.add_work_type(session, "remote", "リモート作業", "Remote work")
        billing.set_desk_rate(session, Decimal(9000), "JPY", date(2020, 1, 1))
        issuer_id = issuer.id
    made = []
    for number in range(tenants):
        with acting_as(GATE), transaction() as session:
            tenant_id = people.open_tenant(session, f"B{number:03}", f"顧客{number}", OPENED).tenant_id
        with acting_as(job(tenant_id)), transaction() as session:
            facts = {"issuer_id": issuer_id, "recipient": f"顧客{number}", "emails": ["a@x.example"]}
            billing.set_account(session, tenant_id, facts, MONDAY_9)
            _work_of(session, tenant_id, cast.staff[Role.AGENT], entries)
        made.append(tenant_id)
    return made


def _work_of(session: Any, tenant_id: int, agent_id: int, entries: int) -> None:
    """So many entries of some minutes over June, some to a ticket."""
    tickets = [
        Ticket(
            tenant_id=tenant_id,
            number=number,
            key=f"B{tenant_id}-{number}",
            title="複合機から印刷できません",
            owner_id=agent_id,
            opened_at=MONDAY_9,
            changed_at=MONDAY_9,
        )
        for number in range(1, entries // ENTRIES_A_TICKET + 2)
    ]
    session.add_all(tickets)
    session.flush()
    rows = []
    for number in range(entries):
        begun = MONDAY_9 + timedelta(days=number % 28, minutes=11 * (number % 40))
        seconds = 60 * (7 + number % 50)
        rows.append(
            {
                "tenant_id": tenant_id,
                "ticket_id": tickets[number // ENTRIES_A_TICKET].id,
                "agent_id": agent_id,
                "agent_name": "相沢愛子",
                "work_type": "remote",
                "mode": "remote",
                "worked_on": begun.date(),
                "started_at": begun,
                "ended_at": begun + timedelta(seconds=seconds),
                "raw_seconds": seconds,
                "billable_seconds": seconds,
                "text": "設定を確認しました",
                "state": EntryState.APPROVED,
                "recorded_at": begun,
                "version": 1,
            }
        )
    if rows:
        insert_many(session, TimeEntry, rows)


def _draft(app: Flask, clients: Sequence[int]) -> None:
    """Each client's draft is left as work and done by the workers."""
    for tenant_id in clients:
        with acting_as(job(tenant_id)), transaction() as session:
            later(session, "documents.draft", tenant_id, MONTH.toordinal(), at=JULY, key=f"bench:{tenant_id}")
    _work(app, clients, "documents.draft")


def _work(_app: Flask, clients: Sequence[int], kind: str) -> None:
    """Two processes share the clients, as two workers of a queue do."""
    shares = [clients[number::WORKERS] for number in range(WORKERS)]
    pids = [_forked(partial(_share, share, kind)) for share in shares if share]
    assert all(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0 for pid in pids)


def _share(clients: Sequence[int], kind: str) -> None:
    with acting_as(sweep(frozenset(clients))), transaction() as session:
        due = [each for each in work.due_work(session, JULY + timedelta(days=1), 1_000_000) if each[0] == kind]
    for _kind, tenant_id, work_id in due:
        jobs.perform(tenant_id, work_id)


def _preview(tenant_id: int) -> float:
    """The best of some, as on a machine at rest: the snapshot of a draft and its first pages as SVG."""
    with acting_as(job(tenant_id)), transaction() as session:
        draft_id = session.scalars(select(DocumentDraft.id).where(DocumentDraft.tenant_id == tenant_id)).one()

        def once() -> None:
            told = documents.preview_of(session, tenant_id, draft_id, JULY)
            assert told is not None
            assert pdf.svg(told, FONTS)

        return min(_timed(once) for _ in range(4))


def _in_a_child(what: Callable[[], float], folder: Path) -> float:
    """A figure taken in a process of its own: the page setter's threads must not stand in one that is forked later."""
    told = folder / "figure"
    folder.mkdir(parents=True, exist_ok=True)
    pid = _forked(lambda: _write(told, what()))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return float(told.read_text())


def _write(told: Path, figure: float) -> None:
    told.write_text(repr(figure))


def _issue(cast: Cast, clients: Sequence[int]) -> None:
    with acting_as(sweep(frozenset(clients))), transaction() as session:
        drafts = session.execute(
            select(DocumentDraft.tenant_id, DocumentDraft.id, DocumentDraft.calc_hash).where(
                DocumentDraft.period_start == MONTH
            )
        ).all()
        looked = month_end.looked_at(session, [(one[0], one[1], one[2]) for one in drafts])
    with time_machine.travel(JULY, tick=True):
        with acting_as(job(cast.desk)):
            (run_id,) = month_end.start(MONTH, looked, None, cast.desk)
        while month_end.issue_next(run_id, job) is not None:
            pass
    with acting_as(sweep(frozenset(clients))), transaction() as session:
        issued = session.scalars(select(Document.snapshot)).all()
        assert len(issued) == len(clients)
        assert all(json.loads(one)["annex"] for one in issued[:3])


def _forked(what: Callable[[], None]) -> int:
    db.session.remove()
    db.engine.dispose()
    gc.freeze()
    pid = os.fork()
    if pid == 0:
        code = 1
        with suppress(BaseException), time_machine.travel(JULY + timedelta(hours=1), tick=True):
            what()
            code = 0
        os._exit(code)
    return pid


def _timed(what: Callable[[], None]) -> float:
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


def main(tenants: int = TENANTS, entries: int = ENTRIES) -> None:
    """As `python -m tests.bench.month_ends [clients] [entries]`."""
    with servers() as (standing, folder):
        Console().print(table_of(measure(standing, folder / "files", tenants, entries), "A month end"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
