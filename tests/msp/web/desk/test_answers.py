"""Nothing leaves before its author saw what there was to see."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from billing.models import TimeEntry
from msp.tickets import actions, queries
from msp.tickets.models import Participant, Ticket
from msp.tickets.rules import Status
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import Role, job
from tenants.work import Work
from tests.conftest import SignIn
from tests.msp.web.desk.conftest import NOW, Day

HX = {"HX-Request": "true"}


@pytest.fixture
def ticket(day: Day) -> Ticket:
    return day.opens(day.cast.acme)


def form(client: FlaskClient, ticket: Ticket, kind: str = "reply") -> dict[str, str]:
    """The composer as it was served."""
    page = client.get(f"/tickets/{ticket.key}?kind={kind}").text
    found = re.search(r'name="send_token" value="([^"]+)"', page)
    assert found is not None
    return {"send_token": found[1], "kind": kind}


def send(client: FlaskClient, ticket: Ticket, given: dict[str, str], body: str, **more: Any) -> TestResponse:
    return client.post(f"/tickets/{ticket.key}/answer", data=given | {"body": body} | more)


def confirm_of(page: str) -> str:
    found = re.search(r'name="confirm" value="([^"]+)"', page)
    return found[1] if found else ""


def test_a_reply_leaves_when_the_time_to_undo_is_over(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    answer = send(agent, ticket, form(agent, ticket), "型番を教えてください")
    assert answer.status_code == 303
    assert day.texts(ticket)[-1] == "型番を教えてください"
    with acting_as(job(ticket.tenant_id)):
        work = day.session.scalars(select(Work).where(Work.kind == "mail.reply")).one()
    assert work.available_at == NOW + timedelta(seconds=10)


def test_the_button_names_the_client(agent: FlaskClient, ticket: Ticket) -> None:
    page = agent.get(f"/tickets/{ticket.key}").text
    assert re.search(r"髙﨑商店㈱へ送信|Send to 髙﨑商店㈱", page)


def test_waiting_resolving_and_time_go_with_it(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    send(agent, ticket, form(agent, ticket), "型番は？", after="pending_client", minutes="15", work_type="remote")
    assert day.now(ticket).status == Status.PENDING_CLIENT
    with acting_as(job(ticket.tenant_id)):
        entry = day.session.scalars(select(TimeEntry)).one()
    assert (entry.raw_seconds, entry.ended_at, entry.ticket_id) == (900, NOW, ticket.id)
    send(agent, ticket, form(agent, ticket), "直りました", after="resolved")
    assert (day.now(ticket).status, ticket.resolution, ticket.resolved_at) == (Status.RESOLVED, "直りました", NOW)


def test_time_without_a_kind_of_work_keeps_everything_back(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    answer = send(agent, ticket, form(agent, ticket), "直りました", minutes="15", work_type="")
    assert answer.status_code == 422
    assert len(day.texts(ticket)) == 1


def test_a_newer_message_stops_the_send_until_it_was_seen(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    given = form(agent, ticket)
    day.writes(ticket, "追伸：二階の複合機もです")
    held = send(agent, ticket, given, "一階を見ます")
    assert held.status_code == 409
    assert "追伸：二階の複合機もです" in held.text
    assert day.texts(ticket)[-1] == "追伸：二階の複合機もです"
    assert day.drafts(ticket) == {"reply": "一階を見ます"}
    assert send(agent, ticket, given, "一階を見ます", confirm=confirm_of(held.text)).status_code == 303
    assert day.texts(ticket)[-1] == "一階を見ます"
    assert day.drafts(ticket) == {}


def test_what_arrived_after_the_warning_is_asked_about_anew(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    given = form(agent, ticket)
    day.writes(ticket, "追伸")
    confirm = confirm_of(send(agent, ticket, given, "見ます").text)
    day.writes(ticket, "やはり三階です")
    again = send(agent, ticket, given, "見ます", confirm=confirm)
    assert again.status_code == 409
    assert "やはり三階です" in again.text


def test_for_htmx_the_composer_comes_back_whole(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    given = form(agent, ticket)
    day.writes(ticket, "追伸")
    held = agent.post(
        f"/tickets/{ticket.key}/answer",
        data=given | {"body": "見ます", "minutes": "7", "work_type": "remote"},
        headers=HX,
    )
    assert (held.status_code, held.headers["HX-Retarget"]) == (409, "#composer-slot")
    assert "<html" not in held.text
    assert "見ます</textarea>" in held.text
    assert 'value="7"' in held.text
    assert given["send_token"] in held.text


def test_a_form_of_another_ticket_or_person_is_refused(
    agent: FlaskClient, day: Day, ticket: Ticket, browser_of: SignIn
) -> None:
    other = day.opens(day.cast.globex)
    given = form(agent, ticket)
    assert send(agent, other, given, "こんにちは").status_code == 409
    assert send(browser_of("lead@desk.example"), ticket, given, "こんにちは").status_code == 409
    assert send(agent, ticket, given | {"send_token": given["send_token"][:-2] + "xx"}, "こんにちは").status_code == 409
    assert len(day.texts(ticket)) == len(day.texts(other)) == 1


@pytest.mark.parametrize(
    "words", ["globex.example の件", "https://www.globex.example/ を", "GLOBEX-12 と同じ", "ＧＬＯＢＥＸ－１２と同じ"]
)
def test_words_of_another_client_need_a_second_press(agent: FlaskClient, day: Day, ticket: Ticket, words: str) -> None:
    given = form(agent, ticket)
    held = send(agent, ticket, given, words)
    assert held.status_code == 409
    assert "found-word" in held.text
    assert send(agent, ticket, given, words, confirm=confirm_of(held.text)).status_code == 303


def test_a_note_may_name_anybody_and_is_no_message(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    assert send(agent, ticket, form(agent, ticket, "note"), "GLOBEX-12 と同じ原因").status_code == 303
    assert len(day.texts(ticket)) == 1
    assert [note.text for note in day.reads(ticket, queries.notes_of)] == ["GLOBEX-12 と同じ原因"]


def test_text_typed_as_a_note_leaves_only_by_a_second_act(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    given = form(agent, ticket)
    agent.post(f"/tickets/{ticket.key}/draft", data={"kind": "note", "body": "客は分かっていない"})
    assert send(agent, ticket, given, "客は分かっていない").status_code == 409
    assert send(agent, ticket, form(agent, ticket, "note") | {"kind": "reply"}, "別の文").status_code == 409
    assert len(day.texts(ticket)) == 1


def test_a_note_turned_into_a_reply_and_kept_so_may_leave(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    given = form(agent, ticket)
    for kind in ("note", "reply"):
        agent.post(f"/tickets/{ticket.key}/draft", data={"kind": kind, "body": "明日伺います"})
    assert day.drafts(ticket) == {"reply": "明日伺います"}
    assert send(agent, ticket, given, "明日伺います").status_code == 303


def test_a_draft_comes_back_with_the_page(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    before = ticket.version
    kept = agent.post(f"/tickets/{ticket.key}/draft", data={"kind": "reply", "body": "書きかけ"})
    assert kept.status_code == 204
    assert "書きかけ</textarea>" in agent.get(f"/tickets/{ticket.key}").text
    assert day.now(ticket).version == before


def test_undo_brings_text_and_state_back(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    send(agent, ticket, form(agent, ticket), "まちがい", after="resolved")
    message = day.reads(ticket, queries.messages_of)[-1]
    undone = agent.post(f"/tickets/{ticket.key}/messages/{message.id}/undo", headers=HX)
    assert undone.status_code == 200
    assert "まちがい</textarea>" in undone.text
    assert day.now(ticket).status == Status.OPEN
    assert ticket.resolved_at is None


def test_nobody_undoes_what_a_colleague_sent(agent: FlaskClient, day: Day, ticket: Ticket, browser_of: SignIn) -> None:
    send(agent, ticket, form(agent, ticket), "送ります")
    message = day.reads(ticket, queries.messages_of)[-1]
    lead = browser_of("lead@desk.example")
    assert lead.post(f"/tickets/{ticket.key}/messages/{message.id}/undo").status_code == 422


def test_a_colleague_of_the_client_in_cc_follows_from_now_on(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    address = day.cast.acme.emails[Role.TEAM_LEAD]
    assert send(agent, ticket, form(agent, ticket), "共有します", cc=address).status_code == 303
    with acting_as(job(ticket.tenant_id)):
        follower = day.session.scalars(select(Participant.contact_id)).one()
    assert follower == day.cast.acme.contacts[Role.TEAM_LEAD]


def test_another_clients_address_is_refused_outright(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    for address in (day.cast.globex.emails[Role.REQUESTER], "nobody@globex.example"):
        held = send(agent, ticket, form(agent, ticket), "共有します", cc=address)
        assert held.status_code == 422
        assert confirm_of(held.text) == ""


def test_an_outside_address_is_confirmed_by_the_letters_of_the_tile(
    agent: FlaskClient, day: Day, ticket: Ticket
) -> None:
    given = form(agent, ticket)
    held = send(agent, ticket, given, "共有します", cc="maker@vendor.example")
    assert held.status_code == 422
    assert "vendor.example" in held.text
    tile = "髙﨑商店㈱"
    assert send(agent, ticket, given, "共有します", cc="maker@vendor.example", tile=tile).status_code == 303
    with acting_as(job(ticket.tenant_id)):
        added = day.session.scalars(select(Contact).where(Contact.email == "maker@vendor.example")).one()
    assert added.verified_at is None


def test_send_and_solve_goes_on_to_the_next(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    following = day.opens(day.cast.globex, "次の件")
    given = form(agent, ticket) | {"then": "solve", "body": "直りました"}
    answer = agent.post(f"/tickets/{ticket.key}/answer?view=due", data=given, headers=HX)
    assert day.now(ticket).status == Status.RESOLVED
    assert f'data-ticket="{following.key}"' in answer.text
    assert answer.headers["HX-Push-Url"] == f"/tickets?view=due&ticket={following.key}"


def test_a_reader_without_the_right_to_work_cannot_answer(day: Day, ticket: Ticket, browser_of: SignIn) -> None:
    auditor = browser_of("auditor@desk.example")
    page = auditor.get(f"/tickets/{ticket.key}")
    assert page.status_code == 200
    assert "data-composer" not in page.text
    assert auditor.post(f"/tickets/{ticket.key}/answer", data={"kind": "note", "body": "x"}).status_code == 403


def test_the_other_side_of_the_wall_hears_nothing(day: Day, ticket: Ticket, browser_of: SignIn) -> None:
    ben = browser_of("ben@desk.example")
    for path in ("answer", "draft", "check", "messages/1/undo"):
        foreign = ben.post(f"/tickets/{ticket.key}/{path}", data={"kind": "note", "body": "x"})
        absent = ben.post(f"/tickets/NOSUCH-1/{path}", data={"kind": "note", "body": "x"})
        assert (foreign.status_code, foreign.data) == (404, absent.data)


def test_pasting_is_looked_over(agent: FlaskClient, ticket: Ticket) -> None:
    found = agent.post(f"/tickets/{ticket.key}/check", data={"kind": "reply", "body": "globex.example"}).text
    assert "globex.example" in found
    assert agent.post(f"/tickets/{ticket.key}/check", data={"kind": "reply", "body": "acme.example"}).text == ""


def test_a_cancelled_ticket_takes_no_reply(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    given = form(agent, ticket)
    with acting_as(day.cast.agent(ticket.tenant_id)):
        actions.cancel(day.session, ticket, actions.SYSTEM, NOW)
        day.session.commit()
    refused = send(agent, ticket, given, "まだですか")
    assert refused.status_code == 422
    assert day.drafts(ticket) == {"reply": "まだですか"}
    assert day.now(ticket).status == Status.CANCELLED


def test_an_unknown_kind_of_work_keeps_the_reply_back_with_its_text(
    agent: FlaskClient, day: Day, ticket: Ticket
) -> None:
    refused = send(agent, ticket, form(agent, ticket), "直りました", minutes="5", work_type="no-such")
    assert refused.status_code == 422
    assert "直りました</textarea>" in refused.text
    assert len(day.texts(ticket)) == 1


def test_a_file_named_after_another_client_is_noticed(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    given = form(agent, ticket)
    held = send(agent, ticket, given, "送ります", files=(BytesIO(b"x"), "GLOBEX-12 構成図.pdf"))
    assert held.status_code == 409
    assert "GLOBEX-12" in held.text
