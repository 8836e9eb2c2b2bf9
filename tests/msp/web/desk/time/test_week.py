"""A week of time, one entry with its history, and answers that have none."""

from __future__ import annotations

import re
from datetime import timedelta

import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from billing.models import TimeChange
from msp import clock
from msp.jobs import perform
from msp.reports import deeds
from msp.tickets.models import Ticket
from tenants.isolation import acting_as
from tenants.rules import job
from tenants.work import due_work
from tests.conftest import SignIn
from tests.msp.web.desk.conftest import NOW, Day
from tests.msp.web.desk.time.conftest import ASKED, MINUTE, address, entries, log, name_of


def test_the_week_shows_actual_billable_and_the_rule_of_all_clients(
    agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket
) -> None:
    log(day, acmes, 30)
    log(day, globexes, 45, billable_seconds=1800)
    page = agent.get("/time").text
    assert acmes.key in page
    assert globexes.key in page
    assert re.findall(r'<td class="number(?: key)?"[^>]*>(\d:\d\d)</td>', page) == ["0:45", "0:30", "0:30", "0:30"]
    assert '<span class="value">1:15</span>' in page


def test_a_week_of_fifty_entries_costs_as_much_as_one(
    agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket, statements: list[str]
) -> None:
    log(day, acmes)
    agent.get("/time")
    statements.clear()
    agent.get("/time")
    few = len(statements)
    for _ in range(25):
        log(day, acmes)
        log(day, globexes)
    statements.clear()
    agent.get("/time")
    assert len(statements) <= few
    assert few < 26


def test_one_edit_corrects_it_and_the_page_tells_its_history(agent: FlaskClient, day: Day, acmes: Ticket) -> None:
    entry = log(day, acmes, 30)
    said = ASKED | {"day": "2026-06-01", "spent": "9:15-9:50", "version": str(entry.version)}
    assert agent.post(address(entry), data=said).status_code == 303
    (now,) = entries(day, acmes)
    assert (now.raw_seconds, now.started_at) == (35 * 60, NOW - 45 * MINUTE)
    page = agent.get(address(entry)).text
    assert re.search(r'<s class="quiet">0:30</s>\s*0:35', page)
    stale = agent.post(address(entry), data=said | {"spent": "5"})
    assert stale.status_code == 422


def test_what_nobody_touched_keeps_its_seconds(agent: FlaskClient, day: Day, acmes: Ticket) -> None:
    entry = log(day, acmes, started_at=NOW - timedelta(seconds=1234), ended_at=NOW)
    page = agent.get(address(entry)).text
    shown = re.search(r'name="spent_was" value="([^"]+)"', page)
    charged = re.search(r'name="charge_was" value="([^"]+)"', page)
    assert shown is not None
    assert charged is not None
    said = ASKED | {"day": "2026-06-01", "spent": shown[1], "spent_was": shown[1]}
    agent.post(address(entry), data=said | {"charge": charged[1], "charge_was": charged[1]})
    (now,) = entries(day, acmes)
    assert (now.raw_seconds, now.billable_seconds, now.text) == (1234, 1234, "設定を直した")


def test_moving_to_another_client_is_a_draft_there_and_gone_here(
    agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket, manual: None
) -> None:
    entry = log(day, acmes, 30)
    assert agent.post(f"{address(entry)}/move", data={"ticket": globexes.key}).status_code == 303
    assert (entries(day, acmes)[0].state, entries(day, globexes)) == ("dropped", [])
    for _ in range(2):
        with acting_as(day.cast.sweep()):
            due = [row for row in due_work(day.session, clock.now()) if row[0] == "upkeep.time_moved"]
        for _, tenant_id, work_id in due:
            perform(tenant_id, work_id)
    (there,) = entries(day, globexes)
    assert (there.state, there.raw_seconds, there.text) == ("draft", 1800, "調べた")


def test_nobody_moves_time_to_a_client_he_does_not_see(
    day: Day, acmes: Ticket, globexes: Ticket, browser_of: SignIn
) -> None:
    entry = log(day, globexes)
    ben = browser_of("ben@desk.example")
    address_there = f"/time/GLOBEX/{entry.id}/move"
    foreign, absent = (ben.post(address_there, data={"ticket": key}) for key in (acmes.key, "NOSUCH-1"))
    assert (foreign.status_code, foreign.data) == (404, absent.data)


def test_neighbours_become_one(agent: FlaskClient, day: Day, acmes: Ticket) -> None:
    first = log(day, acmes, started_at=NOW - 50 * MINUTE, ended_at=NOW - 30 * MINUTE, text="A", unfinished=True)
    second = log(day, acmes, started_at=NOW - 20 * MINUTE, ended_at=NOW, text="B", unfinished=True)
    data = {"entry": [name_of(first, "ACME"), name_of(second, "ACME")]}
    assert agent.post("/time/merge", data=data).status_code == 303
    kept, gone = entries(day, acmes)
    assert (kept.raw_seconds, kept.billable_seconds, kept.text, gone.state) == (2400, 2400, "A\nB", "dropped")
    with acting_as(job(acmes.tenant_id)):
        verbs = day.session.scalars(select(TimeChange.verb).where(TimeChange.entry_id == gone.id)).all()
    assert verbs == ["log", "merge"]


def test_answers_without_time_are_found_for_the_agent_and_by_client(
    agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket, monday_ten: time_machine.Traveller
) -> None:
    page = agent.get(f"/tickets/{acmes.key}").text
    token = re.search(r'name="send_token" value="([^"]+)"', page)
    assert token is not None
    said = {"send_token": token[1], "kind": "reply", "body": "直しました", "minutes": "", "work_type": "remote"}
    agent.post(f"/tickets/{acmes.key}/answer", data=said)
    monday_ten.move_to(NOW + 5 * MINUTE)
    since, until = NOW - timedelta(days=1), NOW + timedelta(days=1)
    with acting_as(day.cast.agent()):
        found = deeds.unlogged_by_client(day.session, day.cast.every, since, until)
        assert found == {acmes.tenant_id: 1}
    assert acmes.key in agent.get("/time").text
    log(day, acmes)
    with acting_as(day.cast.agent()):
        assert deeds.unlogged_by_client(day.session, day.cast.every, since, until) == {}
