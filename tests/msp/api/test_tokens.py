"""Tokens: whose rights they carry, how narrow they are, and that they end when they should."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from tenants import actions
from tenants.actions.tokens import revoke_token
from tenants.audit import Audit, AuditDetail
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Access, Login
from tenants.passwords import token_hash
from tenants.rules import GATE, Role, job
from tenants.tokens import ApiToken, tokens_of
from tests.cast import Cast
from tests.conftest import SignIn
from tests.msp.api.conftest import NOW, Day, Program

NEW = {"label": "会計ソフト", "scopes": ["tickets:read", "time:read"], "days": "30"}


def made_by(browser: FlaskClient, **more: object) -> str:
    """The secret that the page showed once."""
    page = browser.post("/profile/tokens", data=NEW | more).get_data(as_text=True)
    found = re.search(r"data-secret>(msp_[a-z2-7]{8}_[a-z2-7]{32})<", page)
    assert found is not None
    return found[1]


def revoke(program: Program, login_id: int) -> None:
    with acting_as(GATE):
        assert revoke_token(db.session(), login_id, program.token[:12], NOW)
        db.session.commit()


def test_a_token_is_shown_once_and_kept_as_a_hash(day: Day, browser_of: SignIn) -> None:
    browser = browser_of("agent@desk.example")
    secret = made_by(browser)
    assert secret not in browser.get("/profile/tokens").get_data(as_text=True)
    with acting_as(GATE):
        kept = tokens_of(db.session(), day.cast.staff[Role.AGENT])[0]
    assert (kept.token_hash, kept.scopes) == (token_hash(secret), "tickets:read time:read")
    assert kept.prefix == secret[:12]


def test_the_page_revokes_only_ones_own(day: Day, browser_of: SignIn) -> None:
    agents, owners = day.agent(), day.program(day.cast.staff[Role.OWNER])
    browser = browser_of("agent@desk.example")
    for program in (agents, owners):
        assert browser.post("/profile/tokens/revoke", data={"token": program.token[:12]}).status_code == 303
    assert (agents.get("/me").status_code, owners.get("/me").status_code) == (401, 200)


@pytest.mark.parametrize(("role", "status"), [(Role.CLIENT_ADMIN, 200), (Role.REQUESTER, 403), (Role.TEAM_LEAD, 403)])
def test_of_a_clients_people_the_administrator_makes_tokens(
    day: Day, browser_of: SignIn, role: Role, status: int
) -> None:
    assert browser_of(day.cast.acme.emails[role]).get("/profile/tokens").status_code == status


def test_a_client_admins_token_is_bound_to_his_company(day: Day, browser_of: SignIn) -> None:
    secret = made_by(browser_of(day.cast.acme.emails[Role.CLIENT_ADMIN]), scopes=["tickets:read"])
    assert Program(day.app.test_client(), secret).get("/me").json["clients"] == ["ACME"]  # type: ignore[index]


def test_a_client_never_gets_a_scope_of_the_desk(day: Day, browser_of: SignIn) -> None:
    browser = browser_of(day.cast.acme.emails[Role.CLIENT_ADMIN])
    assert "time:write" not in browser.get("/profile/tokens").get_data(as_text=True)
    assert browser.post("/profile/tokens", data=NEW | {"scopes": ["time:write"]}).status_code == 422


def test_a_token_needs_a_name_and_a_scope(day: Day, browser_of: SignIn) -> None:
    browser = browser_of("agent@desk.example")
    assert browser.post("/profile/tokens", data=NEW | {"label": ""}).status_code == 422
    assert browser.post("/profile/tokens", data=NEW | {"scopes": []}).status_code == 422


def test_revocation_holds_at_the_next_request(day: Day) -> None:
    program = day.agent()
    assert program.get("/tickets").status_code == 200
    revoke(program, day.cast.staff[Role.AGENT])
    answer = program.get("/tickets")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="msp", error="invalid_token"'


def test_a_token_that_is_over_is_refused(day: Day, monday_ten: time_machine.Traveller) -> None:
    program = day.agent(lasts=timedelta(days=1))
    monday_ten.move_to(NOW + timedelta(days=1), tick=False)
    assert program.get("/me").status_code == 401


def test_rights_are_asked_anew_at_each_request(day: Day, cast: Cast) -> None:
    program = day.program(cast.ben)
    assert program.get("/clients/GLOBEX").status_code == 200
    with acting_as(GATE):
        actions.disallow(db.session(), cast.ben, cast.globex.id)
        db.session.commit()
    assert program.get("/clients/GLOBEX").status_code == 404


def test_who_is_shut_out_is_so_with_his_programs(day: Day, cast: Cast) -> None:
    program = day.agent()
    with acting_as(GATE):
        db.session().get_one(Login, cast.staff[Role.AGENT]).disabled_at = NOW
        db.session.commit()
    assert program.get("/me").status_code == 401


def test_who_may_make_no_tokens_any_more_has_none_that_work(day: Day, cast: Cast) -> None:
    program = day.admin(cast.acme)
    assert program.get("/me").status_code == 200
    with acting_as(GATE):
        key = (cast.acme.logins[Role.CLIENT_ADMIN], cast.acme.id)
        db.session().get_one(Access, key).role = Role.REQUESTER
        db.session.commit()
    assert program.get("/me").status_code == 401


def test_a_scope_opens_its_own_routes_only(day: Day) -> None:
    day.opens(day.cast.acme)
    reader = day.agent(scopes=["tickets:read"])
    assert reader.get("/tickets/ACME-1").status_code == 200
    for answer in (
        reader.post("/tickets/ACME-1/notes", {"text": "x"}),
        reader.get("/clients"),
        reader.get("/tickets/ACME-1/clocks"),
        reader.get("/clients/ACME/time-entries"),
    ):
        assert answer.status_code == 403
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


def test_scopes_never_widen_a_role(day: Day, cast: Cast) -> None:
    auditor = day.program(cast.staff[Role.AUDITOR])
    day.opens(cast.acme)
    assert auditor.get("/tickets/ACME-1").status_code == 200
    assert auditor.post("/tickets/ACME-1/notes", {"text": "x"}).status_code == 403


def test_a_bound_token_knows_no_other_client(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    day.opens(cast.globex)
    program = day.agent(bound_to=cast.acme.id)
    listed = program.get("/tickets").json
    assert listed is not None
    assert [each["key"] for each in listed["items"]] == ["ACME-1"]
    for path in ("/tickets/GLOBEX-1", "/clients/GLOBEX", "/tickets/DESK-1", "/clients/DESK"):
        assert program.get(path).status_code == 404
    assert program.get("/tickets", client="GLOBEX").status_code == 404
    assert program.post("/clients/GLOBEX/tickets", {"title": "x", "text": "x"}).status_code == 404
    assert program.post("/sla/what-if", {"client": "GLOBEX", "months": ["2026-05"], "terms": {}}).status_code == 404


def test_no_route_tells_a_bound_token_of_another_client(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    day.opens(cast.globex)
    owner = day.program(cast.staff[Role.OWNER], bound_to=cast.acme.id)
    looked_at = 0
    for rule in day.app.url_map.iter_rules():
        if rule.endpoint.startswith("api.") and rule.arguments & {"key", "tenant"} and "GET" in (rule.methods or ()):
            path = str(rule.rule).removeprefix("/api/v1")
            path = path.replace("<document>", "INV-1").replace("<month>", "2026-06")
            own, foreign = (
                owner.get(path.replace("<ticket:key>", f"{client}-1").replace("<tenant:tenant>", client))
                for client in ("ACME", "GLOBEX")
            )
            looked_at += own.status_code == 200
            assert foreign.status_code == 404, path
    assert looked_at >= 8


def test_pages_take_no_tokens(day: Day) -> None:
    program = day.agent()
    answer = program.client.get("/tickets", headers={"Authorization": f"Bearer {program.token}"})
    assert answer.status_code == 302


def test_a_bad_token_is_not_rescued_by_a_session(day: Day, browser_of: SignIn) -> None:
    browser = browser_of("agent@desk.example")
    assert browser.get("/api/v1/me").status_code == 200
    assert browser.get("/api/v1/me", headers={"Authorization": "Bearer msp_nothing"}).status_code == 401
    assert browser.get("/api/v1/me", headers={"Authorization": "Basic eDp5"}).status_code == 401


def test_the_last_use_is_kept_to_the_minute_without_a_write_each_time(
    day: Day, monday_ten: time_machine.Traveller, statements: list[str]
) -> None:
    program = day.agent()
    login_id = day.cast.staff[Role.AGENT]

    def writes() -> int:
        statements.clear()
        assert program.get("/me").status_code == 200
        return sum(statement.startswith("UPDATE api_token") for statement in statements)

    assert [writes(), writes()] == [1, 0]
    monday_ten.move_to(NOW + timedelta(seconds=61), tick=False)
    assert writes() == 1
    with acting_as(GATE):
        used_at = db.session().scalars(select(ApiToken.used_at).where(ApiToken.login_id == login_id)).one()
        db.session.rollback()
    assert used_at == NOW + timedelta(seconds=61)


def test_audit_names_the_token(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    program = day.agent()
    assert program.post("/tickets/ACME-1/notes", {"text": "x"}).status_code == 201
    with acting_as(job(cast.acme.id)):
        row = db.session().scalars(select(Audit).where(Audit.verb == "api.note")).one()
        detail = db.session().get_one(AuditDetail, (cast.acme.id, row.id))
    assert (row.login_id, detail.detail) == (cast.staff[Role.AGENT], {"token": program.token[:12]})


def test_a_refused_act_names_the_token_too(day: Day, cast: Cast) -> None:
    program = day.agent()
    assert program.post("/tickets/ACME-1/notes", {"text": "x"}).status_code == 404
    with acting_as(job(cast.desk)):
        row = db.session().scalars(select(Audit).where(Audit.verb == "api.note")).one()
        assert db.session().get_one(AuditDetail, (cast.desk, row.id)).detail == {"token": program.token[:12]}
        assert row.outcome == "404"
