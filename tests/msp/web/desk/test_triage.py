"""Mails nobody can place wait here until somebody says whose they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from msp.intake.models import RawMail, State
from tenants.audit import AuditDetail
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.conftest import SignIn
from tests.msp.mailroom import EDGE, Mailroom, mail
from tests.msp.web.desk.conftest import NOW, Day


@pytest.fixture
def room(app: Flask, day: Day, monkeypatch: pytest.MonkeyPatch) -> Mailroom:
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], mail_edge=EDGE))
    made = Mailroom(app, day.session, day.cast, NOW)
    made.arrive(mail("野村 <someone@example.org>", "プリンターの件"))
    return made


def waiting(room: Mailroom) -> RawMail:
    with acting_as(job(room.cast.desk)):
        return room.session.scalars(select(RawMail).where(RawMail.tenant_id == room.cast.desk)).one()


def state(room: Mailroom) -> str:
    raw = waiting(room)
    with acting_as(job(room.cast.desk)):
        room.session.refresh(raw)
        return raw.state


def test_it_stands_in_the_list_with_the_reason(agent: FlaskClient, room: Mailroom) -> None:
    page = agent.get("/triage").text
    assert "プリンターの件" in page
    assert f"/triage/{waiting(room).id}" in page


def test_placing_it_opens_a_ticket_of_that_client(agent: FlaskClient, room: Mailroom) -> None:
    page = agent.get(f"/triage/{waiting(room).id}")
    assert "複合機が動きません。" in page.text
    answer = agent.post(f"/triage/{waiting(room).id}/place", data={"client": "ACME", "new_contact": "野村"})
    assert answer.status_code == 303
    room.work()
    ticket = room.ticket()
    assert (ticket.requester, ticket.title, ticket.opened_at) == ("野村", "プリンターの件", NOW)
    assert agent.get("/triage").text.count("<li><a") == 0


def test_it_may_join_a_ticket_under_a_person_who_is_known(agent: FlaskClient, day: Day, room: Mailroom) -> None:
    ticket = day.opens(day.cast.acme)
    who = f"ACME:{day.cast.acme.contacts[Role.REQUESTER]}"
    agent.post(f"/triage/{waiting(room).id}/place", data={"who": who, "ticket": ticket.key})
    room.work()
    assert day.texts(ticket)[-1] == "複合機が動きません。"


@pytest.mark.parametrize(
    "given",
    [
        {"client": ""},
        {"client": "ACME", "ticket": "GLOBEX-1"},
        {"client": "ACME", "ticket": "ACME-999"},
        {"client": "ACME", "ticket": "x"},
    ],
)
def test_what_does_not_fit_comes_back(agent: FlaskClient, room: Mailroom, given: dict[str, str]) -> None:
    answer = agent.post(f"/triage/{waiting(room).id}/place", data=given)
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert state(room) == State.TRIAGE


def test_letting_it_go_needs_a_reason_that_is_written_down(agent: FlaskClient, room: Mailroom) -> None:
    address = f"/triage/{waiting(room).id}/drop"
    assert agent.post(address, data={"why": " "}).status_code == 422
    assert agent.post(address, data={"why": "営業のメール"}).status_code == 303
    assert state(room) == State.DROPPED
    with acting_as(job(room.cast.desk)):
        details = room.session.scalars(select(AuditDetail.detail)).all()
    assert {"why": "営業のメール"} in details
    assert agent.post(address, data={"why": "もう一度"}).status_code == 409


def test_an_agent_places_with_his_own_clients_only(room: Mailroom, browser_of: SignIn) -> None:
    ben = browser_of("ben@desk.example")
    assert ben.post(f"/triage/{waiting(room).id}/place", data={"client": "ACME"}).status_code == 404
    assert 'value="ACME"' not in ben.get(f"/triage/{waiting(room).id}").text
    assert state(room) == State.TRIAGE


def test_only_those_who_sort_mail_see_it(room: Mailroom, browser_of: SignIn) -> None:
    assert browser_of("auditor@desk.example").get("/triage").status_code == 403
    assert browser_of("agent@desk.example").get("/triage/999999").status_code == 404
