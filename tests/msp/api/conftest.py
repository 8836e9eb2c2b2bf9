"""A Monday at the desk as programs see it: tokens for whoever a test names, tickets when it says so."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from billing.models import WorkType
from msp.tickets import actions
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel
from tenants.actions.tokens import make_token
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import GATE, Role, job
from tenants.tokens import SCOPES
from tests.cast import MONDAY_9, Cast, Company
from tests.promises import agree_on_office_hours

NOW = MONDAY_9 + timedelta(hours=1)
SECRET = "internwort"


@dataclass
class Program:
    """Somebody's program with its token; `get` and `post` answer as the door did."""

    client: FlaskClient
    token: str

    def ask(self, method: str, path: str, **given: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} | given.pop("headers", {})
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **given)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.ask("GET", path, query_string=query)

    def post(self, path: str, body: Any, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", path, json=body, headers=named)


@dataclass
class Day:
    """The desk of a test."""

    app: Flask
    session: Session
    cast: Cast

    def program(
        self,
        login_id: int,
        scopes: Collection[str] = tuple(SCOPES),
        bound_to: int | None = None,
        lasts: timedelta = timedelta(days=30),
    ) -> Program:
        """A program of somebody's, by his login."""
        with acting_as(GATE):
            _token, secret = make_token(db.session(), login_id, "Kassensystem", scopes, bound_to, lasts, NOW)
            db.session.commit()
        return Program(self.app.test_client(), secret)

    def agent(self, **more: Any) -> Program:
        return self.program(self.cast.staff[Role.AGENT], **more)

    def admin(self, company: Company, **more: Any) -> Program:
        return self.program(company.logins[Role.CLIENT_ADMIN], bound_to=company.id, **more)

    def opens(self, company: Company, title: str = "複合機が動きません", at: datetime = MONDAY_9) -> Ticket:
        """A client's mail became a ticket; the desk wrote a note on it."""
        session = db.session()
        with acting_as(job(company.id)):
            contact = session.get_one(Contact, (company.id, company.contacts[Role.REQUESTER]))
            matter = actions.Matter(title, "至急お願いします。", Channel.MAIL, contact)
            tenant = actions.tenant_row(session, company.id)
            ticket = actions.open_ticket(session, tenant, matter, actions.Actor("client", contact.id, "花子"), at)
            agent = actions.Actor("agent", self.cast.staff[Role.AGENT], "相沢")
            actions.note(session, ticket, agent, SECRET, at)
            session.commit()
            return ticket


@pytest.fixture(autouse=True)
def monday_ten() -> Iterator[time_machine.Traveller]:
    """It is Monday, ten o'clock in Tokyo, and time stands still."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def day(app: Flask, session: Session, cast: Cast) -> Day:
    prepare(session, cast)
    return Day(app, session, cast)


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


def prepare(session: Session, cast: Cast) -> None:
    """Both companies have a contract, and the desk a kind of work."""
    for company in (cast.acme, cast.globex):
        with acting_as(job(company.id)):
            agree_on_office_hours(session, company.id)
            if session.get(WorkType, "remote") is None:
                session.add(WorkType(code="remote", name_ja="リモート", name_en="Remote work"))
            session.commit()
