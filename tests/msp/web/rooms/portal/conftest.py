"""Acme with its contract, tickets opened in somebody's name, and its pages read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp import clock
from msp.tickets import actions
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import Role, job
from tests.cast import Cast, Company
from tests.promises import agree_on_office_hours

Rows = Callable[[], Session]
HOUR = timedelta(hours=1)


@pytest.fixture
def acme(session: Session, cast: Cast) -> Callable[[], Session]:
    """Acme with its contract agreed. Asked for rows, it answers the session of now: each request ends the last one."""
    with acting_as(job(cast.acme.id)):
        agree_on_office_hours(session, cast.acme.id)
        session.commit()
    return lambda: db.session()


def opened(rows: Rows, company: Company, role: Role = Role.REQUESTER, title: str = "複合機", **more: object) -> int:
    """A ticket in somebody's name, opened an hour ago; answers its number."""
    at = clock.now() - HOUR
    with acting_as(job(company.id)):
        contact = rows().get_one(Contact, (company.id, company.contacts[role]))
        matter = actions.Matter(title, "動きません", Channel.MAIL, contact, **more)  # type: ignore[arg-type]
        tenant = actions.tenant_row(rows(), company.id)
        ticket = actions.open_ticket(rows(), tenant, matter, actions.Actor("client", contact.id, contact.name), at)
        number = ticket.number
        rows().commit()
    return number


def ticket_of(rows: Rows, tenant_id: int, number: int) -> Ticket:
    found = rows().scalar(select(Ticket).where(Ticket.tenant_id == tenant_id, Ticket.number == number))
    assert found is not None
    return found


def page(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)[:800]
    return answer.get_data(as_text=True)
