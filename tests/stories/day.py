"""The day of a ticket, through the doors only, on real commits, and under a fate."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from itertools import count
from typing import Any, TypeVar

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from billing import actions as billing
from billing.models import Document, TimeEntry
from msp.commands.mail import keep
from msp.jobs import perform, sweeps
from msp.outbox.models import Mail
from msp.tickets.models import Event, Message, Ticket
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tenants.work import LEASE, Work, due_work
from tests.cast import MONDAY_9, PASSWORD, Cast, Company
from tests.msp.outbox.conftest import World
from tests.promises import agree_on_office_hours
from tests.stories.fate import Crash, Fate

T = TypeVar("T")
HELP = "help@desk.example"
NINE_30 = MONDAY_9 + timedelta(minutes=30)
JULY_2 = MONDAY_9 + timedelta(days=31)
TITLE = "複合機から印刷できません"
ASKED, ANSWERED = "朝から複合機で印刷できません。\n至急お願いします。", "IM C3000です。"
QUESTION, SOLVED = "型番を教えてください。", "設定を直しました。"


@dataclass
class Desk:
    """A desk whose time we move; what leaves it arrives in `world`."""

    app: Flask
    cast: Cast
    world: World
    fate: Fate = field(default_factory=Fate)
    mortal: bool = False
    at: datetime = NINE_30

    def survive(self, act: Callable[[], T]) -> T:
        """Do it; on a mortal desk again and again, dying at the first chance, then at the second, until it ends."""
        if not self.mortal:
            return act()
        for number in count(1):
            self.fate.at, self.fate.seen = number, 0
            try:
                return act()
            except Crash:
                self.at += LEASE + timedelta(seconds=1)
            finally:
                self.fate.at = None
        raise AssertionError("unreachable")

    def deliver(self, raw: bytes, sender: str) -> None:
        """The edge's delivery agent hands a mail over, again while it is not told that all is well."""
        self.survive(lambda: Context().run(keep, self.app, raw, "pipe", sender, [HELP]))

    def work(self) -> None:
        """Workers do what is due until nothing is."""
        for _ in range(100):
            due = self._as(self.cast.sweep(), lambda session: due_work(session, self.at))
            if not due:
                return
            for _, tenant_id, work_id in due:
                self.survive(partial(self._perform, tenant_id, work_id))
        raise AssertionError(f"Work without end: {due}")

    def wait(self, **span: float) -> None:
        """Time passes, and what fell due is done."""
        self.at += timedelta(**span)
        self.work()

    def sweep(self) -> None:
        """The clock notices what fell due, and it is told."""

        def there() -> None:
            with self.app.app_context():
                while sweeps.due_promises(self.cast.every, self.at):
                    pass

        self.survive(lambda: Context().run(there))
        self.work()

    def sign_in(self, email: str) -> FlaskClient:
        client = self.app.test_client()
        answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
        assert answer.status_code == 302, answer.text[:500]
        return client

    def press(self, client: FlaskClient, address: str, form: dict[str, Any]) -> TestResponse:
        """Send a form; whoever sees no answer sends it again."""
        return self.survive(lambda: client.post(address, data=form))

    def reads(self, company: Company, question: Callable[[Session], T]) -> T:
        """The answer to a question, asked as system of one company."""
        return self._as(job(company.id), question)

    def _perform(self, tenant_id: int, work_id: int) -> None:
        def there() -> None:
            with self.app.app_context():
                perform(tenant_id, work_id)

        Context().run(there)

    def _as(self, who: Any, question: Callable[[Session], T]) -> T:
        def there() -> T:
            with self.app.app_context(), acting_as(who):
                return question(db.session())

        return Context().run(there)


@dataclass(frozen=True)
class Outcome:
    """What a day left behind, without its instants: equal for every day on which the same things were done."""

    tickets: list[tuple[str, str, str]]
    messages: list[tuple[str, str]]
    events: list[str]
    mails: list[tuple[str, str]]
    arrived: list[tuple[str, int]]
    """Of each mail that arrived: whether it came from the desk's machine or a person, and how many Message-IDs."""
    entries: list[tuple[int, str]]
    documents: list[tuple[str, Decimal]]
    undone: int


def agree(desk: Desk) -> None:
    """Both companies have a contract, prices and an account, the same in every figure."""
    with desk.app.app_context():
        with acting_as(job(desk.cast.desk)), transaction() as session:
            issuer = billing.open_issuer(
                session,
                "株式会社デスク",
                name_en="Desk Inc.",
                address="東京都千代田区1-1",
                registration_number="T7000012050002",
            )
            billing.add_work_type(session, "remote", "リモート作業", "Remote work")
            billing.set_desk_rate(session, Decimal(9000), "JPY", date(2020, 1, 1))
            issuer_id = issuer.id
        for company in (desk.cast.acme, desk.cast.globex):
            with acting_as(job(company.id)), transaction() as session:
                agree_on_office_hours(session, company.id)
                emails = [company.emails[Role.BILLING_CONTACT]]
                account = {"issuer_id": issuer_id, "recipient": "髙﨑商店㈱", "emails": emails}
                billing.set_account(session, company.id, account, MONDAY_9)


