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


@pytest.mark.parametrize("side", ["client", "desk"])
def test_either_side_asks_to_leave_a_promise_out(late: Day, cast: Cast, side: str) -> None:
    admin, lead = late.admin(cast.acme), lead_of(late)
    asker = admin if side == "client" else lead
    opened = body(asker.post("/tickets/ACME-1/disputes", BROKEN | {"reason": "停電でした"}))
    assert (opened["side"], opened["status"], opened["reason"]) == (side, "open", "停電でした")
    for reader in (admin, lead):
        assert body(reader.get("/tickets/ACME-1/disputes"))["items"] == [opened]
    again = asker.post("/tickets/ACME-1/disputes", BROKEN | {"reason": "x"})
    assert again.status_code == 422
    unknown = asker.post("/tickets/ACME-1/disputes", BROKEN | {"cycle": 9, "reason": "x"})
    assert unknown.status_code == 422


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
