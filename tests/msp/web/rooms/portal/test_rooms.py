"""What each role sees of its company, and who looked at what."""

from __future__ import annotations

import re

import pytest

from msp import clock
from msp.web import portal
from tenants import actions as people
from tenants.isolation import acting_as
from tenants.models import Tenant
from tenants.rules import Role, job
from tests.cast import Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.conftest import Counted
from tests.msp.web.rooms.portal.conftest import Rows, opened, page


def test_signing_in_leads_a_requester_to_his_tickets(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    answer = browser_of(cast.acme.emails[Role.REQUESTER]).get("/", follow_redirects=True)
    assert answer.request.path == "/portal/ACME/tickets"


def test_each_role_sees_its_own_share(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    opened(acme, cast.acme, Role.REQUESTER, "自分の複合機")
    opened(acme, cast.acme, Role.TEAM_LEAD, "課長の端末")
    requester = page(browser_of(cast.acme.emails[Role.REQUESTER]), "/portal/ACME/tickets")
    admin = page(browser_of(cast.acme.emails[Role.CLIENT_ADMIN]), "/portal/ACME/tickets")
    assert ("自分の複合機" in requester, "課長の端末" in requester) == (True, False)
    assert ("自分の複合機" in admin, "課長の端末" in admin) == (True, True)


def test_a_colleagues_ticket_and_an_absent_one_look_alike(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    number = opened(acme, cast.acme, Role.TEAM_LEAD)
    client = browser_of(cast.acme.emails[Role.REQUESTER])
    answers = {client.get(f"/portal/ACME/tickets/{n}").get_data() for n in (number, 9999)}
    answers.add(client.get("/portal/GLOBEX/tickets/1").get_data())
    assert len(answers) == 1
    assert client.post(f"/portal/ACME/tickets/{number}/answer", data={"text": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("role", "room", "status"),
    [
        (Role.BILLING_CONTACT, "tickets", 403),
        (Role.BILLING_CONTACT, "invoices", 200),
        (Role.BILLING_CONTACT, "access-log", 403),
        (Role.REQUESTER, "invoices", 403),
        (Role.REQUESTER, "access-log", 403),
        (Role.TEAM_LEAD, "invoices", 403),
        (Role.CLIENT_ADMIN, "invoices", 200),
        (Role.CLIENT_ADMIN, "access-log", 200),
    ],
)
def test_rooms_open_by_role(acme: Rows, cast: Cast, browser_of: SignIn, role: Role, room: str, status: int) -> None:
    page(browser_of(cast.acme.emails[role]), f"/portal/ACME/{room}", status)


def test_the_desk_has_no_business_in_the_portal(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    page(browser_of(cast.emails[Role.OWNER]), "/portal/ACME/tickets", 403)


def test_the_proof_adds_up(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    number = opened(acme, cast.acme)
    text = page(browser_of(cast.acme.emails[Role.CLIENT_ADMIN]), f"/portal/ACME/tickets/{number}")
    assert text.count('<svg class="chart') == 2  # the first answer and the resolution
    assert "Asia/Tokyo" in text


def test_the_list_asks_the_same_number_of_questions_however_long(
    acme: Rows, cast: Cast, browser_of: SignIn, questions: Counted
) -> None:
    client = browser_of(cast.acme.emails[Role.CLIENT_ADMIN])
    opened(acme, cast.acme)
    few = questions(lambda: page(client, "/portal/ACME/tickets"))
    for n in range(6):
        opened(acme, cast.acme, title=f"件 {n}")
    assert questions(lambda: page(client, "/portal/ACME/tickets")) == few


def test_a_login_of_two_companies_can_change_between_them(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    email = cast.acme.emails[Role.CLIENT_ADMIN]
    with acting_as(job(cast.globex.id)):
        there = people.add_contact(acme(), cast.globex.id, "髙﨑花子", email, role=Role.REQUESTER)
        people.let_in(acme(), there)
        acme().get_one(Tenant, cast.globex.id).name = "グローベックス㈱"
        acme().commit()
    opened(acme, cast.globex, title="よその端末")
    client = browser_of(email)
    first = page(client, "/portal/ACME/tickets")
    assert 'href="/portal/GLOBEX/tickets"' in first
    assert "グローベックス㈱" in first
    second = page(client, "/portal/GLOBEX/tickets")
    assert "よその端末" not in second  # a requester there, whatever he is elsewhere
    page(client, "/portal/GLOBEX/access-log", 403)


def test_who_looked_stands_in_the_access_log(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    with acting_as(cast.agent(cast.acme.id)):
        people.looked_at(acme(), cast.acme.id, cast.agent(cast.acme.id), "ACME-1", "相沢愛子", clock.now())
        acme().flush()
        acme().commit()
    text = page(browser_of(cast.acme.emails[Role.CLIENT_ADMIN]), "/portal/ACME/access-log")
    assert ("相沢愛子" in text, "ACME-1" in text) == (True, True)


def test_the_list_goes_on_where_the_page_before_ended(
    acme: Rows, cast: Cast, browser_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal, "PAGE", 2)
    for n in range(5):
        opened(acme, cast.acme, title=f"件 {n}")
    client, at, seen = browser_of(cast.acme.emails[Role.REQUESTER]), "/portal/ACME/tickets", []
    for _page in range(3):
        text = page(client, at)
        seen += re.findall(r">(件 \d)</a>", text)
        more = re.search(r'href="([^"]*after=[^"]*)"', text)
        at = more[1].replace("&amp;", "&") if more else ""
    assert seen == ["件 4", "件 3", "件 2", "件 1", "件 0"]
    assert at == ""
