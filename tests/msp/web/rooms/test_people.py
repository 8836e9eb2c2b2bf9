"""People of the desk: who runs them, inviting, roles, the list of clients, letting go."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants import actions, queries
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Agent, Login
from tenants.passwords import hash_password
from tenants.rules import GATE, Role, job
from tenants.work import Work
from tests.cast import PASSWORD, Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.conftest import Counted

Rows = Callable[[], Session]
NEW = {"name": "田中 蓮", "email": "tanaka@desk.example", "role": "agent", "tier": "2", "language": "ja"}


@pytest.fixture
def rows(session: Session, cast: Cast) -> Rows:
    return lambda: db.session()


@pytest.fixture
def owner(rows: Rows, cast: Cast, browser_of: SignIn) -> FlaskClient:
    return browser_of(cast.emails[Role.OWNER])


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OWNER, 200), (Role.LEAD, 200), (Role.AUDITOR, 200), (Role.AGENT, 403), (Role.BILLER, 403)],
)
def test_people_are_seen_by_some(rows: Rows, cast: Cast, browser_of: SignIn, role: Role, status: int) -> None:
    client = browser_of(cast.emails[role])
    assert client.get("/people").status_code == status
    assert client.get(f"/people/{cast.ben}").status_code == status


@pytest.mark.parametrize("role", [Role.LEAD, Role.AUDITOR, Role.AGENT, Role.BILLER])
def test_people_are_run_by_the_owner(rows: Rows, cast: Cast, browser_of: SignIn, role: Role) -> None:
    client = browser_of(cast.emails[role])
    assert client.get("/people/new").status_code == 403
    for verb in ("role", "invite", "out", "in", "sessions/end", "access"):
        assert client.post(f"/people/{cast.ben}/{verb}", data={}).status_code == 403


def test_no_client_sees_the_desks_people(rows: Rows, cast: Cast, browser_of: SignIn) -> None:
    assert browser_of(cast.acme.emails[Role.CLIENT_ADMIN]).get("/people").status_code == 403


def test_the_list_asks_the_same_number_of_questions_however_long(
    rows: Rows, owner: FlaskClient, questions: Counted
) -> None:
    few = questions(lambda: owner.get("/people"))
    for n in range(3):
        assert owner.post("/people", data=NEW | {"email": f"a{n}@desk.example"}).status_code == 303
    assert questions(lambda: owner.get("/people")) == few


def test_somebody_is_invited(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    answer = owner.post("/people", data=NEW)
    assert answer.status_code == 303
    with acting_as(GATE):
        login = rows().scalars(select(Login).where(Login.email == "tanaka@desk.example")).one()
        assert (login.role, login.desk, login.sees_all, login.password_hash) == ("agent", True, False, None)
    with acting_as(job(cast.desk)):
        agent = rows().get_one(Agent, login.id)
        work = rows().scalars(select(Work).where(Work.kind == "mail.invite")).one()
        assert (agent.tier, work.ids, work.tenant_id) == (2, [login.id], cast.desk)
    assert "田中 蓮" in owner.get(answer.location).get_data(as_text=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("email", ""), ("email", "nowhere"), ("email", "ben@desk.example"), ("role", "king"), ("tier", "9")],
)
def test_what_does_not_fit_is_said(rows: Rows, owner: FlaskClient, field: str, value: str) -> None:
    answer = owner.post("/people", data=NEW | {field: value})
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.get_data(as_text=True)


def test_a_role_holds_at_the_next_request(rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn) -> None:
    ben = browser_of(cast.emails["ben"])
    assert ben.get("/people").status_code == 403
    changed = owner.post(f"/people/{cast.ben}/role", data={"role": "lead", "tier": "2", "sees_all": "1"})
    assert changed.status_code == 303
    assert ben.get("/people").status_code == 200
    assert ben.get("/clients/ACME").status_code == 200


def test_the_desk_keeps_an_owner(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    own = cast.staff[Role.OWNER]
    answer = owner.post(f"/people/{own}/role", data={"role": "agent", "tier": "1", "sees_all": "1"})
    assert (answer.status_code, 'id="f-role-error"' in answer.get_data(as_text=True)) == (422, True)
    assert owner.post(f"/people/{own}/out").status_code == 422


def test_a_deny_wins_over_everything(rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn) -> None:
    agent = browser_of(cast.emails[Role.AGENT])
    at = f"/people/{cast.staff[Role.AGENT]}/access"
    assert agent.get("/clients/ACME").status_code == 200
    assert owner.post(at, data={"access-ACME": "denied"}).status_code == 303
    assert agent.get("/clients/ACME").status_code == 404
    assert agent.get("/clients/GLOBEX").status_code == 200
    assert owner.post(at, data={"access-ACME": ""}).status_code == 303
    assert agent.get("/clients/ACME").status_code == 200


def test_a_client_is_given_and_taken(rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn) -> None:
    nemo = browser_of(cast.emails["nemo"])
    assert nemo.get("/clients/ACME").status_code == 404
    owner.post(f"/people/{cast.nemo}/access", data={"access-ACME": "allowed", "access-GLOBEX": ""})
    assert nemo.get("/clients/ACME").status_code == 200
    assert nemo.get("/clients/GLOBEX").status_code == 404
    owner.post(f"/people/{cast.nemo}/access", data={"access-ACME": ""})
    assert nemo.get("/clients/ACME").status_code == 404
    assert owner.post(f"/people/{cast.nemo}/access", data={"access-ACME": "perhaps"}).status_code == 422


def test_who_is_shut_out_is_out_at_once(rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn) -> None:
    ben = browser_of(cast.emails["ben"])
    assert owner.post(f"/people/{cast.ben}/out").status_code == 303
    assert ben.get("/clients").status_code == 302  # to the sign-in
    assert owner.post(f"/people/{cast.ben}/in").status_code == 303
    assert browser_of(cast.emails["ben"]).get("/clients").status_code == 200


def test_signing_somebody_out_ends_his_sessions(rows: Rows, cast: Cast, owner: FlaskClient, browser_of: SignIn) -> None:
    ben = browser_of(cast.emails["ben"])
    assert owner.post(f"/people/{cast.ben}/sessions/end").status_code == 303
    assert ben.get("/clients").status_code == 302
    with acting_as(GATE):
        assert queries.desk_logins(rows())[cast.ben].disabled_at is None


def test_who_is_not_there_is_not_there(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    a_client = cast.acme.logins[Role.CLIENT_ADMIN]
    for login_id in (a_client, 999999):
        assert owner.get(f"/people/{login_id}").status_code == 404
        assert owner.post(f"/people/{login_id}/out").status_code == 404
        assert owner.post(f"/people/{login_id}/sessions/end").status_code == 404


def test_of_anybodys_clients_only_those_the_reader_sees_too_are_counted(
    rows: Rows, cast: Cast, browser_of: SignIn
) -> None:
    """Ben is allowed Globex only; an owner who sees Acme only is not told that there is one client more."""
    acme_only, hashed = "acme-only@desk.example", hash_password(PASSWORD)
    with acting_as(job(cast.desk)), transaction() as session:
        hired = actions.hire(session, acme_only, "徳田", Role.OWNER, sees_all=False, password_hash=hashed)
        session.flush()
        actions.allow(session, hired.id, cast.acme.id)
    for email, counted in ((cast.emails[Role.OWNER], 1), (acme_only, 0)):
        page = browser_of(email).get("/people").get_data(as_text=True)
        row = page[page.index(f'href="/people/{cast.ben}"') :].partition("</tr>")[0]
        assert f">{counted}社<" in row, row
