"""The rooms of whoever watches: rosters, webhooks, clocks, and saying that one has a promise in hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.jobs import sweeps
from msp.outbox.models import Delivery, Webhook
from msp.reports.clocks import watch
from msp.tickets import actions
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel
from sla.models import Acknowledgement, Escalation, Roster, Swap
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import Role, job
from tests.cast import MONDAY_9, Cast
from tests.conftest import SignIn
from tests.promises import agree_on_office_hours

WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@pytest.fixture
def owner(browser_of: SignIn) -> FlaskClient:
    return browser_of("owner@desk.example")


def plan(cast: Cast, **more: object) -> dict[str, object]:
    return {
        "name": "夜間当番",
        "zone": "Asia/Tokyo",
        "since": "2026-06-01",
        "hand_over_day": "0",
        "hand_over_time": "09:00",
        "shift-0-days": WEEK,
        "shift-0-from": "00:00",
        "shift-0-to": "24:00",
        "shift-0-people": [str(cast.staff[Role.AGENT]), str(cast.staff[Role.LEAD])],
        "quiet-0-days": WEEK,
        "quiet-0-from": "22:00",
        "quiet-0-to": "07:00",
    } | more


def kept(session: Session, cast: Cast) -> Roster:
    with acting_as(job(cast.desk)):
        return session.scalars(select(Roster)).one()


def test_a_roster_is_planned_and_says_who_is_on_call(owner: FlaskClient, session: Session, cast: Cast) -> None:
    assert owner.post("/rosters", data=plan(cast)).status_code == 303
    page = owner.get("/rosters").text
    assert "夜間当番" in page
    assert "agent 相沢" in page
    assert "lead 相沢" in owner.get(f"/rosters/{kept(session, cast).id}").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"zone": "Nowhere/Town"},
        {"since": "soon"},
        {"hand_over_time": "25:00"},
        {"shift-0-people": []},
        {"shift-0-to": "00:00"},
        {"shift-0-people": ["987654321"]},
        {"quiet-0-from": "00:00", "quiet-0-to": "24:00"},
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    owner: FlaskClient, session: Session, cast: Cast, wrong: dict[str, object]
) -> None:
    answer = owner.post("/rosters", data=plan(cast) | wrong)
    assert answer.status_code == 422
    assert "field-error" in answer.text


def test_a_stand_in_hears_while_he_stands_in(owner: FlaskClient, session: Session, cast: Cast) -> None:
    owner.post("/rosters", data=plan(cast))
    address = f"/rosters/{kept(session, cast).id}"
    swap = {
        "login_id": str(cast.staff[Role.BILLER]),
        "begins": "2026-06-01T09:30",
        "ends": "2026-06-01T18:00",
        "why": "通院",
    }
    assert owner.post(f"{address}/swaps", data=swap).status_code == 303
    assert "biller 相沢" in owner.get("/rosters").text
    with acting_as(job(cast.desk)):
        found = session.scalars(select(Swap)).one()
    assert found.begins_at == MONDAY_9 + timedelta(minutes=30)
    owner.post(f"{address}/swaps/{found.id}/end")
    assert "biller 相沢" not in owner.get("/rosters").text
    assert owner.post(f"{address}/swaps", data=swap | {"ends": "2026-06-01T08:00"}).status_code == 422
    assert owner.post(f"{address}/swaps", data=swap | {"begins": "x"}).status_code == 422


def test_an_agent_sees_the_rosters_and_changes_none(
    browser_of: SignIn, owner: FlaskClient, session: Session, cast: Cast
) -> None:
    owner.post("/rosters", data=plan(cast))
    agent = browser_of("agent@desk.example")
    assert agent.get(f"/rosters/{kept(session, cast).id}").status_code == 200
    assert agent.post("/rosters", data=plan(cast)).status_code == 403


def test_a_webhook_is_made_tried_and_sent_again(owner: FlaskClient, session: Session, cast: Cast) -> None:
    made = owner.post(
        "/webhooks", data={"name": "監視", "url": "https://93.184.216.34/in", "events": ["escalation.reached"]}
    )
    assert made.status_code == 303
    with acting_as(job(cast.desk)):
        hook = session.scalars(select(Webhook)).one()
    secret = owner.get(f"/webhooks/{hook.id}").text.split("whsec_")[1][:64]
    assert secret not in hook.salt
    owner.post(f"/webhooks/{hook.id}/secret")
    assert secret not in owner.get(f"/webhooks/{hook.id}").text
    assert owner.post(f"/webhooks/{hook.id}/try").status_code == 303
    with acting_as(job(cast.desk)):
        delivery = session.scalars(select(Delivery)).one()
    again = f"/webhooks/DESK/deliveries/{delivery.id}/again"
    assert owner.post(again).status_code == 422
    with acting_as(job(cast.desk)), transaction() as rows:
        rows.get_one(Delivery, (cast.desk, delivery.id)).state = "taken"
    assert owner.post(again).status_code == 303
    assert delivery.delivery_id in owner.get(f"/webhooks/{hook.id}").text


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "http://169.254.169.254/latest", "ftp://x.example/", "https://[::ffff:10.0.0.1]/", "x"],
)
def test_an_inner_address_is_refused(owner: FlaskClient, url: str) -> None:
    answer = owner.post("/webhooks", data={"name": "内側", "url": url})
    assert answer.status_code == 422
    assert "field-error" in answer.text


def test_the_clocks_page_says_when_no_clock_lives(owner: FlaskClient, cast: Cast) -> None:
    assert "時計プロセスが稼働していません" in owner.get("/clocks").text
    sweeps.say_alive(cast.every, "desk-1", 5, 2, MONDAY_9 + timedelta(hours=1))
    assert "すべての期限を予定どおりに確認しています" in owner.get("/clocks").text


@pytest.fixture
def due(session: Session, cast: Cast) -> Ticket:
    """A ticket whose first answer is late."""
    with acting_as(job(cast.acme.id)), transaction() as rows:
        agree_on_office_hours(rows, cast.acme.id)
        contact = rows.get_one(Contact, (cast.acme.id, cast.acme.contacts[Role.REQUESTER]))
        matter = actions.Matter("印刷できません", "複合機です", Channel.MAIL, contact)
        who = actions.Actor("client", contact.id, contact.name)
        at = MONDAY_9 - timedelta(days=7)
        ticket = actions.open_ticket(rows, rows.get_one(Tenant, cast.acme.id), matter, who, at)
    sweeps.due_promises(cast.every, MONDAY_9)
    return ticket


def test_only_what_a_clock_had_to_notice_counts_as_noticed(session: Session, cast: Cast, due: Ticket) -> None:
    """A step that is told the moment it is found came out of a correction, or of the past."""
    at = MONDAY_9 + timedelta(minutes=1)
    with acting_as(job(cast.acme.id)):
        steps = session.scalars(select(Escalation)).all()
        assert watch(session, at).day.steps == len(steps) > 0
        for step in steps:
            step.told_at = step.noticed_at
        session.flush()
        assert watch(session, at).day.steps == 0


def test_an_agent_says_that_he_has_it_in_hand(browser_of: SignIn, session: Session, cast: Cast, due: Ticket) -> None:
    agent = browser_of("agent@desk.example")
    page = agent.get("/tickets/ACME-1").text
    assert "/tickets/ACME-1/acknowledge" in page
    assert agent.post("/tickets/ACME-1/acknowledge", data={"metric": "first_response"}).status_code == 303
    with acting_as(job(cast.acme.id)):
        row = session.scalars(select(Acknowledgement)).one()
    assert (row.metric, row.by_id) == ("first_response", cast.staff[Role.AGENT])
    assert page.count("/acknowledge") > agent.get("/tickets/ACME-1").text.count("/acknowledge")


def test_what_does_not_run_cannot_be_taken_in_hand(browser_of: SignIn, due: Ticket) -> None:
    assert (
        browser_of("agent@desk.example")
        .post("/tickets/ACME-1/acknowledge", data={"metric": "next_response"})
        .status_code
        == 422
    )
