"""Tickets through the interface: each side sees and does what its pages let it, and no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from msp.tickets.models import Message, Note, Ticket
from tenants.audit import AccessLog
from tenants.db import db
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.cast import MONDAY_9, Cast
from tests.msp.api.conftest import NOW, SECRET, Day, Program

MATTER = {"title": "壊れました", "text": "画面が割れました"}


def body(answer: Any) -> Any:
    assert answer.status_code < 300, answer.get_data(as_text=True)
    return answer.json


def keys(program: Program, **query: Any) -> list[str]:
    return [each["key"] for each in body(program.get("/tickets", **query))["items"]]


def test_the_desk_lists_all_clients_by_their_last_change(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    day.opens(cast.globex, at=MONDAY_9 + timedelta(minutes=1))
    day.opens(cast.acme, at=MONDAY_9 + timedelta(minutes=2))
    agent = day.agent()
    assert keys(agent) == ["ACME-2", "GLOBEX-1", "ACME-1"]
    assert keys(agent, order="oldest") == ["ACME-1", "GLOBEX-1", "ACME-2"]
    assert keys(agent, client="ACME") == ["ACME-2", "ACME-1"]
    assert keys(agent, changed_since="2026-06-01T00:01:00Z") == ["ACME-2", "GLOBEX-1"]


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_follow_one_another_without_a_gap(day: Day, cast: Cast, order: str) -> None:
    for company in (cast.acme, cast.globex, cast.acme, cast.acme, cast.globex):
        day.opens(company)
    agent = day.agent()
    found, query = [], {"limit": 2, "order": order}
    while True:
        page = body(agent.get("/tickets", **query))
        found += [each["key"] for each in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert sorted(found) == ["ACME-1", "ACME-2", "ACME-3", "GLOBEX-1", "GLOBEX-2"]
    assert found == keys(agent, order=order)


def test_a_cursor_serves_the_list_it_was_given_for(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    day.opens(cast.acme)
    agent = day.agent()
    cursor = body(agent.get("/tickets", limit=1))["next"]
    for query in ({"cursor": cursor, "status": "open"}, {"cursor": f"{cursor}x"}):
        answer = agent.get("/tickets", **query)
        assert answer.status_code == 422
        assert answer.json["errors"][0]["field"] == "cursor"  # type: ignore[index]


def test_filters(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    day.opens(cast.acme)
    agent = day.agent()
    body(agent.post("/tickets/ACME-2/resolution", {"resolution": "直しました"}))
    assert keys(agent, status="undone") == ["ACME-1"]
    assert keys(agent, status="done") == ["ACME-2"]
    assert keys(agent, status="resolved") == ["ACME-2"]
    assert keys(agent, priority="P1") == []
    assert keys(agent, mine="true") == ["ACME-2", "ACME-1"]
    assert agent.get("/tickets", status="nonsense").status_code == 422
    assert agent.get("/tickets", limit=1000).status_code == 422


def test_a_list_asks_the_same_number_of_questions_however_long(day: Day, cast: Cast, statements: list[str]) -> None:
    agent = day.agent()
    day.opens(cast.acme)
    agent.get("/tickets")
    statements.clear()
    agent.get("/tickets")
    few = len(statements)
    for _ in range(3):
        day.opens(cast.globex)
    statements.clear()
    assert len(keys(agent)) == 4
    assert len(statements) == few <= 10


def test_a_client_sees_his_own_and_never_the_desks_words(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    admin, agent = day.admin(cast.acme), day.agent()
    whole = body(admin.get("/tickets/ACME-1"))
    assert [words["kind"] for words in whole["thread"]] == ["message"]
    assert not {"owner", "tier", "labels", "follow_up_at"} & whole.keys()
    for path in ("/tickets", "/tickets/ACME-1", "/tickets/ACME-1/clocks", "/clients", "/me"):
        answer = admin.get(path)
        assert answer.status_code == 200
        assert SECRET not in answer.get_data(as_text=True)
        assert "相沢" not in answer.get_data(as_text=True)
    assert [words["kind"] for words in body(agent.get("/tickets/ACME-1"))["thread"]] == ["message", "note"]


def test_a_reply_that_may_still_be_taken_back_is_not_told(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    body(day.agent().post("/tickets/ACME-1/replies", {"text": "見てみます"}))
    assert "見てみます" not in day.admin(cast.acme).get("/tickets/ACME-1").get_data(as_text=True)


def test_what_is_not_ones_own_answers_as_what_is_not_there(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    admin = day.admin(cast.globex)
    for path in ("", "/clocks"):
        foreign, absent = admin.get(f"/tickets/ACME-1{path}"), admin.get(f"/tickets/GLOBEX-9{path}")
        assert (foreign.status_code, foreign.get_data()) == (404, absent.get_data())
        assert set(foreign.headers.keys()) == set(absent.headers.keys())
    foreign = admin.post("/tickets/ACME-1/replies", {"text": "x"})
    absent = admin.post("/tickets/NOSUCH-1/replies", {"text": "x"})
    assert (foreign.status_code, foreign.get_data()) == (404, absent.get_data())


def test_reading_a_ticket_stands_in_the_access_log(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    body(day.agent().get("/tickets/ACME-1"))
    with acting_as(job(cast.acme.id)):
        assert db.session().scalars(select(AccessLog.subject)).all() == ["ACME-1"]


def test_the_desk_opens_a_ticket_for_somebody(day: Day, cast: Cast) -> None:
    agent = day.agent()
    given = MATTER | {"contact": cast.acme.emails[Role.REQUESTER], "impact": "high", "channel": "phone"}
    answer = agent.post("/clients/ACME/tickets", given)
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/api/v1/tickets/ACME-1"
    opened = body(answer)
    assert (opened["requester"], opened["priority"], opened["channel"]) == ("髙﨑花子", "P2", "phone")
    unknown = agent.post("/clients/ACME/tickets", MATTER | {"contact": cast.globex.emails[Role.REQUESTER]})
    assert unknown.status_code == 422
    assert unknown.json["errors"][0]["field"] == "contact"  # type: ignore[index]


def test_a_client_opens_a_ticket_in_his_own_name(day: Day, cast: Cast) -> None:
    opened = body(day.admin(cast.acme).post("/clients/ACME/tickets", MATTER))
    assert (opened["key"], opened["status"], opened["channel"]) == ("ACME-1", "new", "portal")
    with acting_as(job(cast.acme.id)):
        assert db.session().scalars(select(Ticket.contact_id)).one() == cast.acme.contacts[Role.CLIENT_ADMIN]


def test_the_desk_replies_and_leaves_it_waiting(day: Day, cast: Cast) -> None:
    ticket = day.opens(cast.acme)
    replied = body(
        day.agent().post("/tickets/ACME-1/replies", {"text": "再起動してください", "then": "pending_client"})
    )
    assert replied["status"] == "pending_client"
    with acting_as(job(cast.acme.id)):
        texts = db.session().scalars(select(Message.text).where(Message.ticket_id == ticket.id)).all()
    assert "再起動してください" in texts


def test_a_clients_reply_takes_a_resolved_ticket_up_again(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    body(day.agent().post("/tickets/ACME-1/resolution", {"resolution": "直しました"}))
    assert body(day.admin(cast.acme).post("/tickets/ACME-1/replies", {"text": "まだです"}))["status"] == "open"


def test_how_a_reply_resolved_it_is_read_when_the_reply_is(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    agent, admin = day.agent(), day.admin(cast.acme)
    body(agent.post("/tickets/ACME-1/replies", {"text": "直しました", "then": "resolved"}))
    assert body(agent.get("/tickets/ACME-1"))["resolution"] == "直しました"
    assert "直しました" not in admin.get("/tickets/ACME-1").get_data(as_text=True)
    assert "直しました" not in admin.get("/tickets").get_data(as_text=True)
    with time_machine.travel(NOW + timedelta(seconds=10), tick=False):
        assert body(admin.get("/tickets/ACME-1"))["resolution"] == "直しました"


def test_words_of_other_clients_leave_only_when_confirmed(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    agent, text = day.agent(), "GLOBEX-1 と同じです。globex.example を見てください。"
    held = agent.post("/tickets/ACME-1/replies", {"text": text})
    assert held.status_code == 409
    assert [each["detail"] for each in held.json["errors"]] == ["globex.example", "GLOBEX-1"]  # type: ignore[index]
    assert agent.post("/tickets/ACME-1/replies", {"text": text, "confirm": True}).status_code == 201


def test_notes_status_priority_and_resolution(day: Day, cast: Cast) -> None:
    ticket = day.opens(cast.acme)
    agent = day.agent()
    body(agent.post("/tickets/ACME-1/notes", {"text": "部品を注文"}))
    assert body(agent.post("/tickets/ACME-1/status", {"status": "pending_vendor"}))["status"] == "pending_vendor"
    weighed = body(agent.post("/tickets/ACME-1/priority", {"impact": "high", "urgency": "high"}))
    assert weighed["priority"] == "P1"
    resolved = body(agent.post("/tickets/ACME-1/resolution", {"resolution": "交換"}))
    assert (resolved["status"], resolved["resolution"]) == ("resolved", "交換")
    assert body(agent.post("/tickets/ACME-1/status", {"status": "open"}))["status"] == "open"
    with acting_as(job(cast.acme.id)):
        texts = db.session().scalars(select(Note.text).where(Note.ticket_id == ticket.id)).all()
    assert texts == [SECRET, "部品を注文"]


@pytest.mark.parametrize("act", ["notes", "status", "priority", "resolution"])
def test_a_clients_program_does_not_do_the_desks_work(day: Day, cast: Cast, act: str) -> None:
    day.opens(cast.acme)
    assert day.admin(cast.acme).post(f"/tickets/ACME-1/{act}", {"text": "x"}).status_code == 403


def test_nothing_is_done_to_a_ticket_that_changed_since_it_was_read(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    agent = day.agent()
    seen = body(agent.get("/tickets/ACME-1"))["version"]
    given = {"impact": "high", "urgency": "high"}
    assert agent.post("/tickets/ACME-1/priority", given, If_Match=f'"{seen}"').status_code == 200
    assert agent.post("/tickets/ACME-1/status", {"status": "closed"}, If_Match=f'"{seen}"').status_code == 412
    assert body(agent.get("/tickets/ACME-1"))["status"] == "new"


def test_a_move_that_makes_no_sense_is_refused_with_a_sentence(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    agent = day.agent()
    body(agent.post("/tickets/ACME-1/resolution", {"resolution": "直しました"}))
    answer = agent.post("/tickets/ACME-1/status", {"status": "pending_client"})
    assert answer.status_code == 422
    assert answer.json["detail"] == "このチケットは、現在のステータスからその状態へ変更できません。"  # type: ignore[index]


def test_clocks_explain_every_second(day: Day, cast: Cast) -> None:
    day.opens(cast.acme)
    plain = body(day.admin(cast.acme).get("/tickets/ACME-1/clocks"))
    first = plain["clocks"][0]
    assert (first["metric"], first["status"]) == ("first_response", "running")
    assert "trace" not in first["cycles"][0]
    cycle = body(day.agent().get("/tickets/ACME-1/clocks", trace="true"))["clocks"][0]["cycles"][0]
    assert cycle["elapsed"] == sum(each["seconds"] for each in cycle["trace"] if each["kind"] == "running") == 3600
    stretch = cycle["trace"][0]
    assert (stretch["from"], stretch["to"]) == ("2026-06-01T00:00:00Z", f"{NOW:%Y-%m-%dT%H:%M:%SZ}")
    assert (stretch["calendar"], stretch["terms_since"]) == ("本社", "2026-01-05T00:00:00Z")
