"""A client opens a ticket, answers it, and reads what the desk has really sent."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from msp import clock
from msp.tickets import actions
from msp.tickets.actions.answer import answer, take_answer_back
from msp.tickets.models import Attachment, Link
from msp.tickets.rules import Level, Status
from tenants.isolation import acting_as
from tenants.models import Tenant
from tenants.rules import Role, job
from tests.cast import Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.portal.conftest import HOUR, Rows, opened, page, ticket_of

GIVEN = {"title": "印刷できません", "text": "昨日から", "scope": "one", "urgency": "medium", "kind": "trouble"}


def settled(rows: Rows, cast: Cast, number: int, days: int) -> None:
    """An agent resolved it so many days ago."""
    with acting_as(cast.agent(cast.acme.id)):
        ticket = ticket_of(rows, cast.acme.id, number)
        agent = actions.Actor("agent", cast.staff[Role.AGENT], "相沢")
        actions.resolve(rows(), ticket, agent, "設定を直しました", clock.now())
        ticket.resolved_at = clock.now() - timedelta(days=days)
        rows().commit()


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
            text: actions.reply(acme(), ticket, agent, actions.Answer(text), at, undo).id
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
            answer(acme(), ticket, agent, actions.Answer(text, None, Status.RESOLVED), at, undo)
            acme().commit()
        address = f"/portal/ACME/tickets/{number}"
        assert (text in page(browser_of(cast.acme.emails[Role.REQUESTER]), address)) == (at != clock.now())


def test_what_was_taken_back_is_not_how_it_was_resolved(acme: Rows, cast: Cast, browser_of: SignIn) -> None:
    number = opened(acme, cast.acme)
    agent, undo, at = actions.Actor("agent", cast.staff[Role.AGENT], "相沢"), timedelta(seconds=10), clock.now()
    with acting_as(cast.agent(cast.acme.id)):
        ticket = ticket_of(acme, cast.acme.id, number)
        message = answer(acme(), ticket, agent, actions.Answer("まちがい", None, Status.RESOLVED), at - undo, undo)
        actions.close(acme(), ticket, agent, at - undo)
        take_answer_back(acme(), ticket, message, agent, at)
        acme().commit()
    assert "まちがい" not in page(browser_of(cast.acme.emails[Role.REQUESTER]), f"/portal/ACME/tickets/{number}")


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
