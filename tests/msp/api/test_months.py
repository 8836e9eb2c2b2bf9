"""Months of promises and disputes over them, seen and answered from both sides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tenants.rules import Role
from tests.cast import Cast
from tests.msp.api.conftest import SECRET, Day, Program

BROKEN = {"metric": "first_response", "cycle": 1}
LATER = timedelta(days=2)


def body(answer: Any) -> Any:
    assert answer.status_code < 300, answer.get_data(as_text=True)
    return answer.json


@pytest.fixture
def late(day: Day, cast: Cast, monday_ten: time_machine.Traveller) -> Day:
    """Acme's ticket was answered two days late."""
    day.opens(cast.acme)
    monday_ten.shift(LATER)
    body(lead_of(day).post("/tickets/ACME-1/replies", {"text": "遅くなりました"}))
    return day


def lead_of(day: Day) -> Program:
    return day.program(day.cast.staff[Role.LEAD])


def test_both_sides_read_the_same_month(late: Day, cast: Cast) -> None:
    said = [body(each.get("/clients/ACME/sla-months/2026-06")) for each in (late.agent(), late.admin(cast.acme))]
    assert said[0] == said[1]
    month = said[0]
    assert (month["begin"], month["closed"]) == ("2026-05-31T15:00:00Z", False)
    figure = next(each for each in month["figures"] if each["metric"] == "first_response")
    assert (figure["met"], figure["missed"], figure["strict"]) == (0, 1, "0.0")
    line = next(each for each in month["lines"] if each["outcome"] == "missed")
    assert (line["ticket"], line["metric"], line["cycle"]) == ("ACME-1", "first_response", 1)
    assert SECRET not in str(said)


def test_a_list_behind_a_figure(late: Day, cast: Cast) -> None:
    agent = late.agent()
    wanted = {"outcome": "missed", "metric": "first_response"}
    missed = body(agent.get("/clients/ACME/sla-months/2026-06", **wanted))["lines"]
    assert [each["ticket"] for each in missed] == ["ACME-1"]
    assert body(agent.get("/clients/ACME/sla-months/2026-06", outcome="met"))["lines"] == []
    assert body(agent.get("/clients/ACME/sla-months/2026-05"))["lines"] == []


@pytest.mark.parametrize("month", ["2026-13", "2026", "0000-01", "x"])
def test_no_such_month(day: Day, month: str) -> None:
    assert day.agent().get(f"/clients/ACME/sla-months/{month}").status_code == 404


def test_a_client_contests_and_the_desk_agrees(late: Day, cast: Cast) -> None:
    admin, lead = late.admin(cast.acme), lead_of(late)
    opened = body(admin.post("/tickets/ACME-1/disputes", BROKEN | {"reason": "停電でした"}))
    assert (opened["side"], opened["status"], opened["opened_by"]) == ("client", "open", "髙﨑花子")
    own = admin.post("/tickets/ACME-1/disputes/answer", BROKEN | {"accept": True})
    assert own.status_code == 422
    answered = body(lead.post("/tickets/ACME-1/disputes/answer", BROKEN | {"accept": True}))
    assert answered["status"] == "accepted"
    assert [each["status"] for each in body(admin.get("/tickets/ACME-1/disputes"))["items"]] == ["accepted"]
    figures = body(admin.get("/clients/ACME/sla-months/2026-06"))["figures"]
    figure = next(each for each in figures if each["metric"] == "first_response")
    assert (figure["strict"], figure["agreed"]) == ("0.0", None)
    assert lead.post("/tickets/ACME-1/disputes/answer", BROKEN | {"accept": True}).status_code == 404


def test_the_desk_proposes_and_the_client_rejects(late: Day, cast: Cast) -> None:
    admin, lead = late.admin(cast.acme), lead_of(late)
    body(lead.post("/tickets/ACME-1/disputes", BROKEN | {"reason": "停電"}))
    silent = admin.post("/tickets/ACME-1/disputes/answer", BROKEN | {"accept": False})
    assert silent.status_code == 422
    said = BROKEN | {"accept": False, "answer": "いいえ"}
    assert body(admin.post("/tickets/ACME-1/disputes/answer", said))["status"] == "rejected"


def test_why_it_was_broken(late: Day, cast: Cast) -> None:
    agent = late.agent()
    body(agent.post("/tickets/ACME-1/breach-reasons", BROKEN | {"code": "volume"}))
    lines = body(agent.get("/clients/ACME/sla-months/2026-06", outcome="missed"))["lines"]
    assert {each["metric"]: each["reason"] for each in lines}["first_response"] == "volume"
    assert late.admin(cast.acme).post("/tickets/ACME-1/breach-reasons", BROKEN | {"code": "volume"}).status_code == 403
    assert agent.post("/tickets/ACME-1/disputes", BROKEN | {"reason": "x"}).status_code == 403


def test_others_promises_look_absent(late: Day, cast: Cast) -> None:
    other = late.admin(cast.globex)
    assert other.get("/clients/ACME/sla-months/2026-06").status_code == 404
    assert other.get("/tickets/ACME-1/disputes").status_code == 404
    foreign = other.post("/tickets/ACME-1/disputes", BROKEN | {"reason": "x"})
    absent = other.post("/tickets/GLOBEX-9/disputes", BROKEN | {"reason": "x"})
    assert (foreign.status_code, foreign.get_data()) == (404, absent.get_data())
