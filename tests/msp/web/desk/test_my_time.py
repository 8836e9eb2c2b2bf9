"""A week, the end of a day with its proposals, one entry with its history, and what approvers do with it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from billing import actions as billing
from billing.models import PassedOver, TimeChange, TimeEntry, WorkType
from msp import clock
from msp.jobs import perform
from msp.reports import deeds
from msp.tickets.models import Ticket
from tenants.isolation import acting_as
from tenants.models import DeskSetting
from tenants.rules import Role, job
from tenants.work import due_work
from tests.conftest import SignIn
from tests.msp.web.desk.conftest import NOW, Day

HTMX = {"HX-Request": "true"}
MINUTE = timedelta(minutes=1)
ANEW = {"populate_existing": True}
ASKED = {"work_type": "remote", "billable": "1", "text": "設定を直した", "note": ""}


@pytest.fixture
def acmes(day: Day) -> Ticket:
    return day.opens(day.cast.acme, "複合機が動きません")


@pytest.fixture
def globexes(day: Day) -> Ticket:
    return day.opens(day.cast.globex, "メールが届きません")


@pytest.fixture
def manual(day: Day) -> None:
    """Somebody approves each entry."""
    with acting_as(job(day.cast.desk)):
        day.session.add(DeskSetting(name="time_approval", value={"how": "manual"}))
        day.session.commit()


def log(day: Day, ticket: Ticket, minutes: int = 30, **more: Any) -> TimeEntry:
    with acting_as(day.cast.agent(ticket.tenant_id)):
        facts = {"work_type": "remote", "started_at": NOW - minutes * MINUTE, "ended_at": NOW, "text": "調べた"}
        said = {name: more.pop(name) for name in ("unfinished", "key") if name in more}
        whose = (ticket.tenant_id, ticket.id, day.cast.staff[Role.AGENT])
        entry = billing.log_time(day.session, *whose, facts | more, NOW, **said)
        day.session.commit()
        return entry


def entries(day: Day, ticket: Ticket) -> list[TimeEntry]:
    with acting_as(job(ticket.tenant_id)):
        asked = select(TimeEntry).where(TimeEntry.ticket_id == ticket.id).order_by(TimeEntry.id)
        return list(day.session.scalars(asked, execution_options=ANEW))


def name_of(entry: TimeEntry, key: str) -> str:
    return f"{key}:{entry.id}:{entry.version}"


def address(entry: TimeEntry, key: str = "ACME") -> str:
    return f"/time/{key}/{entry.id}"


def test_the_week_shows_actual_billable_and_the_rule_of_all_clients(
    agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket
) -> None:
    log(day, acmes, 30)
    log(day, globexes, 45, billable_seconds=1800)
    page = agent.get("/time").text
    assert acmes.key in page
    assert globexes.key in page
    assert re.findall(r'<td class="number"[^>]*>(\d:\d\d)</td>', page) == ["0:45", "0:30", "0:30", "0:30"]
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


def test_handing_in_and_approving_spans_clients(
    agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket, manual: None, browser_of: SignIn
) -> None:
    drafts = [log(day, acmes, unfinished=True), log(day, globexes, unfinished=True)]
    names = [name_of(one, key) for one, key in zip(drafts, ("ACME", "GLOBEX"), strict=True)]
    assert agent.post("/time/submit", data={"entry": names}).status_code == 303
    assert [one.state for one in (*entries(day, acmes), *entries(day, globexes))] == ["submitted"] * 2
    lead = browser_of("lead@desk.example")
    page = lead.get("/time/approvals").text
    ticked = re.findall(r'name="entry" value="([^"]+)"', page)
    assert len(ticked) == 2
    assert lead.post("/time/approvals/approve", data={"entry": ticked}).status_code == 303
    assert [one.state for one in (*entries(day, acmes), *entries(day, globexes))] == ["approved"] * 2


def test_what_changed_since_the_approver_looked_stays(
    agent: FlaskClient, day: Day, acmes: Ticket, manual: None, browser_of: SignIn
) -> None:
    entry = log(day, acmes)
    seen = name_of(entry, "ACME")
    said = ASKED | {"day": "2026-06-01", "spent": "5"}
    assert agent.post(address(entry), data=said).status_code == 303
    lead = browser_of("lead@desk.example")
    answer = lead.post("/time/approvals/approve", data={"entry": [seen]})
    assert "stayed=1" in answer.headers["Location"]
    assert entries(day, acmes)[0].state == "submitted"


def test_time_goes_back_with_its_reason_and_comes_again(
    agent: FlaskClient, day: Day, acmes: Ticket, manual: None, browser_of: SignIn
) -> None:
    entry = log(day, acmes)
    lead = browser_of("lead@desk.example")
    refused = lead.post("/time/approvals/reject", data={"entry": [name_of(entry, "ACME")], "reason": ""})
    assert refused.status_code == 422
    said = {"entry": [name_of(entry, "ACME")], "reason": "何の作業ですか"}
    assert lead.post("/time/approvals/reject", data=said).status_code == 303
    assert "何の作業ですか" in agent.get("/time").text
    assert agent.post(f"{address(entry)}/submit").status_code == 303
    assert entries(day, acmes)[0].state == "submitted"


def test_minutes_are_written_off_with_person_and_reason(
    day: Day, acmes: Ticket, manual: None, browser_of: SignIn
) -> None:
    entry = log(day, acmes, 30)
    owner = browser_of("owner@desk.example")
    assert owner.post(f"{address(entry)}/write-off", data={"reason": "お詫び", "spent": "10"}).status_code == 303
    assert entries(day, acmes)[0].billable_seconds == 1200
    page = owner.get(address(entry)).text
    assert "お詫び" in page
    assert "owner 相沢" in page


def test_the_owner_decides_how_time_is_approved(day: Day, acmes: Ticket, browser_of: SignIn) -> None:
    owner = browser_of("owner@desk.example")
    assert log(day, acmes).state == "approved"
    assert owner.post("/time/approvals/way", data={"how": "manual", "four_eyes": "1"}).status_code == 303
    assert log(day, acmes, key="later").state == "submitted"
    assert owner.post("/time/approvals/way", data={"how": "sometimes"}).status_code == 422
    assert browser_of("lead@desk.example").post("/time/approvals/way", data={"how": "automatic"}).status_code == 403


def test_agents_approve_nothing(agent: FlaskClient, day: Day, acmes: Ticket, manual: None) -> None:
    entry = log(day, acmes)
    assert agent.get("/time/approvals").status_code == 403
    assert agent.post(f"{address(entry)}/approve").status_code == 403


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


def looked_and_typed(agent: FlaskClient, ticket: Ticket, at: time_machine.Traveller) -> None:
    """Opened at ten, typed until eight past, answered at twelve past."""
    agent.get(f"/tickets/{ticket.key}")
    at.move_to(NOW + 8 * MINUTE)
    agent.post(f"/tickets/{ticket.key}/draft", data={"kind": "note", "body": "調べています"})
    at.move_to(NOW + 12 * MINUTE)
    page = agent.get(f"/tickets/{ticket.key}?kind=note").text
    token = re.search(r'name="send_token" value="([^"]+)"', page)
    assert token is not None
    said = {"send_token": token[1], "kind": "note", "body": "部品を頼みました", "minutes": "", "work_type": "remote"}
    assert agent.post(f"/tickets/{ticket.key}/answer", data=said).status_code in (200, 303)
    at.move_to(NOW + 30 * MINUTE)


def spans(page: str) -> list[tuple[str, str]]:
    return re.findall(r'name="begin" value="([^"]+)"[^>]*><input type="hidden" name="end" value="([^"]+)"', page)


def test_what_an_agent_did_is_proposed_to_him_alone_and_taken_once(
    agent: FlaskClient, day: Day, acmes: Ticket, browser_of: SignIn, monday_ten: time_machine.Traveller
) -> None:
    looked_and_typed(agent, acmes, monday_ten)
    page = agent.get("/time/day").text
    assert spans(page) == [("2026-06-01T01:00:00Z", "2026-06-01T01:12:00Z")]
    assert spans(browser_of("lead@desk.example").get("/time/day").text) == []
    begin, end = spans(page)[0]
    said = {"begin": begin, "end": end, "day": "2026-06-01"}
    answer = agent.post(f"/tickets/{acmes.key}/time/proposed", data=said, headers=HTMX)
    assert answer.status_code == 200
    assert spans(answer.text) == []
    agent.post(f"/tickets/{acmes.key}/time/proposed", data=said)
    (entry,) = entries(day, acmes)
    assert (entry.state, entry.raw_seconds) == ("draft", 720)


def test_a_stretched_span_is_as_long_as_it_was_stretched(
    agent: FlaskClient, day: Day, acmes: Ticket, monday_ten: time_machine.Traveller
) -> None:
    looked_and_typed(agent, acmes, monday_ten)
    said = {"begin": "2026-06-01T00:55:00Z", "end": "2026-06-01T01:17:00Z"}
    agent.post(f"/tickets/{acmes.key}/time/proposed", data=said)
    assert entries(day, acmes)[0].raw_seconds == 22 * 60
    ahead = {"begin": "2026-06-01T04:55:00Z", "end": "2026-06-01T05:17:00Z"}
    assert agent.post(f"/tickets/{acmes.key}/time/proposed", data=ahead).status_code == 422


def test_a_discarded_span_does_not_come_back(
    agent: FlaskClient, day: Day, acmes: Ticket, monday_ten: time_machine.Traveller
) -> None:
    looked_and_typed(agent, acmes, monday_ten)
    begin, end = spans(agent.get("/time/day").text)[0]
    page = agent.post("/time/day/pass-over", data={"begin": begin, "end": end, "day": "2026-06-01"}, headers=HTMX).text
    assert spans(page) == []
    with acting_as(job(day.cast.desk)):
        assert len(day.session.scalars(select(PassedOver)).all()) == 1
    assert entries(day, acmes) == []


def test_all_are_taken_at_once_client_by_client(
    agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket, monday_ten: time_machine.Traveller
) -> None:
    looked_and_typed(agent, acmes, monday_ten)
    agent.get(f"/tickets/{globexes.key}")
    monday_ten.move_to(NOW + 34 * MINUTE)
    agent.post(f"/tickets/{globexes.key}/draft", data={"kind": "note", "body": "見ています"})
    monday_ten.move_to(NOW + 60 * MINUTE)
    assert len(spans(agent.get("/time/day").text)) == 2
    assert agent.post("/time/day/accept-all", data={"day": "2026-06-01"}).status_code == 303
    assert len(entries(day, acmes)) == len(entries(day, globexes)) == 1
    assert agent.post("/time/day/accept-all", data={"day": "2026-06-01"}).status_code == 303
    assert len(entries(day, acmes)) == 1


def test_a_span_beside_a_draft_of_its_ticket_makes_it_longer(
    agent: FlaskClient, day: Day, acmes: Ticket, monday_ten: time_machine.Traveller
) -> None:
    entry = log(day, acmes, 30, unfinished=True)
    looked_and_typed(agent, acmes, monday_ten)
    begin, end = spans(agent.get("/time/day").text)[0]
    assert agent.post(f"{address(entry)}/grow", data={"begin": begin, "end": end}).status_code == 303
    (now,) = entries(day, acmes)
    assert now.raw_seconds == 42 * 60
    assert spans(agent.get("/time/day").text) == []


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


def test_time_is_logged_on_the_ticket_as_span_or_length(agent: FlaskClient, day: Day, acmes: Ticket) -> None:
    there = f"/tickets/{acmes.key}/time"
    assert agent.post(there, data=ASKED | {"day": "2026-06-01", "spent": "9:00-9:40"}).status_code == 303
    assert agent.post(there, data=ASKED | {"day": "2026-05-31", "spent": "0:25", "charge": "20"}).status_code == 303
    assert agent.post(there, data=ASKED | {"day": "2026-05-31", "spent": "soon"}).status_code == 422
    first, second = entries(day, acmes)
    assert (first.started_at, first.raw_seconds) == (NOW - 60 * MINUTE, 2400)
    assert (second.started_at, second.raw_seconds, second.billable_seconds) == (None, 1500, 1200)
    panel = agent.get(there, headers=HTMX | {"HX-Target": "ticket-time"}).text
    assert "1:05" in panel
    assert "<html" not in panel


def test_a_visit_of_two_tickets_is_logged_once_with_its_way(agent: FlaskClient, day: Day, acmes: Ticket) -> None:
    second = day.opens(day.cast.acme, "もう一件あります")
    with acting_as(job(day.cast.desk)):
        day.session.add(WorkType(code="way", name_ja="移動", name_en="Travel", mode="travel"))
        day.session.commit()
    there = f"/tickets/{acmes.key}/visit"
    occasion = re.search(r'name="occasion" value="([^"]+)"', agent.get(there).text)
    assert occasion is not None
    said = {"day": "2026-06-01", "spent": "8:00-8:40", "work_type": "remote", "occasion": occasion[1], "km": "12.5"}
    said |= {"other_1": second.key, "spent_1": "8:40-9:00", "way": "30", "way_type": "way"}
    assert [agent.post(there, data=said).status_code for _ in range(2)] == [303, 303]
    found = [(one.mode, one.raw_seconds) for one in (*entries(day, acmes), *entries(day, second))]
    assert found == [("on_site", 2400), ("travel", 1800), ("on_site", 1200)]
    assert len({one.visit_id for one in (*entries(day, acmes), *entries(day, second))}) == 1


def test_a_visit_serves_one_client(agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket) -> None:
    said = {"day": "2026-06-01", "spent": "40", "work_type": "remote", "other_1": globexes.key, "spent_1": "20"}
    assert agent.post(f"/tickets/{acmes.key}/visit", data=said).status_code == 422
    assert (entries(day, acmes), entries(day, globexes)) == ([], [])


def test_a_work_type_of_ones_own_is_offered_with_its_step(
    day: Day, acmes: Ticket, browser_of: SignIn, monday_ten: time_machine.Traveller
) -> None:
    owner = browser_of("owner@desk.example")
    said = {
        "code": "server_care",
        "name_ja": "サーバー保守",
        "name_en": "Server care",
        "mode": "remote",
        "billable": "1",
    }
    assert owner.post("/settings/work-types/new", data=said | {"step": "15", "minimum": "30"}).status_code == 303
    assert owner.post("/settings/work-types/new", data=said).status_code == 422
    assert owner.post("/settings/work-types/server_care", data=said | {"multiplier": "1.25"}).status_code == 303
    assert owner.post("/settings/work-types/server_care", data=said | {"multiplier": "much"}).status_code == 422
    with acting_as(job(day.cast.desk)):
        found = day.session.get_one(WorkType, "server_care", populate_existing=True)
        assert (str(found.multiplier), found.step) == ("1.2500", None)
    assert "サーバー保守" in owner.get("/settings/work-types").text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_stand_in_both_languages(
    day: Day, acmes: Ticket, browser_of: SignIn, language: str, monday_ten: time_machine.Traveller
) -> None:
    entry = log(day, acmes)
    owner = browser_of("owner@desk.example")
    owner.post("/profile", data={"language": language, "zone": "Asia/Tokyo", "theme": "auto"})
    owner.post(f"/tickets/{acmes.key}/timer")
    looked_and_typed(owner, acmes, monday_ten)
    places = (
        "/time", "/time/day", "/time/approvals?state=approved", "/timer", f"/tickets/{acmes.key}/time", address(entry),
        "/settings/work-types", "/settings/work-types/new", "/settings/work-types/remote",
        f"/tickets/{acmes.key}/timer/stop",
        f"/tickets/{acmes.key}/visit",
    )  # fmt: skip
    for place in places:
        answer = owner.get(place)
        assert answer.status_code == 200, place
        assert f'<html lang="{language}"' in answer.text
