"""A call becomes a ticket with its time, in one form."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from billing.models import TimeEntry
from msp.tickets.models import Message, Ticket
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import Role, job
from tests.conftest import SignIn
from tests.msp.web.desk.conftest import NOW, Day

PART = {"HX-Request": "true"}


def call(browser: FlaskClient, **given: Any) -> TestResponse:
    return browser.post("/tickets/new", data={"text": "VPNが切れます\n一時間ごとです", "work_type": "remote"} | given)


def ticket_of(day: Day, answer: TestResponse) -> Ticket:
    key = answer.headers["Location"].rpartition("/")[2]
    with acting_as(day.cast.sweep()):
        return day.session.scalars(select(Ticket).where(Ticket.key == key)).one()


def test_four_steps_make_a_ticket_with_its_time(agent: FlaskClient, day: Day) -> None:
    with acting_as(job(day.cast.acme.id)):
        day.session.get_one(Contact, (day.cast.acme.id, day.cast.acme.contacts[Role.REQUESTER])).phone = "03-1234-5678"
        day.session.commit()
    found = agent.get(
        "/tickets/new/callers?caller=5678", headers=PART
    ).text  # 1: who calls; the only one found is chosen
    chosen = re.search(r'value="(ACME:\d+)" checked', found)
    assert chosen is not None
    answer = call(agent, who=chosen[1], minutes="6")  # 2: what it is, 3: minutes, 4: the button
    ticket = ticket_of(day, answer)
    assert (ticket.title, ticket.channel, ticket.requester) == ("VPNが切れます", "phone", "髙﨑花子")
    assert (ticket.owner_id, ticket.taken_at, ticket.opened_at) == (day.cast.staff[Role.AGENT], NOW, NOW)
    with acting_as(job(ticket.tenant_id)):
        assert day.session.scalars(select(TimeEntry.raw_seconds)).one() == 360
        assert day.session.scalars(select(Message.by)).one() == "client"


@pytest.mark.parametrize("typed", ["髙﨑", "タカサキ", "ﾀｶｻｷ", "たかさき", "takasaki"])
def test_callers_are_found_however_their_name_is_typed(agent: FlaskClient, typed: str) -> None:
    page = agent.get("/tickets/new/callers", query_string={"caller": typed}, headers=PART).text
    assert page.count('type="radio"') == 8


def test_a_caller_nobody_knew_becomes_a_contact(agent: FlaskClient, day: Day) -> None:
    ticket = ticket_of(day, call(agent, client="ACME", new_contact="新田 一郎", phone="090-1111-2222"))
    with acting_as(job(ticket.tenant_id)):
        contact = day.session.get_one(Contact, (ticket.tenant_id, ticket.contact_id))
    assert (contact.name, contact.phone, contact.email) == ("新田 一郎", "090-1111-2222", None)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"client": ""}, "client"),
        ({"client": "ACME", "text": " "}, "text"),
        ({"client": "ACME", "minutes": "たくさん"}, "minutes"),
        ({"client": "ACME", "email": "だれか"}, "email"),
        ({"who": "ACME:999999"}, "who"),
    ],
)
def test_what_does_not_fit_comes_back_with_what_was_typed(
    agent: FlaskClient, day: Day, given: dict[str, str], field: str
) -> None:
    answer = call(agent, title="そのままに", **given)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert 'value="そのままに"' in answer.text


def test_only_his_own_clients(day: Day, browser_of: SignIn) -> None:
    ben = browser_of("ben@desk.example")
    assert call(ben, client="ACME").status_code == 404
    assert call(ben, who=f"ACME:{day.cast.acme.contacts[Role.REQUESTER]}").status_code == 404
    assert "ACME:" not in ben.get("/tickets/new/callers?caller=takasaki", headers=PART).text
    assert 'value="ACME"' not in ben.get("/tickets/new").text


def test_without_scripts_the_search_button_brings_the_form_back(agent: FlaskClient) -> None:
    page = agent.get("/tickets/new?caller=takasaki").text
    assert page.count('name="who" value=') == 8
