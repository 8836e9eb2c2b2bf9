"""The believable desk: the same each time, lawful to the last row, and silent towards the outside."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.models import Allocation, Dispatch, Document, DocumentDraft, Issuer
from billing.queries.documents import broken_links
from billing.queries.dunning import LEVELS
from billing.queries.receivables import owed
from billing.rules.due import DueRule, due_date
from msp.app import create_app
from msp.commands import seed as command
from msp.intake.models import RawMail, State
from msp.outbox.models import Mail
from msp.outbox.office import Office
from msp.seed import bulk, desk
from msp.seed.cast import CLIENTS, Client
from msp.seed.enclosures import enclosure
from msp.seed.month_ends import LATE
from msp.seed.months import months_of
from msp.seed.plan import Tale, history, sizes
from msp.seed.stories import categories, stories
from msp.seed.terms import CATEGORIES, DESK_RATES, WORK_TYPES
from msp.settings import Settings
from msp.tickets import actions
from msp.tickets.actions.story import settle
from msp.tickets.models import Ticket
from msp.tickets.rules import UNDONE
from sla.models import Escalation
from tenants import actions as people
from tenants.audit import AccessLog
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import TenantKey
from tenants.rules import DESK_KEY, GATE, job
from tenants.work import Work
from tests.services import Servers, TestRun, settings

AT = datetime(2026, 6, 17, 2, 30, tzinfo=UTC)
"""A Wednesday, half past eleven in Tokyo."""
SHARE = 30
FEW = tuple(client for client in CLIENTS if client.key in {"AOZORA", "UMINO", "SPREE"})


class Interrupted(Exception):
    """Somebody pressed Ctrl-C."""


def interrupt(done: int, _of: int) -> None:
    if done:
        raise Interrupted


def silent(_done: int, _of: int) -> None:
    return


@dataclass(frozen=True)
class Filled:
    """A desk of three clients, whose filling was interrupted once."""

    app: Flask
    settings: Settings
    ids: dict[str, int]

    @contextmanager
    def of(self, key: str) -> Iterator[Session]:
        with self.app.app_context(), acting_as(job(self.ids[key])):
            yield db.session()

    def count(self, key: str, model: type[Any], *where: Any) -> int:
        with self.of(key) as session:
            return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


@pytest.fixture(scope="module")
def filled(run: TestRun, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    name = f"seed_{run.number}"
    given = settings(servers.clone(name), servers.redis(run.number), tmp_path_factory.mktemp("seed"))
    app = create_app(given)
    with app.app_context():
        with suppress(Interrupted):
            desk.fill(AT, Office.of(given), interrupt, SHARE, FEW)
        assert desk.fill(AT + timedelta(hours=1), Office.of(given), silent, SHARE, FEW)
        with acting_as(GATE):
            ids = dict(db.session.execute(select(TenantKey.key, TenantKey.id)).all())
            db.session.rollback()
    yield Filled(app, given, ids)
    with app.app_context():
        db.engine.dispose()
    servers.drop(name)


def test_every_document_has_left_and_what_fell_due_was_paid(filled: Filled) -> None:
    for client in FEW:
        with filled.of(client.key) as session:
            assert set(session.scalars(select(Dispatch.state))) == {"written"}
            every = session.scalars(select(Document.id)).all()
            found = owed(session, filled.ids[client.key], also=every)
            standings = {one.standing(AT.date()) for one in found}
            assert "paid" in standings
            assert standings <= {"paid", "open"}
            kept_back = set(session.scalars(select(Allocation.fee)))
            assert kept_back == ({Decimal(660)} if client.key == "AOZORA" else {Decimal(0)})


def test_who_pays_late_is_overdue_and_may_be_reminded() -> None:
    """A document is due a month after its own; whoever waits longer than that has one that is to be reminded of."""
    late = next(client for client in CLIENTS if LATE.get(client.key, timedelta()) > timedelta(days=60))
    oldest = months_of(late, AT).first
    due = due_date(oldest.last_day, DueRule())
    assert due + timedelta(days=LEVELS[0]["days"]) < AT.date() < due + LATE[late.key]


def told(client: Client, tickets: int = 60, at: datetime = AT) -> Sequence[Tale]:
    return history(client, tickets, at)


def test_forty_stories_can_be_told_and_charged() -> None:
    every = [story for language in ("ja", "en") for story in stories(language)]
    assert len(every) >= 40
    assert categories() <= {code for code, _, _ in CATEGORIES}
    types = {story.work_type for story in every} | {beat.work_type for story in every for beat in story.beats} - {""}
    assert types <= {code for code, *_ in WORK_TYPES}
    assert all(story.beats[0].act == "client" and story.beats[-1].act == "resolve" for story in every)
    assert {currency for currency, _, _ in DESK_RATES} == {client.currency for client in CLIENTS}


def test_the_whole_desk_has_twelve_clients_forty_people_and_600_tickets() -> None:
    assert (len(CLIENTS), sum(len(client.people) for client in CLIENTS)) == (12, 40)
    assert sum(sizes(desk.TICKETS).values()) == 600


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.key)
def test_a_history_is_the_same_each_time_and_lies_in_the_past(client: Client) -> None:
    tales = told(client)
    assert tales == told(client)
    assert tales != history(client, 60, AT, seed=2)
    opened = [tale.opened for tale in tales]
    assert opened == sorted(opened)
    assert months_of(client, AT).first.begin <= opened[0].date() + timedelta(days=1)
    for tale in tales:
        instants = [tale.opened, *(act.at for act in tale.acts), AT]
        assert instants == sorted(instants)
        assert "{" not in "".join((tale.title, tale.text, tale.left_to_say, *(act.text for act in tale.acts)))


@pytest.mark.parametrize("day", range(1, 32, 3))
def test_three_months_are_billed_whatever_the_day(day: int) -> None:
    for client in FEW:
        months = months_of(client, datetime(2026, 7, day, 12, tzinfo=UTC))
        assert len(months.issued) == 3
        ends = [period.end for period in (*months.issued, *months.open)]
        begins = [period.begin for period in (*months.issued, *months.open)]
        assert begins[1:] == ends[:-1]


def test_equal_words_give_equal_files() -> None:
    assert enclosure("a.png", "印刷", "ja") == enclosure("a.png", "印刷", "ja")
    assert enclosure("a.png", "印刷", "ja")[1].startswith(b"\x89PNG")
    assert enclosure("a.txt", "Printing", "en")[1].startswith(b"Printing")


def test_what_stands_is_what_was_planned_though_it_was_interrupted(filled: Filled) -> None:
    shares = sizes(SHARE, FEW)
    for client in FEW:
        tales = told(client, shares[client.key])
        undone = sum(not tale.is_over for tale in tales)
        assert filled.count(client.key, Ticket) == len(tales)
        assert filled.count(client.key, Ticket, Ticket.status.in_(UNDONE)) == undone
    assert sum(shares.values()) == SHARE


def test_nothing_of_the_past_is_left_to_be_done_but_pages(filled: Filled) -> None:
    for key in filled.ids:
        with filled.of(key) as session:
            left = session.scalars(select(Work).where(Work.done_at.is_(None), Work.available_at <= AT)).all()
            assert {row.kind for row in left} <= {"documents.render"}
            waiting = session.scalars(select(Work.kind).where(Work.done_at.is_(None))).all()
            assert not [kind for kind in waiting if kind.startswith(("mail.", "escalations."))]
        assert filled.count(key, Mail) == 0


def test_no_clock_differs_from_its_events(filled: Filled) -> None:
    for client in FEW:
        with filled.of(client.key) as session:
            assert actions.drifted(session, filled.ids[client.key], AT) == []


def test_some_promises_are_over_and_some_fall_due_within_the_hour(filled: Filled) -> None:
    hour = timedelta(hours=1)
    open_now = Ticket.status.in_(UNDONE)
    assert filled.count("AOZORA", Ticket, open_now, Ticket.due_at < AT) >= 1
    assert filled.count("AOZORA", Ticket, open_now, Ticket.due_at > AT, Ticket.due_at < AT + hour) >= 1
    assert filled.count("AOZORA", Ticket, Ticket.breached) < filled.count("AOZORA", Ticket)


def test_three_invoices_each_hang_on_a_sound_chain_and_a_draft_grows(filled: Filled) -> None:
    for client in FEW:
        with filled.of(client.key) as session:
            documents = session.scalars(select(Document).order_by(Document.issued_on)).all()
            assert [row.period_start for row in documents] == [one.begin for one in months_of(client, AT).issued]
            assert all(row.sha256 == hashlib.sha256(row.snapshot.encode()).hexdigest() for row in documents)
            assert {row.currency for row in documents} == {client.currency}
            assert session.scalars(select(DocumentDraft.id)).all()
    with filled.of(DESK_KEY) as session:
        assert broken_links(session, session.scalars(select(Issuer.id)).one(), "invoice") == []


def test_the_client_can_read_who_looked(filled: Filled) -> None:
    assert filled.count("AOZORA", AccessLog) >= 1
    assert filled.count("AOZORA", AccessLog, AccessLog.at > AT) == 0


def test_mails_nobody_could_place_wait_in_triage(filled: Filled) -> None:
    assert filled.count(DESK_KEY, RawMail, RawMail.state == State.TRIAGE) == 3


def test_whoever_is_named_may_sign_in(filled: Filled) -> None:
    with filled.app.app_context(), acting_as(GATE), transaction() as session:
        for _, address, password in desk.sign_ins():
            assert people.sign_in(session, address, password, AT) is not None


def test_the_command_says_that_a_desk_is_there_already(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def standing() -> Iterator[Settings]:
        yield filled.settings

    monkeypatch.setattr(command, "standing", standing)
    before = Counter({key: filled.count(key, Ticket) for key in filled.ids})
    said = CliRunner().invoke(command.command, [])
    assert (said.exit_code, "already" in said.output) == (0, True)
    assert desk.PASSWORD in said.output
    assert Counter({key: filled.count(key, Ticket) for key in filled.ids}) == before


def test_the_big_desk_keeps_the_laws_as_well(own_app: Flask) -> None:
    heard: list[int] = []
    told = 0
    with own_app.app_context():
        bulk.fill(30, 2, AT, heard.append)
        bulk.fill(5, 1, AT, heard.append)
        with acting_as(GATE):
            ids = dict(db.session.execute(select(TenantKey.key, TenantKey.id)).all())
            db.session.rollback()
        for key in ("B001", "B002", "B003"):
            with acting_as(job(ids[key])):
                session = db.session()
                assert actions.drifted(session, ids[key], AT) == []
                told += len(session.scalars(select(Escalation)).all())
                for ticket in session.scalars(select(Ticket)).all():
                    settle(session, ticket, AT)
                session.flush()
                assert session.scalars(select(Escalation).where(Escalation.told_at.is_(None))).all() == []
                session.rollback()
    assert heard == [20, 30, 5]
    assert told > 0
