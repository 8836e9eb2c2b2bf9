"""One ticket's page: who may look, that it is written down, its story, its files and its mails."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from msp.files import files
from msp.tickets import actions, queries
from msp.tickets.models import Ticket
from msp.tickets.rules import Level, Status
from tenants.audit import AccessLog, Audit
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.cast import MONDAY_9
from tests.conftest import SignIn
from tests.msp.web.desk.conftest import HOUR, NOW, Day

HX = {"HX-Request": "true"}
HOSTILE = (
    "<p>至急<script>alert(1)</script><img src='https://tracker.example/x.png' alt='絵'><b onclick='x()'>です</b></p>"
)


@pytest.fixture
def ticket(day: Day) -> Ticket:
    return day.opens(day.cast.acme, html=HOSTILE, quoted="> 先週の件")


def me(day: Day) -> actions.Actor:
    return actions.actor_of(day.cast.agent(day.cast.acme.id))


def keep_file(day: Day, ticket: Ticket, name: str, content: bytes) -> actions.Upload:
    place, digest = files().keep(ticket.tenant_id, content)
    return actions.Upload(name, "text/html", len(content), digest, place)


def test_a_look_is_written_down_once_an_hour(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    for _ in range(2):
        assert agent.get(f"/tickets/{ticket.key}").status_code == 200
    agent.get(f"/tickets?view=due&ticket={ticket.key}")
    with acting_as(job(ticket.tenant_id)):
        looks = day.session.scalars(select(AccessLog)).all()
    assert [(look.subject, look.login_id) for look in looks] == [(ticket.key, day.cast.staff[Role.AGENT])]


def test_the_part_beside_the_list_is_the_same_ticket(agent: FlaskClient, ticket: Ticket) -> None:
    part = agent.get(f"/tickets/{ticket.key}", headers=HX | {"HX-Target": "detail"}).text
    assert "<html" not in part
    assert f'data-ticket="{ticket.key}"' in part
    assert f'data-ticket="{ticket.key}"' in agent.get(f"/tickets?ticket={ticket.key}").text


def test_messages_notes_and_events_stand_in_order(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    with acting_as(day.cast.agent(ticket.tenant_id)):
        actions.note(day.session, ticket, me(day), "先週も発生", MONDAY_9 + HOUR / 4)
        actions.hand_to_tier(day.session, ticket, me(day), 2, MONDAY_9 + HOUR / 3)
        actions.reply(day.session, ticket, me(day), actions.Answer("確認します"), MONDAY_9 + HOUR / 2, timedelta(0))
        day.session.commit()
    page = agent.get(f"/tickets/{ticket.key}").text
    places = [page.index(words) for words in (ticket.title, "先週も発生", "2次サポートに引き継ぎました", "確認します<")]
    assert places == sorted(places)


def test_quoted_text_is_folded(agent: FlaskClient, ticket: Ticket) -> None:
    page = agent.get(f"/tickets/{ticket.key}").text
    assert page.index("<details") < page.index("&gt; 先週の件")


def test_a_reply_taken_back_is_told_but_not_shown(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    with acting_as(day.cast.agent(ticket.tenant_id)):
        message = actions.reply(day.session, ticket, me(day), actions.Answer("まちがい"), NOW, HOUR)
        actions.take_back(day.session, ticket, message, me(day), NOW)
        actions.keep_draft(day.session, ticket, day.cast.staff[Role.AGENT], "reply", "", NOW)
        day.session.commit()
    page = agent.get(f"/tickets/{ticket.key}").text
    assert "まちがい" not in page
    assert "before it left" in page or "取り消し" in page


def test_a_mail_is_shown_in_a_cage(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    message = day.reads(ticket, queries.messages_of)[0]
    shown = agent.get(f"/tickets/{ticket.key}/messages/{message.id}/formatted")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert "script" not in shown.text
    assert "tracker.example" not in shown.text
    assert "onclick" not in shown.text
    assert 'sandbox=""' in agent.get(f"/tickets/{ticket.key}").text


def test_a_file_is_saved_and_never_shown(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    with acting_as(day.cast.agent(ticket.tenant_id)):
        upload = keep_file(day, ticket, "請求書（髙﨑）.html", b"<script>alert(1)</script>")
        actions.reply(day.session, ticket, me(day), actions.Answer("送ります", uploads=[upload]), NOW, HOUR)
        actions.note(day.session, ticket, me(day), "控え", NOW, [upload])
        day.session.commit()
    for path, asked in (("files", queries.attachments_of), ("note-files", queries.note_attachments_of)):
        file = day.reads(ticket, asked)[0]
        got = agent.get(f"/tickets/{ticket.key}/{path}/{file.id}")
        assert got.data == b"<script>alert(1)</script>"
        assert got.headers["Content-Disposition"].startswith("attachment")
        assert "UTF-8''%E8%AB%8B" in got.headers["Content-Disposition"]
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in got.headers["Content-Security-Policy"]
        assert got.mimetype == "application/octet-stream"


def test_a_file_is_asked_for_anew_each_time(agent: FlaskClient, day: Day, ticket: Ticket, browser_of: SignIn) -> None:
    with acting_as(day.cast.agent(ticket.tenant_id)):
        upload = keep_file(day, ticket, "a.txt", b"a")
        actions.reply(day.session, ticket, me(day), actions.Answer("送ります", uploads=[upload]), NOW, HOUR)
        day.session.commit()
    file = day.reads(ticket, queries.attachments_of)[0]
    other = day.opens(day.cast.globex)
    ben = browser_of("ben@desk.example")
    absent = ben.get("/tickets/NOSUCH-1/files/1")
    for client, key in ((ben, ticket.key), (ben, other.key), (agent, other.key)):
        assert client.get(f"/tickets/{key}/files/{file.id}").status_code == 404
    assert ben.get(f"/tickets/{ticket.key}/files/{file.id}").data == absent.data


def test_an_upload_is_named_by_its_bytes(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    page = agent.get(f"/tickets/{ticket.key}?kind=note").text
    token = page.partition('name="send_token" value="')[2].partition('"')[0]
    data = {"kind": "note", "body": "写真", "send_token": token, "files": (BytesIO(b"%PDF-1.7"), "../../写真.jpg")}
    assert agent.post(f"/tickets/{ticket.key}/answer", data=data).status_code == 303
    file = day.reads(ticket, queries.note_attachments_of)[0]
    assert (file.name, file.content_type, file.size) == ("写真.jpg", "application/pdf", 8)


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ("wait-on-client", Status.PENDING_CLIENT),
        ("wait-on-vendor", Status.PENDING_VENDOR),
        ("take-up", Status.OPEN),
        ("cancel", Status.CANCELLED),
    ],
)
def test_acts(agent: FlaskClient, day: Day, ticket: Ticket, act: str, status: Status) -> None:
    assert agent.post(f"/tickets/{ticket.key}/{act}").status_code == 303
    assert day.now(ticket).status == status


def test_an_act_answers_htmx_with_its_part(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    part = agent.post(f"/tickets/{ticket.key}/take", headers=HX)
    assert part.status_code == 200
    assert 'id="ticket-head"' in part.text
    assert "data-composer" not in part.text
    assert (day.now(ticket).owner_id, ticket.taken_at) == (day.cast.staff[Role.AGENT], NOW)


def test_close_and_reopen(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    agent.post(f"/tickets/{ticket.key}/edit/resolve", data={"resolution": "紙を入れた"})
    assert day.now(ticket).status == Status.RESOLVED
    agent.post(f"/tickets/{ticket.key}/close")
    assert day.now(ticket).status == Status.CLOSED
    agent.post(f"/tickets/{ticket.key}/reopen")
    assert day.now(ticket).status == Status.OPEN


def test_a_move_that_makes_no_sense_is_refused_in_words(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    agent.post(f"/tickets/{ticket.key}/cancel")
    refused = agent.post(f"/tickets/{ticket.key}/wait-on-client", headers=HX)
    assert (refused.status_code, refused.headers["HX-Retarget"]) == (422, "#toasts")
    assert day.now(ticket).status == Status.CANCELLED


def test_fields(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    def edit(what: str, **given: str) -> int:
        version = str(day.now(ticket).version)
        return agent.post(f"/tickets/{ticket.key}/edit/{what}", data={"version": version} | given).status_code

    assert edit("describe", title="三階の複合機", kind="trouble") == 303
    assert edit("priority", impact="high", urgency="high") == 303
    assert edit("owner", owner=str(day.cast.staff[Role.LEAD])) == 303
    assert edit("tier", tier="3") == 303
    assert edit("labels", labels="印刷、三階，至急") == 303
    assert edit("follow-up", on="2026-06-03T09:00") == 303
    assert edit("follower", contact=str(day.cast.acme.contacts[Role.TEAM_LEAD])) == 303
    now = day.now(ticket)
    assert (now.title, now.kind, now.priority, now.tier) == ("三階の複合機", "trouble", "P1", 3)
    assert (now.owner_id, now.follow_up_at) == (day.cast.staff[Role.LEAD], MONDAY_9 + 48 * HOUR)
    assert set(day.reads(ticket, queries.tags_of)) == {"印刷", "三階", "至急"}
    assert list(day.reads(ticket, queries.participants_of)) == [day.cast.acme.contacts[Role.TEAM_LEAD]]


def test_what_is_agreed_with_the_client_is_scheduled_until_then(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    address = f"/tickets/{ticket.key}/edit/follow-up"
    agent.post(address, data={"on": "2026-06-03T09:00", "agreed": "1"})
    assert day.now(ticket).status == Status.SCHEDULED
    assert re.search(r'name="agreed"[^>]* checked', agent.get(address).text)
    agent.post(address, data={"on": ""})
    assert (day.now(ticket).status, day.now(ticket).follow_up_at) == (Status.OPEN, None)


def test_an_edit_of_what_has_changed_meanwhile_is_not_made(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    opened = agent.get(f"/tickets/{ticket.key}/edit/describe")
    tag = opened.headers["ETag"]
    day.writes(ticket, "追伸")
    given = {"title": "別の題", "kind": "trouble"}
    for late in ({"headers": {"If-Match": tag}}, {"headers": {}, "version": tag.strip('"')}):
        headers = late.pop("headers")
        answer = agent.post(f"/tickets/{ticket.key}/edit/describe", data=given | late, headers=headers)
        assert answer.status_code == 412
    assert day.now(ticket).title == "複合機が動きません"


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("describe", {"title": " ", "kind": "trouble"}),
        ("describe", {"title": "題", "kind": "trouble", "category": "no-such"}),
        ("priority", {"impact": "huge", "urgency": "high"}),
        ("owner", {"owner": "999999"}),
        ("tier", {"tier": "4"}),
        ("resolve", {"resolution": ""}),
        ("link", {"other": "GLOBEX-1"}),
        ("link", {"other": "ACME-1"}),
        ("link", {"other": "いちばん"}),
        ("follow-up", {"on": "2026-05-01T09:00"}),
        ("follow-up", {"agreed": "1"}),
        ("follower", {"contact": "999999"}),
    ],
)
def test_what_does_not_fit_comes_back_with_a_sentence(
    agent: FlaskClient, day: Day, ticket: Ticket, what: str, given: dict[str, str]
) -> None:
    day.opens(day.cast.globex)
    answer = agent.post(f"/tickets/{ticket.key}/edit/{what}", data=given, headers=HX)
    assert answer.status_code == 422
    assert "error-summary" in answer.text


def test_a_refused_edit_changes_nothing(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    agent.post(f"/tickets/{ticket.key}/cancel")
    refused = agent.post(f"/tickets/{ticket.key}/edit/resolve", data={"resolution": "紙を入れた"}, headers=HX)
    assert refused.status_code == 422
    assert (day.now(ticket).resolution, ticket.status) == ("", Status.CANCELLED)


def test_two_tickets_of_one_client_are_linked_on_both_sides(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    other = day.opens(day.cast.acme, "同じ機械")
    assert agent.post(f"/tickets/{ticket.key}/edit/link", data={"other": other.key}).status_code == 303
    assert "同じ機械" in agent.get(f"/tickets/{ticket.key}").text
    assert ticket.title in agent.get(f"/tickets/{other.key}").text


def test_the_clock_explains_itself_to_the_minute(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    agent.post(f"/tickets/{ticket.key}/wait-on-client")
    page = agent.get(f"/tickets/{ticket.key}/clock")
    assert page.status_code == 200
    assert "<svg" in page.text
    assert "1時間" in page.text


def test_an_unsafe_act_leaves_a_row_of_audit_with_the_client(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    agent.post(f"/tickets/{ticket.key}/take")
    with acting_as(job(ticket.tenant_id)):
        verbs = day.session.scalars(select(Audit.verb)).all()
    assert "ticket_acts.take" in verbs


def test_the_page_asks_a_bounded_number_of_questions(
    agent: FlaskClient, day: Day, ticket: Ticket, statements: list[str]
) -> None:
    with acting_as(day.cast.agent(ticket.tenant_id)):
        for n in range(20):
            actions.note(day.session, ticket, me(day), f"{n} 回目", NOW)
            actions.weigh(day.session, ticket, me(day), (Level.LOW, Level.HIGH)[n % 2], Level.MEDIUM, NOW)
        day.session.commit()
    agent.get(f"/tickets/{ticket.key}")
    statements.clear()
    agent.get(f"/tickets/{ticket.key}")
    assert len([one for one in statements if "SAVEPOINT" not in one]) <= 32
