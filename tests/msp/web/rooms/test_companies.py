"""Clients: the list, one client's page, its forms and its people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants import queries
from tenants.audit import AccessLog
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Contact, Login, Site, Tenant
from tenants.rules import GATE, Role, job
from tenants.work import Work
from tests.cast import Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.conftest import Counted
from tests.promises import agree_on_office_hours

Rows = Callable[[], Session]
COMPANY = {
    "name": "青空製薬㈱",
    "kana": "アオゾラセイヤク",
    "short": "青空",
    "tile": "3",
    "language": "ja",
    "zone": "Asia/Tokyo",
    "billing_zone": "Asia/Tokyo",
}
PERSON = {"name": "岡 陽菜", "kana": "オカ ヒナ", "email": "oka@acme.example", "language": "en", "role": "client_admin"}


@pytest.fixture
def rows(session: Session, cast: Cast) -> Rows:
    """Asked for, the session of now: each request ends the last one."""
    with acting_as(job(cast.acme.id)):
        agree_on_office_hours(session, cast.acme.id)
        session.commit()
    return lambda: db.session()


@pytest.fixture
def owner(rows: Rows, cast: Cast, browser_of: SignIn) -> FlaskClient:
    return browser_of(cast.emails[Role.OWNER])


def company(cast: Cast, **more: str) -> dict[str, str]:
    return COMPANY | {"owner": str(cast.staff[Role.AGENT])} | more


def contact(rows: Rows, cast: Cast, name: str = "岡 陽菜") -> Contact:
    return rows().scalars(select(Contact).where(Contact.tenant_id == cast.acme.id, Contact.name == name)).one()


def test_an_agent_sees_the_clients_he_is_given(rows: Rows, cast: Cast, browser_of: SignIn) -> None:
    text = browser_of(cast.emails["ben"]).get("/clients").get_data(as_text=True)
    assert ('href="/clients/GLOBEX"' in text, 'href="/clients/ACME"' in text) == (True, False)
    assert browser_of(cast.emails["ben"]).get("/clients/ACME").status_code == 404


def test_no_client_enters(rows: Rows, cast: Cast, browser_of: SignIn) -> None:
    client = browser_of(cast.acme.emails[Role.CLIENT_ADMIN])
    for room in ("/clients", "/clients/ACME", "/clients/ACME/contract"):
        assert client.get(room).status_code == 403


def test_the_list_asks_the_same_number_of_questions_however_long(
    rows: Rows, cast: Cast, owner: FlaskClient, questions: Counted
) -> None:
    few = questions(lambda: owner.get("/clients"))
    for n in range(3):
        assert owner.post("/clients", data=company(cast, key=f"NEW{n}")).status_code == 303
    assert questions(lambda: owner.get("/clients")) == few


def test_the_page_says_the_contract_in_plain_words_and_who_looked_is_kept(
    rows: Rows, cast: Cast, owner: FlaskClient
) -> None:
    text = owner.get("/clients/ACME").get_data(as_text=True)
    for shown in ("9:00 – 12:00, 13:00 – 18:00", "2時間", "acme.example", "髙﨑花子", "本社"):
        assert shown in text
    with acting_as(job(cast.acme.id)):
        looked = rows().scalars(select(AccessLog)).one()
        assert (looked.subject, looked.login_id) == ("ACME", cast.staff[Role.OWNER])


def test_every_version_of_the_contract_can_be_read(rows: Rows, owner: FlaskClient) -> None:
    assert "標準" in owner.get("/clients/ACME/contract").get_data(as_text=True)
    assert owner.get("/clients/GLOBEX/contract").status_code == 200


@pytest.mark.parametrize("role", [Role.AGENT, Role.BILLER, Role.AUDITOR])
def test_who_only_looks_gets_no_form(rows: Rows, cast: Cast, browser_of: SignIn, role: Role) -> None:
    client = browser_of(cast.emails[role])
    assert "/clients/ACME/edit" not in client.get("/clients/ACME").get_data(as_text=True)
    for room in ("/clients/new", "/clients/ACME/edit", "/clients/ACME/mail", "/clients/ACME/people/new"):
        assert client.get(room).status_code == 403
    for room in ("/clients", "/clients/ACME/edit", "/clients/ACME/people", "/clients/ACME/domains"):
        assert client.post(room, data={}).status_code == 403


def test_a_new_client_is_sorted_by_its_reading(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    answer = owner.post("/clients", data=company(cast, key="aozora"))
    assert answer.headers["Location"] == "/clients/AOZORA"
    text = owner.get("/clients").get_data(as_text=True)
    assert text.index("青空製薬㈱") < text.index("髙﨑商店㈱")


@pytest.mark.parametrize("room", ["/clients", "/clients/ACME/edit"])
def test_a_form_without_any_field_is_mended(rows: Rows, owner: FlaskClient, room: str) -> None:
    assert owner.post(room, data={}).status_code == 422


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", ""),
        ("key", "9X"),
        ("key", "DESK"),
        ("key", "ACME"),
        ("name", ""),
        ("short", ""),
        ("zone", "Asia/Edo"),
        ("billing_zone", ""),
        ("owner", ""),
        ("owner", "999999"),
        ("tile", "13"),
    ],
)
def test_what_does_not_fit_is_said(rows: Rows, cast: Cast, owner: FlaskClient, field: str, value: str) -> None:
    answer = owner.post("/clients", data=company(cast, key="AOZORA") | {field: value})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in text
    assert "アオゾラセイヤク" in text


def test_facts_and_mail_are_changed(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    assert owner.post("/clients/ACME/edit", data=company(cast)).status_code == 303
    mail = {"mail_name": "窓口", "mail_address": "help@desk.example", "signature": "ともしび"}
    assert owner.post("/clients/ACME/mail", data=mail).status_code == 303
    refused = owner.post("/clients/ACME/mail", data=mail | {"mail_address": "nowhere"})
    assert (refused.status_code, 'id="f-mail_address-error"' in refused.get_data(as_text=True)) == (422, True)
    with acting_as(job(cast.acme.id)):
        tenant = rows().get_one(Tenant, cast.acme.id)
        assert (tenant.name, tenant.sort_key, tenant.key) == ("青空製薬㈱", "アオゾラセイヤク", "ACME")
        assert (tenant.mail_name, tenant.mail_address, tenant.signature) == ("窓口", "help@desk.example", "ともしび")


def test_sites_are_added_and_renamed_but_never_twice(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    assert owner.post("/clients/ACME/sites", data={"name": "川崎"}).status_code == 303
    assert owner.post("/clients/ACME/sites", data={"name": "川崎"}).status_code == 422
    assert owner.post("/clients/ACME/sites", data={"name": ""}).status_code == 422
    with acting_as(job(cast.acme.id)):
        site = rows().scalars(select(Site).where(Site.name == "川崎")).one()
    assert owner.post(f"/clients/ACME/sites/{site.id}", data={"name": "本社"}).status_code == 422
    assert owner.post(f"/clients/ACME/sites/{site.id}", data={"name": "横浜"}).status_code == 303
    assert owner.post(f"/clients/GLOBEX/sites/{site.id}", data={"name": "横浜"}).status_code == 404


def test_a_domain_is_one_clients_only(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    taken = owner.post("/clients/ACME/domains", data={"name": "globex.example"})
    assert taken.status_code == 422
    assert owner.post("/clients/ACME/domains", data={"name": "no domain"}).status_code == 422
    assert owner.post("/clients/ACME/domains", data={"name": "acme.co.jp"}).status_code == 303
    owner.post("/clients/ACME/domains/drop", data={"name": "globex.example"})
    owner.post("/clients/ACME/domains/drop", data={"name": "acme.example"})
    with acting_as(GATE):
        assert list(queries.domains_of(rows(), cast.acme.id)) == ["acme.co.jp"]
        assert list(queries.domains_of(rows(), cast.globex.id)) == ["globex.example"]


def test_a_new_person_is_invited_at_once(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    assert owner.post("/clients/ACME/people", data=PERSON | {"invite": "1"}).status_code == 303
    with acting_as(GATE):
        login = rows().scalars(select(Login).where(Login.email == "oka@acme.example")).one()
    with acting_as(job(cast.acme.id)):
        work = rows().scalars(select(Work).where(Work.kind == "mail.invite")).one()
        assert (work.tenant_id, work.ids) == (cast.acme.id, [login.id])


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("email", "nowhere"), ("email", "requester@acme.example"), ("role", "owner"), ("site", "999")],
)
def test_a_person_that_does_not_fit_is_refused(rows: Rows, owner: FlaskClient, field: str, value: str) -> None:
    answer = owner.post("/clients/ACME/people", data=PERSON | {field: value})
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.get_data(as_text=True)


def test_another_role_holds_at_the_next_request(rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn) -> None:
    client = browser_of(cast.acme.emails[Role.REQUESTER])
    assert client.get("/portal/ACME/invoices").status_code == 403
    person = PERSON | {"email": cast.acme.emails[Role.REQUESTER], "role": "client_admin"}
    at = f"/clients/ACME/people/{cast.acme.contacts[Role.REQUESTER]}"
    assert owner.post(at, data=person).status_code == 303
    assert client.get("/portal/ACME/invoices").status_code == 200


def test_who_is_shut_out_is_out_at_the_next_request(
    rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn
) -> None:
    client = browser_of(cast.acme.emails[Role.REQUESTER])
    at = f"/clients/ACME/people/{cast.acme.contacts[Role.REQUESTER]}/out"
    assert client.get("/portal/ACME/tickets").status_code == 200
    assert owner.post(at, data={"out": "1"}).status_code == 303
    assert client.get("/portal/ACME/tickets").status_code in (403, 404)
    assert owner.post(at, data={"out": "0"}).status_code == 303
    assert client.get("/portal/ACME/tickets").status_code == 200


def test_another_address_takes_the_way_in_along(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    contact_id = cast.acme.contacts[Role.REQUESTER]
    assert owner.post(f"/clients/ACME/people/{contact_id}", data=PERSON).status_code == 303
    with acting_as(GATE):
        login = rows().scalars(select(Login).where(Login.email == "oka@acme.example")).one()
        assert queries.ways_in(rows(), cast.acme.id)[contact_id].login_id == login.id
        assert queries.tenants_of_sender(rows(), "requester@acme.example")[0] == frozenset()
        assert queries.tenants_of_sender(rows(), "oka@acme.example")[0] == frozenset({cast.acme.id})


def test_who_left_is_no_more_on_the_page(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    owner.post("/clients/ACME/people", data=PERSON)
    with acting_as(job(cast.acme.id)):
        made = contact(rows, cast)
    assert owner.post(f"/clients/ACME/people/{made.id}/left").status_code == 303
    assert "岡 陽菜" not in owner.get("/clients/ACME").get_data(as_text=True)
    assert owner.get(f"/clients/ACME/people/{made.id}").status_code == 404


def test_a_lead_sees_whom_he_is_given(rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn) -> None:
    lead, other = cast.acme.contacts[Role.TEAM_LEAD], cast.acme.contacts[Role.REQUESTER]
    given = {"title": "部下の端末", "text": "動きません", "scope": "one", "urgency": "low"}
    assert browser_of(cast.acme.emails[Role.REQUESTER]).post("/portal/ACME/tickets", data=given).status_code == 303
    client, at = browser_of(cast.acme.emails[Role.TEAM_LEAD]), f"/clients/ACME/people/{lead}"
    assert "部下の端末" not in client.get("/portal/ACME/tickets").get_data(as_text=True)
    assert owner.post(f"{at}/leads", data={"people": [str(other)]}).status_code == 303
    assert "部下の端末" in client.get("/portal/ACME/tickets").get_data(as_text=True)
    assert f'value="{other}" checked' in owner.get(at).get_data(as_text=True)
    assert owner.post(f"{at}/leads", data={"sites": ["99999"]}).status_code == 422
    assert owner.post(f"{at}/leads", data={}).status_code == 303
    assert "部下の端末" not in client.get("/portal/ACME/tickets").get_data(as_text=True)


def test_people_of_another_client_are_not_there(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    owner.post("/clients/GLOBEX/people", data=PERSON | {"email": "oka@globex.example"})
    with acting_as(job(cast.globex.id)):
        stranger = rows().scalars(select(Contact.id).where(Contact.name == "岡 陽菜")).one()
    for verb in ("", "/invite", "/out", "/left"):
        assert owner.post(f"/clients/ACME/people/{stranger}{verb}", data=PERSON).status_code == 404
