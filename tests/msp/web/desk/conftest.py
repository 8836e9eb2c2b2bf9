"""A Monday morning at the desk: Acme has a contract, an agent is signed in, tickets come in when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from billing.models import WorkType
from msp.tickets import actions, queries
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel, Level
from msp.web.limits import limits
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import Role, job
from tests.cast import MONDAY_9, Cast, Company
from tests.conftest import SignIn
from tests.promises import agree_on_office_hours

HOUR = timedelta(hours=1)
NOW = MONDAY_9 + HOUR


@dataclass
class Day:
    """The desk of a test: opening tickets, and reading back what the pages did."""

    session: Session
    cast: Cast

    def opens(
        self, company: Company, title: str = "複合機が動きません", at: datetime = MONDAY_9, **more: Any
    ) -> Ticket:
        """A client's mail became a ticket."""
        with acting_as(job(company.id)):
            contact = self.session.get_one(Contact, (company.id, company.contacts[Role.REQUESTER]))
            said = {"urgency": Level.MEDIUM} | more
            matter = actions.Matter(title, f"{title}。至急お願いします。", Channel.MAIL, contact, **said)
            tenant = actions.tenant_row(self.session, company.id)
            ticket = actions.open_ticket(
                self.session, tenant, matter, actions.Actor("client", contact.id, contact.name), at
            )
            self.session.commit()
            return ticket

    def writes(self, ticket: Ticket, text: str, at: datetime = NOW) -> None:
        """The client wrote again."""
        with acting_as(job(ticket.tenant_id)):
            contact = self.session.get(Contact, (ticket.tenant_id, ticket.contact_id))
            actions.take_arrival(self.session, ticket, actions.Arrival(text, Channel.MAIL, contact), at)
            self.session.commit()

    def now(self, ticket: Ticket) -> Ticket:
        """The ticket as it stands in the database."""
        with acting_as(job(ticket.tenant_id)):
            self.session.refresh(ticket)
            return ticket

    def reads(self, ticket: Ticket, question: Callable[..., Any], *more: Any) -> Any:
        """The answer to a question of the room about this ticket."""
        with acting_as(job(ticket.tenant_id)):
            return question(self.session, ticket.tenant_id, ticket.id, *more)

    def texts(self, ticket: Ticket) -> list[str]:
        """All that both sides read, oldest first."""
        return [message.text for message in self.reads(ticket, queries.messages_of)]

    def drafts(self, ticket: Ticket) -> dict[str, str]:
        """The agent's drafts by kind."""
        found = self.reads(ticket, queries.drafts_of, self.cast.staff[Role.AGENT])
        return {kind: draft.text for kind, draft in found.items()}


@pytest.fixture(autouse=True)
def monday_ten() -> Iterator[time_machine.Traveller]:
    """It is Monday, ten o'clock in Tokyo, and time stands still."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def many_may_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still here, so that each test's sign-in would count against the next one's."""
    monkeypatch.setattr(limits, "enabled", False)


@pytest.fixture
def day(session: Session, cast: Cast) -> Day:
    for company in (cast.acme, cast.globex):
        with acting_as(job(company.id)):
            agree_on_office_hours(session, company.id)
            if session.get(WorkType, "remote") is None:
                session.add(WorkType(code="remote", name_ja="リモート", name_en="Remote work"))
            session.commit()
    return Day(session, cast)


@pytest.fixture
def agent(day: Day, browser_of: SignIn) -> FlaskClient:
    """An agent who serves all clients, signed in."""
    return browser_of("agent@desk.example")


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every statement the database was asked from here on."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    engines: dict[str | None, Any] = db.engines  # type: ignore[assignment]  # the extension's own dictionary
    event.listen(engines[None], "before_cursor_execute", note)
    yield seen
    event.remove(engines[None], "before_cursor_execute", note)