def letter(company: Company, number: int, text: str, **headers: str) -> bytes:
    """A mail as a Japanese client's program writes it."""
    made = EmailMessage()
    sender = company.emails[Role.REQUESTER]
    made["From"], made["To"], made["Subject"] = f"髙﨑花子 <{sender}>", HELP, TITLE
    made["Message-ID"] = f"<{number}@{sender.rpartition('@')[2]}>"
    made["Date"] = format_datetime(MONDAY_9)
    for name, value in headers.items():
        del made[name.replace("_", "-")]
        made[name.replace("_", "-")] = value
    made.set_content(text, charset="iso-2022-jp")
    return made.as_bytes()


def asks(desk: Desk, company: Company) -> None:
    """A client's mail becomes a ticket, and he is told its number."""
    desk.deliver(letter(company, 1, ASKED), company.emails[Role.REQUESTER])
    desk.work()


def replies(desk: Desk, agent: FlaskClient, key: str, text: str, **more: str) -> None:
    """An agent answers from the composer. Who pressed twice is shown his own words instead of sending them twice."""
    page = agent.get(f"/tickets/{key}").text
    token = re.search(r'name="send_token" value="([^"]+)"', page)
    assert token is not None
    form = {"send_token": token[1], "kind": "reply", "body": text} | more
    answer = desk.press(agent, f"/tickets/{key}/answer", form)
    assert answer.status_code == 303 or (desk.mortal and answer.status_code == 409), answer.text[:800]
    assert text in agent.get(f"/tickets/{key}").text
    desk.wait(seconds=10)


def answers(desk: Desk, company: Company, text: str) -> None:
    """The client answers the newest mail he got."""
    own = company.emails[Role.REQUESTER]
    last = [one for one in desk.world.letters if own in str(one["To"])][-1]
    back = letter(
        company, 2, text, To=last["Reply-To"], Subject=f"Re: {last['Subject']}", In_Reply_To=last["Message-ID"]
    )
    desk.deliver(back, own)
    desk.work()


def issues(desk: Desk, *companies: Company) -> None:
    """June is over: the drafts are computed, looked at and issued with one press."""
    desk.at = JULY_2
    desk.work()
    biller = desk.sign_in(desk.cast.emails[Role.BILLER])
    for company in companies:
        computed = desk.press(biller, f"/month/{company.key}/compute", {"of": "2026-06"})
        assert computed.status_code == 303
    page = biller.get("/month/issue?of=2026-06").text
    drafts = re.findall(r'name="draft" value="([^"]+)"', page)
    issued = desk.press(biller, "/month/issue", {"of": "2026-06", "draft": drafts})
    assert issued.status_code == 303, issued.text[:800]
    desk.work()


def pdf_of(desk: Desk, company: Company) -> bytes:
    """The invoice as the client's billing contact loads it."""
    own = desk.sign_in(company.emails[Role.BILLING_CONTACT])
    found = re.findall(rf"/portal/{company.key}/invoices/\d+\.pdf", own.get(f"/portal/{company.key}/invoices").text)
    (address,) = set(found)
    return bytes(own.get(address).data)


def outcome(desk: Desk, company: Company) -> Outcome:
    """What stands with one company in the end, and what reached it."""
    ids: dict[tuple[str, str], set[str]] = {}
    for one in desk.world.letters:
        if company.emails[Role.REQUESTER] in str(one["To"]):
            ids.setdefault((one["Auto-Submitted"] or "", one.get_content()), set()).add(one["Message-ID"])

    def look(session: Session) -> Outcome:
        def all_of(*columns: Any, order: Any) -> list[Any]:
            return [tuple(row) for row in session.execute(select(*columns).order_by(order))]

        waits = select(func.count()).where(Work.done_at.is_(None), Work.available_at <= desk.at)
        return Outcome(
            tickets=all_of(Ticket.key, Ticket.title, Ticket.status, order=Ticket.id),
            messages=all_of(Message.by, Message.text, order=Message.id),
            events=[kind for (kind,) in all_of(Event.type, order=Event.id)],
            mails=[(key.partition(":")[0], state) for key, state in all_of(Mail.key, Mail.state, order=Mail.id)],
            arrived=[(kind, len(found)) for (kind, _), found in ids.items()],
            entries=all_of(TimeEntry.raw_seconds, TimeEntry.work_type, order=TimeEntry.id),
            documents=all_of(Document.number, Document.payable, order=Document.id),
            undone=session.scalar(waits) or 0,
        )

    return desk.reads(company, look)


def expected(company: Company) -> Outcome:
    """What `live` leaves behind."""
    return Outcome(
        tickets=[(f"{company.key}-1", TITLE, "resolved")],
        messages=[("client", ASKED), ("agent", QUESTION), ("client", ANSWERED), ("agent", SOLVED)],
        events=["opened", "replied", "status", "answered", "status", "replied", "status"],
        mails=[("received", "sent"), ("reply", "sent"), ("reply", "sent")],
        arrived=[("auto-replied", 1), ("", 1), ("", 1)],
        entries=[(1800, "remote")],
        documents=[("INV-000001", Decimal(4950))],
        undone=0,
    )


def live(desk: Desk, company: Company) -> None:
    """The whole day, and the end of its month."""
    asks(desk, company)
    agent = desk.sign_in(desk.cast.emails[Role.AGENT])
    assert TITLE in agent.get("/tickets").text
    key = f"{company.key}-1"
    replies(desk, agent, key, QUESTION, after="pending_client")
    desk.wait(hours=1)
    answers(desk, company, ANSWERED)
    replies(desk, agent, key, SOLVED, then="solve", minutes="30", work_type="remote")
    desk.wait(minutes=1)
    issues(desk, company)
