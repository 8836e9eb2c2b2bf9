"""The client's own pages: what each role sees, opening and answering, invoices, the access log."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp import clock
from msp.tickets import actions
from msp.tickets.actions.answer import Answer, answer, take_answer_back
from msp.tickets.models import Attachment, Link, Ticket
from msp.tickets.rules import Channel, Level, Status
from msp.web import portal
from tenants import actions as people
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import Role, job
from tests.cast import Cast, Company
from tests.conftest import SignIn
from tests.msp.web.rooms.conftest import Counted
from tests.promises import agree_on_office_hours

Rows = Callable[[], Session]
HOUR = timedelta(hours=1)
GIVEN = {"title": "印刷できません", "text": "昨日から", "scope": "one", "urgency": "medium", "kind": "trouble"}


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


def settled(rows: Rows, cast: Cast, number: int, days: int) -> None:
    """An agent resolved it so many days ago."""
    with acting_as(cast.agent(cast.acme.id)):
        ticket = ticket_of(rows, cast.acme.id, number)
        agent = actions.Actor("agent", cast.staff[Role.AGENT], "相沢")
        actions.resolve(rows(), ticket, agent, "設定を直しました", clock.now())
        ticket.resolved_at = clock.now() - timedelta(days=days)
        rows().commit()


def ticket_of(rows: Rows, tenant_id: int, number: int) -> Ticket:
    found = rows().scalar(select(Ticket).where(Ticket.tenant_id == tenant_id, Ticket.number == number))
    assert found is not None
    return found


def page(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)[:800]
    return answer.get_data(as_text=True)


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


def test_a_matter_becomes_a_ticket_with_its_files(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    client = browser_of(cast.acme.emails[Role.REQUESTER])
    files = [(io.BytesIO("画面".encode()), "画面.txt")]
    answer = client.post("/portal/ACME/tickets", data=GIVEN | {"scope": "everyone", "files": files})
    assert answer.status_code == 303, answer.get_data(as_text=True)[:800]
    shown = page(client, answer.location)
    with acting_as(job(cast.acme.id)):
        ticket = ticket_of(acme, cast.acme.id, 1)
        file = acme().scalars(select(Attachment)).one()
    assert (ticket.impact, ticket.priority, ticket.channel, ticket.status) == (Level.HIGH, "P2", "portal", Status.NEW)
    assert ticket.contact_id == cast.acme.contacts[Role.REQUESTER]
    assert "画面.txt" in shown
    assert client.get(f"/portal/ACME-1/files/{file.id}").get_data() == "画面".encode()
    assert client.get(f"/portal/ACME-1/files/{file.id + 1}").status_code == 404


@pytest.mark.parametrize("missing", ["title", "text", "scope", "urgency"])
def test_what_is_missing_is_said_at_its_field(acme: Rows, cast: Cast, browser_of: SignIn, missing: str) -> None:
    client = browser_of(cast.acme.emails[Role.REQUESTER])
    answer = client.post("/portal/ACME/tickets", data=GIVEN | {missing: ""})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert f'id="f-{missing}-error"' in text
    assert f'href="#f-{missing}"' in text
    assert ("印刷できません" in text) == (missing != "title")


def test_what_hits_everybody_is_shown_before_it_is_told_twice(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    opened(acme, cast.acme, Role.TEAM_LEAD, "回線が落ちています", impact=Level.HIGH)
    opened(acme, cast.acme, Role.TEAM_LEAD, "人事の相談")
    text = page(browser_of(cast.acme.emails[Role.REQUESTER]), "/portal/ACME/tickets/new")
    assert ("回線が落ちています" in text, "人事の相談" in text) == (True, False)


def test_an_answer_ends_the_wait_for_the_client(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    number = opened(acme, cast.acme)
    with acting_as(cast.agent(cast.acme.id)):
        agent = actions.Actor("agent", cast.staff[Role.AGENT], "相沢")
        actions.wait_on_client(acme(), ticket_of(acme, cast.acme.id, number), agent, clock.now() - HOUR / 2)
        acme().commit()
    client = browser_of(cast.acme.emails[Role.REQUESTER])
    assert "sla-pause" in page(client, f"/portal/ACME/tickets/{number}")
    answer = client.post(
        f"/portal/ACME/tickets/{number}/answer", data={"text": "再起動しました"}, headers={"HX-Request": "true"}
    )
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200, text[:800]
    assert "再起動しました" in text
    assert "<html" not in text
    with acting_as(job(cast.acme.id)):
        assert ticket_of(acme, cast.acme.id, number).status == Status.OPEN


def test_a_resolved_ticket_is_taken_up_again(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    number = opened(acme, cast.acme)
    settled(acme, cast, number, days=1)
    answer = browser_of(cast.acme.emails[Role.REQUESTER]).post(
        f"/portal/ACME/tickets/{number}/answer", data={"text": "まだです"}
    )
    assert answer.status_code == 303
    with acting_as(job(cast.acme.id)):
        assert ticket_of(acme, cast.acme.id, number).status == Status.OPEN


def test_one_settled_long_ago_is_followed_by_a_new_one(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    number = opened(acme, cast.acme)
    settled(acme, cast, number, days=30)
    answer = browser_of(cast.acme.emails[Role.REQUESTER]).post(
        f"/portal/ACME/tickets/{number}/answer", data={"text": "また出ました"}
    )
    assert f"/tickets/{number + 1}?told=followed" in answer.location
    with acting_as(job(cast.acme.id)):
        old, new = (ticket_of(acme, cast.acme.id, each) for each in (number, number + 1))
        assert old.status == Status.RESOLVED
        link = acme().scalars(select(Link)).one()
        assert (link.ticket_id, link.other_id, link.kind) == (new.id, old.id, "follows")


def test_an_empty_answer_is_refused_at_its_field(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    number = opened(acme, cast.acme)
    client = browser_of(cast.acme.emails[Role.REQUESTER])
    answer = client.post(f"/portal/ACME/tickets/{number}/answer", data={"text": " "})
    assert answer.status_code == 422
    assert 'id="f-text-error"' in answer.get_data(as_text=True)


def test_notes_and_replies_still_to_be_undone_stay_with_the_desk(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    number = opened(acme, cast.acme)
    agent = actions.Actor("agent", cast.staff[Role.AGENT], "相沢")
    with acting_as(cast.agent(cast.acme.id)):
        ticket = ticket_of(acme, cast.acme.id, number)
        actions.note(acme(), ticket, agent, "内緒のメモ", clock.now())
        actions.hand_to_tier(acme(), ticket, agent, 2, clock.now())
        actions.assign(acme(), ticket, agent, cast.staff[Role.LEAD], "佐藤 健", clock.now())
        undo = timedelta(seconds=10)
        said = {
            text: actions.reply(acme(), ticket, agent, text, at, None, undo).id
            for text, at in (("確認中です", clock.now() - HOUR / 2), ("いま書いた返事", clock.now()))
        }
        acme().commit()
    text = page(browser_of(cast.acme.emails[Role.REQUESTER]), f"/portal/ACME/tickets/{number}")
    assert ("確認中です" in text, "佐藤 健" in text) == (True, True)
    assert ("内緒のメモ" in text, "いま書いた返事" in text, f"message-{said['いま書いた返事']}" in text) == (False,) * 3


def test_how_it_was_resolved_is_read_with_the_reply_that_says_so(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    agent, undo = actions.Actor("agent", cast.staff[Role.AGENT], "相沢"), timedelta(seconds=10)
    told = {"いま直したと書いた": clock.now(), "さっき直した": clock.now() - undo}
    for text, at in told.items():
        number = opened(acme, cast.acme)
        with acting_as(cast.agent(cast.acme.id)):
            ticket = ticket_of(acme, cast.acme.id, number)
            answer(acme(), ticket, agent, Answer(text, None, Status.RESOLVED), at, undo)
            acme().commit()
        address = f"/portal/ACME/tickets/{number}"
        assert (text in page(browser_of(cast.acme.emails[Role.REQUESTER]), address)) == (at != clock.now())


def test_what_was_taken_back_is_not_how_it_was_resolved(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    number = opened(acme, cast.acme)
    agent, undo, at = actions.Actor("agent", cast.staff[Role.AGENT], "相沢"), timedelta(seconds=10), clock.now()
    with acting_as(cast.agent(cast.acme.id)):
        ticket = ticket_of(acme, cast.acme.id, number)
        message = answer(acme(), ticket, agent, Answer("まちがい", None, Status.RESOLVED), at - undo, undo)
        actions.close(acme(), ticket, agent, at - undo)
        take_answer_back(acme(), ticket, message, agent, at)
        acme().commit()
    assert "まちがい" not in page(browser_of(cast.acme.emails[Role.REQUESTER]), f"/portal/ACME/tickets/{number}")


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
        acme().commit()
    text = page(browser_of(cast.acme.emails[Role.CLIENT_ADMIN]), "/portal/ACME/access-log")
    assert ("相沢愛子" in text, "ACME-1" in text) == (True, True)


def test_a_company_without_anybody_responsible_is_still_heard(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    with acting_as(job(cast.acme.id)):
        acme().get_one(Tenant, cast.acme.id).owner_login_id = None
        acme().commit()
    answer = browser_of(cast.acme.emails[Role.REQUESTER]).post("/portal/ACME/tickets", data=GIVEN)
    assert answer.status_code == 303
    with acting_as(job(cast.acme.id)):
        assert ticket_of(acme, cast.acme.id, 1).owner_id == cast.staff[Role.OWNER]


def test_signs_that_no_column_holds_do_no_harm(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    client = browser_of(cast.acme.emails[Role.REQUESTER])
    assert client.post("/portal/ACME/tickets", data=GIVEN | {"text": "a\0b"}).status_code == 303
    assert client.get("/portal/ACME/tickets/99999999999999999999999").status_code == 404
    assert client.get("/portal/ACME/tickets?after=999999999999.999999999999999999").status_code == 200


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
