"""The queue of all clients: what it shows, to whom, in which order, and what it costs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from msp.tickets import actions
from msp.tickets.rules import Level
from tenants.isolation import acting_as
from tests.cast import MONDAY_9, Cast
from tests.conftest import SignIn
from tests.msp.web.desk.conftest import NOW, Day

MINUTE = timedelta(minutes=1)


def keys(page: str) -> list[str]:
    """The tickets of a page, from the top."""
    return re.findall(r'data-number="([A-Z]+-\d+)"', page)


def me(cast: Cast) -> actions.Actor:
    return actions.actor_of(cast.agent(cast.acme.id))


def test_all_clients_stand_in_one_list_by_what_falls_due_first(agent: FlaskClient, day: Day) -> None:
    second = day.opens(day.cast.acme, "複合機が動きません", MONDAY_9 + MINUTE)
    first = day.opens(day.cast.globex, "レセコンに入れません", MONDAY_9)
    assert keys(agent.get("/tickets").text) == [first.key, second.key]


def test_a_row_says_the_business_time_left_and_the_deadline(agent: FlaskClient, day: Day) -> None:
    day.opens(day.cast.acme)
    page = agent.get("/tickets").text
    assert "残り 3時間" in page  # four open hours from 09:00, one has passed; the lunch break does not count
    assert 'title="2026年6月1日(月) 14:00"' in page
    assert 'data-left="10800"' in page


def test_time_over_is_counted_in_business_time_too(agent: FlaskClient, day: Day) -> None:
    day.opens(day.cast.acme, at=MONDAY_9 - timedelta(days=3))  # due Friday 14:00, closed at 18:00
    page = agent.get("/tickets").text
    assert "超過 5時間" in page
    assert "sla-breach" in page


def test_under_half_of_a_short_target_is_at_risk(agent: FlaskClient, day: Day) -> None:
    day.opens(day.cast.acme, at=NOW - 20 * MINUTE, impact=Level.HIGH, urgency=Level.HIGH)  # answered within 30 minutes
    page = agent.get("/tickets").text
    assert "sla-risk" in page
    assert "残り 10分" in page


def test_the_day_a_ticket_came_keeps_its_year_when_it_is_another(agent: FlaskClient, day: Day) -> None:
    day.opens(day.cast.acme, at=MONDAY_9 - timedelta(days=200))
    assert ">2025/11/13</time>" in agent.get("/tickets").text
    agent.post("/profile", data={"language": "en", "zone": "Asia/Tokyo"})
    assert ">13 Nov 2025</time>" in agent.get("/tickets").text


def test_the_rail_speaks_each_readers_language(agent: FlaskClient) -> None:
    for language, word in (("ja", "振り分け"), ("en", "Triage"), ("ja", "振り分け")):
        agent.post("/profile", data={"language": language, "zone": "Asia/Tokyo"})
        assert f'<span class="text">{word}</span>' in agent.get("/tickets").text


def test_waiting_ones_leave_the_due_view(agent: FlaskClient, day: Day) -> None:
    ticket = day.opens(day.cast.acme)
    with acting_as(day.cast.agent(day.cast.acme.id)):
        actions.reply(day.session, ticket, me(day.cast), actions.Answer("型番は？"), NOW, timedelta(0))
        actions.wait_on_client(day.session, ticket, me(day.cast), NOW)
        day.session.commit()
    assert keys(agent.get("/tickets?view=due").text) == []
    page = agent.get("/tickets?view=waiting").text
    assert keys(page) == [ticket.key]
    assert "停止中" in page


@pytest.mark.parametrize(("view", "shown"), [("mine", True), ("unassigned", True), ("all", True), ("done", False)])
def test_views(agent: FlaskClient, day: Day, view: str, shown: bool) -> None:
    ticket = day.opens(day.cast.acme)
    assert keys(agent.get(f"/tickets?view={view}").text) == ([ticket.key] if shown else [])


def test_done_ones_stand_apart_with_their_verdict(agent: FlaskClient, day: Day) -> None:
    ticket = day.opens(day.cast.acme)
    with acting_as(day.cast.agent(day.cast.acme.id)):
        actions.resolve(day.session, ticket, me(day.cast), "紙を入れた", NOW)
        day.session.commit()
    page = agent.get("/tickets?view=done").text
    assert keys(page) == [ticket.key]
    assert "達成" in page


def test_one_client_only(agent: FlaskClient, day: Day) -> None:
    day.opens(day.cast.acme)
    other = day.opens(day.cast.globex)
    assert keys(agent.get("/tickets?view=all&client=GLOBEX").text) == [other.key]


def test_pages_follow_each_other_without_gap_or_repeat(
    agent: FlaskClient, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("msp.web.tickets.PAGE", 2)
    wanted = [day.opens(day.cast.acme, at=MONDAY_9 + n * MINUTE).key for n in (0, 0, 1, 2, 3)]
    seen: list[str] = []
    address = "/tickets?view=due"
    while address:
        page = agent.get(address).text
        seen += keys(page)
        more = re.search(r'href="(/tickets\?[^"]*after=[^"]*)"', page)
        address = more[1].replace("&amp;", "&") if more else ""
    assert seen == wanted


def test_an_agent_sees_his_clients_only(day: Day, browser_of: SignIn) -> None:
    day.opens(day.cast.acme)
    ours = day.opens(day.cast.globex)
    assert keys(browser_of("ben@desk.example").get("/tickets?view=all").text) == [ours.key]
    assert keys(browser_of("nemo@desk.example").get("/tickets?view=all").text) == []


@pytest.mark.parametrize(
    "address", ["/tickets?client=ACME", "/tickets?ticket=ACME-1", "/tickets/ACME-1", "/search?client=ACME"]
)
def test_another_client_and_an_absent_one_look_the_same(day: Day, browser_of: SignIn, address: str) -> None:
    day.opens(day.cast.acme)
    ben = browser_of("ben@desk.example")
    foreign, absent = ben.get(address), ben.get(address.replace("ACME", "NOSUCH"))
    assert (foreign.status_code, foreign.data) == (404, absent.data)


def test_a_client_has_no_queue(day: Day, browser_of: SignIn) -> None:
    assert browser_of(next(iter(day.cast.acme.emails.values()))).get("/tickets").status_code == 403


def test_the_page_of_fifty_costs_ten_statements(agent: FlaskClient, day: Day, statements: list[str]) -> None:
    for n in range(26):
        day.opens(day.cast.acme, at=MONDAY_9 - n * MINUTE)
        day.opens(day.cast.globex, at=MONDAY_9 - n * MINUTE)
    agent.get("/tickets")
    statements.clear()
    page = agent.get("/tickets").text
    assert len(keys(page)) == 50
    asked = [one for one in statements if "SAVEPOINT" not in one]
    assert len(asked) <= 10, asked


def test_counts_come_in_one_question(agent: FlaskClient, day: Day) -> None:
    day.opens(day.cast.acme)
    assert re.search(r'未割り当て <span class="quiet">1</span>', agent.get("/tickets/views").text)
