"""The timer in the bar, through its doors: one at a time over all clients, and no second lost."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from billing.models import TimeEntry, Timer
from msp import clock
from msp.jobs import perform
from msp.outbox.models import Notice
from msp.tickets.models import Ticket
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tenants.work import Work, due_work
from tests.conftest import SignIn
from tests.msp.web.desk.conftest import NOW, Day

HTMX = {"HX-Request": "true"}
MINUTE = timedelta(minutes=1)
ANEW = {"populate_existing": True}


@pytest.fixture
def acmes(day: Day) -> Ticket:
    return day.opens(day.cast.acme, "複合機が動きません")


@pytest.fixture
def globexes(day: Day) -> Ticket:
    return day.opens(day.cast.globex, "メールが届きません")


def entries(day: Day, ticket: Ticket) -> list[TimeEntry]:
    with acting_as(job(ticket.tenant_id)):
        return list(
            day.session.scalars(select(TimeEntry).where(TimeEntry.ticket_id == ticket.id), execution_options=ANEW)
        )


def timers(day: Day) -> list[Timer]:
    with acting_as(job(day.cast.desk)):
        return list(day.session.scalars(select(Timer).order_by(Timer.id), execution_options=ANEW))


def work(day: Day, kind: str) -> None:
    """A worker does what is due of a kind."""
    with acting_as(day.cast.sweep()):
        due = [row for row in due_work(day.session, clock.now()) if row[0] == kind]
    for _, tenant_id, work_id in due:
        perform(tenant_id, work_id)


def test_work_begun_on_b_ends_on_a_and_its_minutes_follow(
    agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket, monday_ten: time_machine.Traveller
) -> None:
    assert agent.post(f"/tickets/{acmes.key}/timer").status_code == 303
    monday_ten.move_to(NOW + 25 * MINUTE)
    answer = agent.post(f"/tickets/{globexes.key}/timer", headers=HTMX)
    assert globexes.key in answer.text
    first, second = timers(day)
    assert (first.seconds, first.ended_at, second.ended_at) == (1500, NOW + 25 * MINUTE, None)
    assert entries(day, acmes) == []
    work(day, "upkeep.timer_ended")
    (entry,) = entries(day, acmes)
    assert (entry.state, entry.raw_seconds, entry.started_at) == ("draft", 1500, NOW)
    assert entries(day, globexes) == []


def test_a_worker_that_died_between_does_it_once(
    agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket, monday_ten: time_machine.Traveller
) -> None:
    agent.post(f"/tickets/{acmes.key}/timer")
    monday_ten.move_to(NOW + 5 * MINUTE)
    agent.post(f"/tickets/{globexes.key}/timer")
    work(day, "upkeep.timer_ended")
    with acting_as(job(globexes.tenant_id)):
        row = day.session.scalars(select(Work).where(Work.kind == "upkeep.timer_ended")).one()
        row.done_at = None
        day.session.commit()
    work(day, "upkeep.timer_ended")
    assert len(entries(day, acmes)) == 1


def test_a_pause_is_not_worked(agent: FlaskClient, day: Day, acmes: Ticket, monday_ten: time_machine.Traveller) -> None:
    agent.post(f"/tickets/{acmes.key}/timer")
    monday_ten.move_to(NOW + 10 * MINUTE)
    agent.post(f"/tickets/{acmes.key}/timer/pause")
    monday_ten.move_to(NOW + 40 * MINUTE)
    agent.post(f"/tickets/{acmes.key}/timer")
    monday_ten.move_to(NOW + 52 * MINUTE)
    form = agent.get(f"/tickets/{acmes.key}/timer/stop").text
    assert re.search(r'name="spent"[^>]*value="22"', form)
    seen_at = re.search(r'name="seen_at" value="([^"]*)"', form)
    assert seen_at is not None
    monday_ten.move_to(NOW + 60 * MINUTE)
    said = {
        "spent": "22",
        "charge": "30",
        "work_type": "remote",
        "billable": "1",
        "seen_at": seen_at[1],
        "note": "内緒",
    }
    assert agent.post(f"/tickets/{acmes.key}/timer/stop", data=said).status_code == 303
    (entry,) = entries(day, acmes)
    assert (entry.raw_seconds, entry.billable_seconds, entry.ended_at) == (22 * 60, 30 * 60, NOW + 52 * MINUTE)
    assert timers(day)[0].kept_at is not None


def test_starting_twice_is_starting_once_and_the_bar_shows_it_everywhere(
    agent: FlaskClient, day: Day, acmes: Ticket, monday_ten: time_machine.Traveller
) -> None:
    agent.post(f"/tickets/{acmes.key}/timer")
    monday_ten.move_to(NOW + 3 * MINUTE)
    agent.post(f"/tickets/{acmes.key}/timer")
    assert [timer.running_since for timer in timers(day)] == [NOW]
    for page in ("/tickets", "/time", "/notices", "/profile"):
        assert 'data-seconds="180"' in agent.get(page).text


def test_what_ran_by_mistake_leaves_nothing(agent: FlaskClient, day: Day, acmes: Ticket) -> None:
    agent.post(f"/tickets/{acmes.key}/timer")
    agent.post(f"/tickets/{acmes.key}/timer/discard")
    assert (timers(day), entries(day, acmes)) == ([], [])


def test_two_hours_are_spoken_of_once(
    agent: FlaskClient, day: Day, acmes: Ticket, monday_ten: time_machine.Traveller
) -> None:
    agent.post(f"/tickets/{acmes.key}/timer")
    monday_ten.move_to(NOW + timedelta(hours=2))
    work(day, "upkeep.timer_long")
    agent.post(f"/tickets/{acmes.key}/timer/pause")
    agent.post(f"/tickets/{acmes.key}/timer")
    monday_ten.move_to(NOW + timedelta(hours=3))
    work(day, "upkeep.timer_long")
    with acting_as(job(acmes.tenant_id)):
        told = day.session.scalars(select(Notice).where(Notice.kind == "timer_long")).all()
    assert [notice.login_id for notice in told] == [day.cast.staff[Role.AGENT]]
    assert "タイマー" in agent.get("/notices").text


def test_a_timer_on_another_ticket_cannot_be_stopped_here(
    agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket
) -> None:
    agent.post(f"/tickets/{acmes.key}/timer")
    assert agent.post(f"/tickets/{globexes.key}/timer/pause").status_code == 422
    said = {"spent": "5", "charge": "5", "work_type": "remote"}
    assert agent.post(f"/tickets/{globexes.key}/timer/stop", data=said).status_code == 422
    assert entries(day, globexes) == []


def test_somebody_who_lost_the_client_still_starts_elsewhere_and_loses_nothing(
    agent: FlaskClient,
    day: Day,
    acmes: Ticket,
    globexes: Ticket,
    browser_of: SignIn,
    monday_ten: time_machine.Traveller,
) -> None:
    with acting_as(job(day.cast.acme.id)):
        day.session.add(
            Timer(
                agent_id=day.cast.ben,
                about_tenant=acmes.tenant_id,
                ticket_id=acmes.id,
                started_at=NOW,
                running_since=NOW,
                seconds=0,
            )
        )
        day.session.commit()
    monday_ten.move_to(NOW + 10 * MINUTE)
    ben = browser_of("ben@desk.example")
    assert acmes.key not in ben.get("/tickets").text
    assert ben.post(f"/tickets/{globexes.key}/timer").status_code == 303
    work(day, "upkeep.timer_ended")
    assert [entry.raw_seconds for entry in entries(day, acmes)] == [600]


def test_another_companys_ticket_takes_no_timer(day: Day, acmes: Ticket, browser_of: SignIn) -> None:
    ben = browser_of("ben@desk.example")
    assert ben.post(f"/tickets/{acmes.key}/timer").status_code == 404
    assert timers(day) == []


def test_an_answer_about_one_ticket_never_changes_anothers_button(
    agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket
) -> None:
    """Who stops A's timer from the bar while he reads B must not find A's button under B."""
    agent.post(f"/tickets/{acmes.key}/timer")
    assert f'id="work-{globexes.key}"' in agent.get(f"/tickets/{globexes.key}").text
    answer = agent.post(f"/tickets/{acmes.key}/timer/pause", headers=HTMX).text
    assert f'id="work-{acmes.key}"' in answer
    assert globexes.key not in answer
