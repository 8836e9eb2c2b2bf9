"""Several clocks and workers on one database, and clocks that were away: each step once, at its true instant."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from msp.commands.clock import Ear, Keeper
from msp.jobs import JOBS, perform, sweeps
from msp.outbox.models import Notice
from msp.tickets import actions, queries
from msp.tickets.facts import clock_events
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel
from sla import actions as promises
from sla.models import ClockProcess, Escalation
from sla.queries import book
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import Role, job
from tenants.work import Work, wake_clocks
from tests.cast import MONDAY_9, OPENED, Cast, Company
from tests.promises import DAY, TARGETS

LADDER = ("50%", "75%", "100%", "+30m")
TICKETS = 12


class Desk:
    """Two companies whose answers are promised by a ladder of four steps, with tickets opened at an instant."""

    def __init__(self, app: Flask, cast: Cast, opened: datetime, zone: str = "Asia/Tokyo") -> None:
        self.app, self.cast, self.opened = app, cast, opened
        with app.app_context():
            for company in (cast.acme, cast.globex):
                self._furnish(company, zone)
            db.session.remove()

    def _furnish(self, company: Company, zone: str) -> None:
        with acting_as(job(company.id)), transaction() as session:
            weekly = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), DAY)
            calendar = promises.add_calendar(session, company.id, "本社", {"tz": zone, "weekly": weekly}, OPENED)
            steps = [{"metric": metric, "step": step} for metric in ("first_response", "resolution") for step in LADDER]
            terms = {"calendar": str(calendar.id), "targets": TARGETS, "escalations": steps}
            promises.agree(session, company.id, "標準", terms, OPENED)
            contact = session.get_one(Contact, (company.id, company.contacts[Role.REQUESTER]))
            who = actions.Actor("client", contact.id, contact.name)
            for number in range(TICKETS // 2):
                matter = actions.Matter(f"印刷できません {number}", "複合機です", Channel.MAIL, contact)
                actions.open_ticket(session, session.get_one(Tenant, company.id), matter, who, self.opened)

    def sweep(self, at: datetime, copies: int = 1) -> None:
        """So many clocks look at the same moment."""
        together = Barrier(copies)

        def once(_: int) -> None:
            with self.app.app_context():
                together.wait()
                while sweeps.due_promises(self.cast.every, at):
                    pass
                db.session.remove()

        with ThreadPoolExecutor(copies) as pool:
            list(pool.map(once, range(copies)))

    def rows(self, model: type[Any], company: Company) -> list[Any]:
        with self.app.app_context(), acting_as(job(company.id)):
            found = list(db.session.scalars(select(model).where(model.tenant_id == company.id)))
            db.session.remove()
        return found

    def fired(self) -> dict[tuple[int, int], list[tuple[datetime, str, str]]]:
        """By ticket, what was reached in the order in which it was written."""
        found: dict[tuple[int, int], list[tuple[datetime, str, str]]] = {}
        for company in (self.cast.acme, self.cast.globex):
            for row in sorted(self.rows(Escalation, company), key=lambda row: (row.at, row.id)):
                found.setdefault((row.tenant_id, row.ticket_id), []).append((row.at, row.metric, row.step))
        return found

    def work(self, workers: int) -> None:
        """So many workers hear every bell, each of the same ones."""
        bells = [
            (company.id, [row.id for row in self.rows(Work, company) if row.kind == "escalations.tell"])
            for company in (self.cast.acme, self.cast.globex)
        ]
        together = Barrier(workers)

        def once(_: int) -> None:
            with self.app.app_context():
                together.wait()
                for tenant_id, ids in bells:
                    perform(tenant_id, *ids)
                db.session.remove()

        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(once, range(workers)))

    def told(self) -> Counter[tuple[int, str]]:
        """How many notices each person has under each key."""
        with self.app.app_context(), acting_as(job(self.cast.acme.id)):
            mine = db.session.execute(select(Notice.login_id, Notice.key)).all()
            db.session.remove()
        return Counter((login_id, key) for login_id, key in mine)


@pytest.fixture
def monday(own_app: Flask, own_cast: Cast) -> Desk:
    return Desk(own_app, own_cast, MONDAY_9)


@pytest.mark.parametrize("copies", [2, 5])
def test_several_clocks_at_once_fire_each_step_once(monday: Desk, copies: int) -> None:
    monday.sweep(MONDAY_9 + timedelta(hours=10), copies)
    fired = monday.fired()
    assert len(fired) == TICKETS
    answers = [[step for _, metric, step in steps if metric == "first_response"] for steps in fired.values()]
    assert answers == [list(LADDER)] * TICKETS
    monday.sweep(MONDAY_9 + timedelta(hours=10), copies)
    assert monday.fired() == fired


def test_four_workers_on_one_queue_tell_each_step_once(monday: Desk) -> None:
    monday.sweep(MONDAY_9 + timedelta(hours=10), 2)
    monday.work(4)
    assert all(row.told_at for row in monday.rows(Escalation, monday.cast.acme))
    told, staff = monday.told(), monday.cast.staff
    steps = len(monday.rows(Escalation, monday.cast.acme))
    assert len(told) == steps * 2
    assert {login for login, _ in told} == {staff[Role.AGENT], staff[Role.LEAD]}
    assert set(told.values()) == {1}


AWAY = {
    "an hour": ("Asia/Tokyo", datetime(2026, 6, 1, 0, 0, tzinfo=UTC), timedelta(hours=1)),
    "three days": ("Asia/Tokyo", datetime(2026, 6, 1, 0, 0, tzinfo=UTC), timedelta(days=3)),
    "a month's end": ("Asia/Tokyo", datetime(2026, 6, 30, 0, 0, tzinfo=UTC), timedelta(days=5)),
    "the clocks go forward": ("Europe/Berlin", datetime(2026, 3, 27, 8, 0, tzinfo=UTC), timedelta(days=5)),
    "the clocks go back": ("Europe/Berlin", datetime(2026, 10, 23, 7, 0, tzinfo=UTC), timedelta(days=5)),
}


@pytest.mark.parametrize("away", AWAY)
def test_what_a_clock_missed_is_caught_up_once_in_order_at_its_true_instants(
    own_app: Flask, own_cast: Cast, away: str
) -> None:
    zone, opened, span = AWAY[away]
    desk = Desk(own_app, own_cast, opened, zone)
    back = opened + timedelta(hours=3) + span
    desk.sweep(opened + timedelta(hours=3))
    before = desk.fired()
    desk.sweep(back, 2)
    after = desk.fired()
    expected = folded_at(desk, back)
    for ticket, steps in after.items():
        assert steps[: len(before.get(ticket, []))] == before.get(ticket, [])
        assert sorted(steps) == expected[ticket]
        assert all(at <= back for at, _, _ in steps)
    desk.sweep(back + timedelta(seconds=1), 2)
    assert desk.fired() == after


def folded_at(desk: Desk, at: datetime) -> dict[tuple[int, int], list[tuple[datetime, str, str]]]:
    """The same by the pure fold alone, as a clock that never slept would have it."""
    found = {}
    for company in (desk.cast.acme, desk.cast.globex):
        with desk.app.app_context(), acting_as(job(company.id)):
            read = book(db.session(), company.id)
            tickets = db.session.scalars(select(Ticket.id).where(Ticket.tenant_id == company.id)).all()
            for ticket_id in tickets:
                events = clock_events(queries.events_of(db.session(), company.id, ticket_id))
                found[company.id, ticket_id] = sorted(
                    (datetime.fromtimestamp(fired, UTC), cycle.metric, step)
                    for clock in promises.read_clocks(read, events, at)
                    for cycle in clock.cycles
                    for fired, step in cycle.fired
                )
            db.session.remove()
    return found


def test_every_job_run_twice_changes_nothing_the_second_time(monday: Desk) -> None:
    monday.sweep(MONDAY_9 + timedelta(hours=10))
    acme = monday.cast.acme
    left = [row for row in monday.rows(Work, acme) if row.kind == "escalations.tell"]
    seen = []
    for _ in range(2):
        for row in left:
            with monday.app.app_context(), acting_as(job(acme.id)), transaction():
                JOBS[row.kind](acme.id, *row.ids)
            with monday.app.app_context():
                db.session.remove()
        told_at = [(row.id, row.told_at) for row in monday.rows(Escalation, acme)]
        seen.append((monday.told(), told_at, len(monday.rows(Work, acme))))
    assert seen[0] == seen[1]


def test_a_clock_sleeps_until_something_is_due_and_says_that_it_lives(
    monday: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [MONDAY_9 + timedelta(minutes=119, seconds=59, milliseconds=600)]
    monkeypatch.setattr("msp.clock.now", lambda: now[0])
    with monday.app.app_context():
        keeper = Keeper()
        assert keeper.turn() == pytest.approx(0.4)
        now[0] += timedelta(milliseconds=400)
        assert keeper.turn() == pytest.approx(1.0)
        assert keeper.folded == TICKETS
        with acting_as(monday.cast.sweep()):
            assert [row.name for row in db.session.scalars(select(ClockProcess))] == [keeper.name]
        db.session.remove()


def test_a_sleeping_clock_hears_of_what_falls_due_sooner(monday: Desk) -> None:
    with monday.app.app_context():
        with Ear.of(monday.app.extensions["settings"].database_url) as ear:
            assert not ear.wait(0.01)
            with acting_as(job(monday.cast.acme.id)), transaction() as session:
                wake_clocks(session, MONDAY_9 + timedelta(milliseconds=500), MONDAY_9)
            assert ear.wait(5)
            with acting_as(job(monday.cast.acme.id)), transaction() as session:
                wake_clocks(session, MONDAY_9 + timedelta(hours=1), MONDAY_9)
            assert not ear.wait(0.05)
        db.session.remove()
