"""A client's months on real commits: agree, work, press the month end twice, and look at what was issued."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextvars import Context
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import Document, DocumentDraft, DocumentLine, DraftLine, Rendering, Run, SeriesLink
from billing.queries.documents import lines_of
from billing.queries.time import unbilled
from msp.commands.verify import walk
from msp.files import files
from msp.tickets.models import Ticket
from sla import actions as promises
from sla.models import Contract
from sla.queries import versions_of
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import Role
from tests.cast import Company
from tests.stories.day import Desk

T = TypeVar("T")
Said = tuple[str, str, str, Mapping[str, Any], Mapping[str, Any]]
"""An item as it is agreed: key, kind, name, terms, options."""
ZERO = Decimal(0)
TOKYO = ZoneInfo("Asia/Tokyo")


@dataclass
class Months:
    """One client at a desk, his months from June 2026 on, and the documents issued so far, by number."""

    desk: Desk
    company: Company
    zone: ZoneInfo = TOKYO
    left: dict[str, Fraction | int] = field(default_factory=dict)
    """What the last month carried out, by item."""
    flags: set[str] = field(default_factory=set)
    """What the last month's draft was flagged with."""

    def at(self, month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
        return datetime(2026, month, day, hour, minute, tzinfo=self.zone).astimezone(UTC)

    def does(self, act: Callable[[Session], T], at: datetime) -> T:
        """A biller's act at an instant, committed; the work it left is done."""

        def there() -> T:
            who = self.desk.cast.agent(self.company.id, Role.BILLER)
            with self.desk.app.app_context(), acting_as(who), transaction() as session:
                return act(session)

        self.desk.at = at
        done = Context().run(there)
        self.desk.work()
        return done

    def reads(self, question: Callable[[Session], T]) -> T:
        return self.desk.reads(self.company, question)

    def agrees(self, at: datetime, hours: Mapping[str, Any], time: Mapping[str, Any], *items: Said) -> None:
        """The contract says this from an instant on."""
        tenant_id = self.company.id

        def act(session: Session) -> None:
            contract = session.scalars(select(Contract).where(Contract.tenant_id == tenant_id)).one()
            terms = versions_of(session, tenant_id, contract.id)[-1].terms
            calendar = promises.add_calendar(session, tenant_id, f"{at:%m-%d}", hours, at)
            version = promises.add_version(session, contract, terms | {"calendar": str(calendar.id)}, at)
            billing.count_time(session, tenant_id, version.id, time, at)
            for place, (key, kind, name, said, options) in enumerate(items):
                billing.add_item(session, tenant_id, version.id, key, kind, name, said, at, options, place)

        self.does(act, min(at, self.desk.at))

    def works(self, begin: datetime, minutes: int, work_type: str = "remote", recorded: datetime | None = None) -> None:
        """An agent's work on a ticket of its own; `recorded` later than it was done where told."""
        end = begin + timedelta(minutes=minutes)
        at, agent = recorded or end, self.desk.cast.staff[Role.AGENT]
        said = {"work_type": work_type, "started_at": begin, "ended_at": end, "text": "髙﨑様の複合機を確認"}

        def act(session: Session) -> None:
            number = len(session.scalars(select(Ticket.id)).all()) + 1
            key = f"{self.company.key}-{number}"
            ticket = Ticket(
                tenant_id=self.company.id, number=number, key=key, title="複合機から印刷できません（𠮷田様）",
                owner_id=agent, opened_at=begin, changed_at=begin,
            )  # fmt: skip
            session.add(ticket)
            session.flush()
            billing.log_time(session, self.company.id, ticket.id, agent, said, at)

        self.does(act, at)

    def month_end(self, month: int) -> Document:
        """On the second of the next month it is computed, looked at and issued with two presses of the same button."""
        self.desk.at = self.at(month + 1, 2, 12)
        self.desk.work()
        key, of = self.company.key, f"2026-{month:02}"
        biller = self.desk.sign_in(self.desk.cast.emails[Role.BILLER])
        assert self.desk.press(biller, f"/month/{key}/compute", {"of": of}).status_code == 303
        self.flags = {flag["fault"] for flags in self.reads(_flags) for flag in flags}
        before = self.documents()
        page = biller.get(f"/month/issue?of={of}&only={key}").text
        seen = re.findall(r'name="draft" value="([^"]+)"', page)
        assert len(seen) == 1, re.findall(r'class="tag[^>]*>([^<]+)', page)
        for _ in range(2):
            pressed = self.desk.press(biller, "/month/issue", {"of": of, "draft": seen})
            assert pressed.status_code in (303, 409), pressed.text[:800]
        self.desk.work()
        (made,) = [each for each in self.documents() if each.id not in {one.id for one in before}]
        assert self.reads(lambda session: session.scalars(select(Run.state)).all()).count("working") == 0
        self.adds_up(made)
        self.balances(made)
        return made

    def sells(self, month: int, day: int) -> Document:
        """The draft of a sale is issued from its page."""
        self.desk.at = self.at(month, day, 12)
        biller = self.desk.sign_in(self.desk.cast.emails[Role.BILLER])
        page = biller.get(f"/month?of=2026-{month:02}").text
        (address,) = set(re.findall(rf"/month/{self.company.key}/drafts/\d+", page))
        seen = re.search(r'name="seen" value="([^"]+)"', biller.get(address).text)
        assert seen is not None
        assert self.desk.press(biller, f"{address}/issue", {"seen": seen[1]}).status_code == 303
        self.desk.work()
        made = max(self.documents(), key=lambda each: each.id)
        self.adds_up(made)
        return made

    def credits(self, of: Document, wanted: Mapping[str, Decimal], at: datetime, *release: str) -> Document:
        """A credit note on lines named by their keys."""

        def act(session: Session) -> int:
            return billing.credit_invoice(
                session, self.company.id, of.id, "誤請求のため", self.desk.cast.staff[Role.BILLER], at,
                wanted=wanted, release=release,
            ).id  # fmt: skip

        note_id = self.does(act, at)
        (made,) = [each for each in self.documents() if each.id == note_id]
        self.adds_up(made)
        return made

    def documents(self) -> list[Document]:
        return self.reads(lambda session: list(session.scalars(select(Document).order_by(Document.id))))

    def lines(self, of: Document) -> list[DocumentLine]:
        return self.reads(lambda session: list(lines_of(session, self.company.id, of.id)))

    def figures(self, of: Document) -> list[tuple[str, str, str]]:
        """Item or work type, role and amount of each line."""
        told = json.loads(of.snapshot)["lines"]
        rows = zip(self.lines(of), told, strict=True)
        return [(row.item or "", row.role, line["amount"]) for row, line in rows]

    def file(self, of: Document, form: str) -> bytes:
        """What the renderer kept."""
        made = self.reads(lambda session: _place(session, of.id, form))

        def there() -> bytes:
            with self.desk.app.app_context():
                return files().read(made)

        return Context().run(there)

    def adds_up(self, document: Document) -> None:
        """Lines less allowances + tax = total; the groups make the tax."""
        told = json.loads(document.snapshot)
        lines = sum((Decimal(line["amount"]) for line in told["lines"]), ZERO)
        less = sum((Decimal(each["amount"]) for each in told.get("allowances", ())), ZERO)
        assert lines - less == document.net == sum((Decimal(each["base"]) for each in told["taxes"]), ZERO)
        assert document.tax == sum((Decimal(each["amount"]) for each in told["taxes"]), ZERO)
        assert document.net + document.tax == document.gross == document.payable

    def balances(self, document: Document) -> None:
        """Carried in + granted + purchased = drawn + expired + carried out, which the next month carries in."""
        for line in self.lines(document):
            if line.role == "used" and line.explain["how"] == "ledger":
                told = {name: Fraction(value) for name, value in line.explain["figures"].items()}
                come = told["carried in"] + told["granted"] + told["purchased"]
                assert come == told["drawn"] + told["expired"] + told["left"]
                assert told["carried in"] == self.left.get(line.item or "", 0)
                self.left[line.item or ""] = told["left"]

    def is_over(self, until: date) -> None:
        """Nothing is left unbilled or half done, numbers follow the order of issue, and the chain stands."""
        self.desk.work()
        assert self.reads(lambda session: unbilled(session, self.company.id, until)) == []
        drafted = self.reads(lambda session: session.scalars(select(DraftLine).where(DraftLine.since < until)).all())
        assert drafted == []
        links = self.reads(lambda session: session.scalars(select(SeriesLink).order_by(SeriesLink.place)).all())
        issued = sorted(self.documents(), key=lambda each: (each.issued_at, each.id))
        for kind in {each.kind for each in issued}:
            numbers = [each.number for each in issued if each.kind == kind]
            assert numbers == sorted(numbers) == [link.number for link in links if link.kind == kind]

        def there() -> tuple[list[str], int]:
            with self.desk.app.app_context():
                return walk()

        assert Context().run(there) == ([], len(issued))


def sums(of: Document) -> tuple[str, str, str]:
    """Net, tax and gross as they are printed."""
    told = json.loads(of.snapshot)
    return told["net"], told["tax"], told["gross"]


def _flags(session: Session) -> list[list[dict[str, str]]]:
    return list(session.scalars(select(DocumentDraft.flags)))


def _place(session: Session, document_id: int, form: str) -> str:
    return session.scalars(
        select(Rendering.place).where(Rendering.document_id == document_id, Rendering.format == form)
    ).one()
