"""A contract's versions, what last month would have been, and that every page stands in both languages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import ContractItem
from msp.tickets import actions as tickets
from msp.tickets.rules import Channel
from sla import queries
from sla.models import ContractVersion
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import Role, job
from tests.cast import MONDAY_9, Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.agreements.conftest import (
    CLIENT,
    TERMS,
    Rows,
    offered_pack,
    own_calendar,
    own_contract,
)
from tests.msp.web.rooms.conftest import Counted


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_is_written_in_both_languages(rows: Rows, cast: Cast, owner: FlaskClient, language: str) -> None:
    calendar, contract = own_calendar(rows, cast).id, own_contract(rows, cast).id
    offered_pack(rows, cast, owner)
    owner.post("/profile", data={"language": language, "zone": "Asia/Tokyo", "theme": "auto"})
    for path in (
        "/calendars",
        "/calendars/new",
        f"/calendars/{calendar}",
        f"/calendars/{calendar}/edit",
        f"/calendars/{calendar}/restate",
        "/contract",
        f"/contract/{contract}/next",
        f"/contract/{contract}/packs/new",
    ):
        page = owner.get(CLIENT + path)
        assert page.status_code == 200, path


def test_the_next_version_carries_what_is_billed_and_leaves_the_refold_as_work(
    rows: Rows, cast: Cast, owner: FlaskClient
) -> None:
    contract, calendar = own_contract(rows, cast), own_calendar(rows, cast)
    form = TERMS | {"calendar": str(calendar.id), "since": "2026-07-01T00:00", "goal_resolution": "95"}
    form |= {"credit_0_below": "95", "credit_0_percent": "5", "credit_cap": "20", "step_0_metric": "resolution"}
    page = owner.post(f"{CLIENT}/contract/{contract.id}/next", data=form | {"step_0_at": "75", "step_0_tell": "lead"})
    assert page.status_code == 303
    versions = queries.versions_of(rows(), cast.acme.id, contract.id)
    assert versions[-1].terms["targets"] == {"P1": {"first_response": 15, "resolution": 120}}
    assert versions[-1].terms["escalations"] == [{"metric": "resolution", "step": "75%", "tell": ["lead"]}]
    assert (versions[-1].terms["goals"], versions[-1].terms["credit_cap"]) == ({"resolution": 95}, 20)
    carried = rows().scalars(select(ContractItem.key).where(ContractItem.version_id == versions[-1].id)).all()
    assert carried == ["fee"]
    assert owner.post(f"{CLIENT}/contract/versions/{versions[-1].id}/withdraw").status_code == 303
    assert len(queries.versions_of(rows(), cast.acme.id, contract.id)) == 1
    assert rows().get_one(ContractVersion, (cast.acme.id, versions[-1].id)).withdrawn_at is not None
    assert owner.post(f"{CLIENT}/contract/versions/{versions[0].id}/withdraw").status_code == 422


def test_the_clients_admin_reads_the_percentages_and_the_credits_too(
    rows: Rows, cast: Cast, owner: FlaskClient, admin: FlaskClient
) -> None:
    contract, calendar = own_contract(rows, cast), own_calendar(rows, cast)
    form = TERMS | {"calendar": str(calendar.id), "since": "2026-07-01T00:00", "goal_resolution": "95"}
    form |= {"credit_0_below": "90", "credit_0_percent": "5", "credit_cap": "20"}
    assert owner.post(f"{CLIENT}/contract/{contract.id}/next", data=form).status_code == 303
    for page in (owner.get(f"{CLIENT}/contract"), admin.get("/portal/ACME/contract")):
        told = page.get_data(as_text=True)
        assert "目標：" in told
        assert "90%未満 → 料金の5%、上限20%" in told


def test_a_version_never_begins_in_the_past(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    contract, calendar = own_contract(rows, cast), own_calendar(rows, cast)
    form = TERMS | {"calendar": str(calendar.id), "since": "2026-05-31T00:00"}
    assert owner.post(f"{CLIENT}/contract/{contract.id}/next", data=form).status_code == 422


def test_an_error_about_a_target_names_its_priority_and_promise(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    contract = own_contract(rows, cast)
    for path in ("next", "packs/new"):
        answer = owner.post(f"{CLIENT}/contract/{contract.id}/{path}", data=TERMS | {"P1_first_response": "soon"})
        assert answer.status_code == 422, path
        assert '<a href="#f-P1_first_response">P1 初回応答: ' in answer.get_data(as_text=True), path


def test_a_client_without_a_contract_is_led_to_its_promises_in_detail(
    session: Session, cast: Cast, browser_of: SignIn
) -> None:
    owner = browser_of(cast.emails[Role.OWNER])
    for path in ("/clients/GLOBEX", "/clients/GLOBEX/contract", "/clients/GLOBEX/items"):
        assert 'href="/clients/GLOBEX/contract/first"' in owner.get(path).get_data(as_text=True), path
    assert owner.get("/clients/GLOBEX/contract/new").status_code == 404
    form = {"offer": "tm", "rate": "9000", "promises": "p1", "step": "0"}
    made = owner.post("/clients/GLOBEX/contract/first", data=form)
    with acting_as(job(cast.globex.id)):
        (contract,) = queries.contracts_of(db.session(), cast.globex.id)
        book = queries.book(db.session(), cast.globex.id)
        db.session.commit()
    promise = book.terms[book.contract.holds(int(MONDAY_9.timestamp()) + 3600) or ""].promises["P1", "resolution"]
    assert promise.hours.elapsed(int(MONDAY_9.timestamp()), int(MONDAY_9.timestamp()) + 86_400) == 86_400
    editor = f"/clients/GLOBEX/contract/{contract.id}/next"
    assert f'href="{editor}"' in owner.get(made.location).get_data(as_text=True)
    assert owner.get(editor).status_code == 200


def test_a_version_to_come_is_edited_where_it_stands(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    contract, calendar = own_contract(rows, cast), own_calendar(rows, cast)
    form = TERMS | {"calendar": str(calendar.id), "since": "2026-07-01T00:00"}
    assert owner.post(f"{CLIENT}/contract/{contract.id}/next", data=form).status_code == 303
    assert 'value="2026-07-01T00:00"' in owner.get(f"{CLIENT}/contract/{contract.id}/next").get_data(as_text=True)
    again = form | {"P1_resolution": "3h"}
    assert owner.post(f"{CLIENT}/contract/{contract.id}/next", data=again).status_code == 303
    _, last = queries.versions_of(rows(), cast.acme.id, contract.id)
    assert last.terms["targets"]["P1"]["resolution"] == 180
    carried = rows().scalars(select(ContractItem.key).where(ContractItem.version_id == last.id)).all()
    assert carried == ["fee"]
    book = queries.book(rows(), cast.acme.id)
    held = book.terms[book.contract.holds(int(last.since.timestamp())) or ""]
    assert held.promises["P1", "resolution"].target == 180 * 60


def test_last_month_is_compared_with_what_it_would_have_been(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    opened = MONDAY_9 - timedelta(days=20)
    session = rows()
    contact = session.get_one(Contact, (cast.acme.id, cast.acme.contacts[Role.REQUESTER]))
    matter = tickets.Matter("画面", "映りません", Channel.MAIL, contact)
    tenant = session.get_one(Tenant, cast.acme.id)
    ticket = tickets.open_ticket(session, tenant, matter, tickets.Actor("client", contact.id, contact.name), opened)
    session.flush()
    agent = tickets.Actor("agent", cast.staff[Role.AGENT], "相沢")
    tickets.resolve(session, ticket, agent, "直りました", opened + timedelta(hours=2))
    session.commit()
    key = ticket.key
    contract, calendar = own_contract(rows, cast), own_calendar(rows, cast)
    targets = {f"P{n}_{metric}": "5m" for n in (1, 2, 3, 4) for metric in ("first_response", "resolution")}
    form = targets | {"calendar": str(calendar.id), "what_if": "1", "months": "1"}
    page = owner.post(f"{CLIENT}/contract/{contract.id}/next", data=form)
    assert page.status_code == 303
    text = owner.get(page.headers["Location"]).get_data(as_text=True)
    assert key in text
    assert text.count("100.0%") >= 2
    (way_on,) = re.findall(r'href="([^"]+/next\?like=\d+)"', text)
    for address, filled in ((way_on, True), (way_on.partition("?")[0], False)):
        field = re.search(r'<input[^>]*name="P4_resolution"[^>]*>', owner.get(address).get_data(as_text=True))
        assert field
        assert ('value="5' in field[0]) == filled, field[0]


def test_pages_ask_few_questions(rows: Rows, cast: Cast, owner: FlaskClient, questions: Counted) -> None:
    calendar = own_calendar(rows, cast)
    assert questions(lambda: owner.get(f"{CLIENT}/calendars/{calendar.id}")) <= 14
    assert questions(lambda: owner.get(f"{CLIENT}/contract")) <= 18


def test_a_rungs_ways_acts_and_followers_come_back_into_the_form(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    contract, calendar = own_contract(rows, cast), own_calendar(rows, cast)
    url = f"{CLIENT}/contract/{contract.id}/next"
    form = TERMS | {"calendar": str(calendar.id), "since": "2026-07-01T00:00"}
    form |= {"step_0_metric": "resolution", "step_0_at": "75", "step_0_tell": "lead", "step_0_via": "webhook"}
    then = {"step_0_act": "next_tier", "step_0_then_0_tell": "client_admin", "step_0_then_0_via": "mail"}
    refused = owner.post(url, data=form | then)
    assert refused.status_code == 422
    assert 'href="#f-step_0_ack"' in refused.get_data(as_text=True)
    assert owner.post(url, data=form | then | {"step_0_ack": "20"}).status_code == 303
    (step,) = queries.versions_of(rows(), cast.acme.id, contract.id)[-1].terms["escalations"]
    assert (step["via"], step["act"], step["ack_minutes"]) == (["webhook"], ["next_tier"], 20)
    assert step["then"] == [{"tell": ["client_admin"], "via": ["mail"]}]
    page = owner.get(url).get_data(as_text=True)
    for name, value in (("step_0_via", "webhook"), ("step_0_then_0_tell", "client_admin"), ("step_0_act", "next_tier")):
        assert f'name="{name}" value="{value}" checked' in page, name
