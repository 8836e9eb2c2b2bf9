"""Timers, visits and corrections on real rows: one open timer an agent, one way a visit, and what is billed stays."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from billing import actions
from billing.models import EntryState, TimeChange, TimeEntry, Timer, WorkType
from billing.queries.counting import counted
from billing.queries.time import entries_of_ticket, spent_on
from msp.tickets import actions as tickets
from msp.tickets.rules import Channel
from tenants.db import db, transaction
from tenants.errors import Refused
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.books import HOUR, Books
from tests.cast import MONDAY_9, Cast, Company

MINUTE = timedelta(minutes=1)
NOON = MONDAY_9 + 3 * HOUR


def changes(books: Books, entry: TimeEntry) -> list[str]:
    asked = select(TimeChange.verb).where(TimeChange.entry_id == entry.id).order_by(TimeChange.id)
    return list(books.session.scalars(asked))


def test_the_database_itself_allows_one_open_timer(books: Books) -> None:
    actions.start_timer(books.session, books.tenant_id, books.ticket_id, books.agent_id, MONDAY_9)
    books.session.add(
        Timer(
            agent_id=books.agent_id,
            about_tenant=books.tenant_id,
            ticket_id=books.ticket_id,
            started_at=MONDAY_9,
            running_since=MONDAY_9,
            seconds=0,
        )
    )
    with pytest.raises(IntegrityError, match="uq_timer_open"):
        books.session.flush()


def test_stopping_counts_to_what_the_agent_saw(books: Books) -> None:
    where = (books.session, books.tenant_id, books.ticket_id, books.agent_id)
    actions.start_timer(*where, MONDAY_9)
    said = {"work_type": "remote", "minutes": 41, "billable_seconds": 2700, "billable": True}
    entry = actions.stop_timer(*where, said, NOON, MONDAY_9 + timedelta(minutes=40, seconds=17))
    assert (entry.raw_seconds, entry.billable_seconds, entry.started_at) == (40 * 60 + 17, 2700, MONDAY_9)
    with pytest.raises(Refused, match="No timer"):
        actions.stop_timer(*where, said, NOON)


def test_more_minutes_than_the_timer_counted_begin_earlier(books: Books) -> None:
    where = (books.session, books.tenant_id, books.ticket_id, books.agent_id)
    actions.start_timer(*where, MONDAY_9)
    entry = actions.stop_timer(*where, {"work_type": "remote", "minutes": 60}, MONDAY_9 + 50 * MINUTE)
    assert (entry.raw_seconds, entry.started_at) == (3600, MONDAY_9 - 10 * MINUTE)


def test_a_visit_carries_its_travel_once_and_is_rounded_as_one(books: Books) -> None:
    actions.add_work_type(books.session, "way", "移動", "Travel", mode="travel")
    work = {"work_type": "on_site", "started_at": MONDAY_9, "ended_at": MONDAY_9 + 20 * MINUTE}
    later = {"work_type": "on_site", "started_at": MONDAY_9 + 30 * MINUTE, "ended_at": MONDAY_9 + 45 * MINUTE}
    way = {"work_type": "way", "started_at": MONDAY_9 - 40 * MINUTE, "ended_at": MONDAY_9}
    facts = {"visited_at": MONDAY_9, "km": Decimal(12)}
    for _ in range(2):
        visit = actions.log_visit(
            books.session,
            books.tenant_id,
            books.agent_id,
            facts,
            [(books.ticket_id, work), (books.ticket_id, later)],
            NOON,
            travel=way,
            key="visit-1",
        )
    found = entries_of_ticket(books.session, books.tenant_id, books.ticket_id)
    assert sorted(entry.mode for entry in found) == ["on_site", "on_site", "travel"]
    again = books.log("0.5", work_type="way")
    with pytest.raises(Refused, match="The way"):
        actions.join_visit(books.session, books.tenant_id, again, visit.id, NOON)
    draft = books.draft()
    assert draft.seconds == 3600 + 2400 + 1800


def test_two_tickets_of_one_visit_share_its_minimum(books: Books, cast: Cast) -> None:
    """Twenty and fifteen minutes on two tickets are one hour, not two."""
    second = tickets_of(books, cast)
    work = [
        (books.ticket_id, {"work_type": "on_site", "started_at": MONDAY_9, "ended_at": MONDAY_9 + 20 * MINUTE}),
        (second, {"work_type": "on_site", "started_at": MONDAY_9 + HOUR, "ended_at": MONDAY_9 + 75 * MINUTE}),
    ]
    actions.log_visit(books.session, books.tenant_id, books.agent_id, {"visited_at": MONDAY_9}, work, NOON)
    assert books.draft().seconds == 3600


def tickets_of(books: Books, cast: Cast) -> int:
    tenant = tickets.tenant_row(books.session, cast.acme.id)
    matter = tickets.Matter("もう一件", "もう一件です", Channel.DESK, None)
    ticket = tickets.open_ticket(
        books.session, tenant, matter, tickets.Actor("agent", books.agent_id, "相沢"), MONDAY_9
    )
    books.session.flush()
    return int(ticket.id)


def test_what_is_taken_out_counts_nowhere_but_stays_to_be_read(books: Books) -> None:
    entry = books.log()
    actions.drop_time(books.session, books.tenant_id, entry.id, books.agent_id, NOON)
    assert spent_on(books.session, books.tenant_id, books.ticket_id).raw == 0
    assert changes(books, entry) == ["log", "drop"]
    with pytest.raises(Refused, match="taken out"):
        actions.edit_time(books.session, books.tenant_id, entry.id, {"text": "X"}, books.agent_id, NOON)


def test_overlapping_entries_become_one_that_counts_the_time_once(books: Books) -> None:
    first, second = books.log("1"), books.log("1", MONDAY_9 + 30 * MINUTE)
    actions.merge_time(books.session, books.tenant_id, [first.id, second.id], books.agent_id, NOON)
    assert (first.raw_seconds, first.ended_at, second.state) == (5400, MONDAY_9 + 90 * MINUTE, EntryState.DROPPED)
    assert books.draft().seconds == 5400


def test_only_likes_become_one(books: Books) -> None:
    first, second = books.log("1"), books.log("1", work_type="on_site")
    with pytest.raises(Refused, match="Only entries"):
        actions.merge_time(books.session, books.tenant_id, [first.id, second.id], books.agent_id, NOON)


def test_nobody_elses_time_is_merged_dropped_or_moved(books: Books, cast: Cast) -> None:
    entry, stranger = books.log(), cast.staff[Role.LEAD]
    acts: tuple[Callable[[], object], ...] = (
        lambda: actions.drop_time(books.session, books.tenant_id, entry.id, stranger, NOON),
        lambda: actions.move_time(books.session, books.tenant_id, entry.id, (cast.globex.id, 1), stranger, NOON),
        lambda: actions.submit(books.session, books.tenant_id, entry.id, stranger, NOON),
    )
    for act in acts:
        with pytest.raises(Refused):
            act()


def test_the_rule_is_named_before_and_after_it_is_charged(books: Books) -> None:
    entry, site = books.log(), books.log("0.5", work_type="on_site")
    ahead = counted(books.session, [entry, site])
    assert [ahead[books.tenant_id, one.id] for one in (entry, site)] == [(None, "exact"), (None, "on site")]
    books.draft()
    drafted = counted(books.session, [entry, site])
    assert [drafted[books.tenant_id, one.id] for one in (entry, site)] == [(3600, "exact"), (3600, "on site")]


def test_billed_time_is_refused_by_the_verbs_and_by_the_database(books: Books) -> None:
    entry = books.log()
    draft = books.draft()
    actions.issue(books.session, books.tenant_id, draft.id, books.agent_id, NOON + timedelta(days=40))
    books.session.flush()
    for act in (actions.drop_time, actions.submit, actions.approve):
        with pytest.raises(Refused, match="billed"):
            act(books.session, books.tenant_id, entry.id, books.agent_id, NOON)
    mine = TimeEntry.tenant_id == books.tenant_id
    for statement in (update(TimeEntry).where(mine).values(text="X"), delete(TimeEntry).where(mine)):
        with pytest.raises(IntegrityError, match="billed time stays"), books.session.begin_nested():
            books.session.execute(statement.execution_options(synchronize_session=False))


def test_two_starts_at_once_leave_one_timer_and_lose_no_other(own_app: Flask, own_cast: Cast) -> None:
    """Two browsers press start on tickets of two clients in the same instant."""
    agent, gate = own_cast.staff[Role.AGENT], Barrier(2)
    places = []
    with own_app.app_context():
        for company in (own_cast.acme, own_cast.globex):
            places.append((company.id, opened(company, agent)))

    def start(place: tuple[int, int]) -> None:
        with own_app.app_context(), acting_as(own_cast.agent(place[0])), transaction() as session:
            gate.wait(timeout=10)
            actions.start_timer(session, *place, agent, MONDAY_9)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(Context().run, start, place) for place in places]:
            done.result(timeout=30)
    with own_app.app_context(), acting_as(job(own_cast.desk)):
        found = db.session().scalars(select(Timer)).all()
        assert len(found) == 2
        assert len([timer for timer in found if timer.ended_at is None]) == 1


def opened(company: Company, agent: int) -> int:
    with acting_as(job(company.id)), transaction() as session:
        if session.get(WorkType, "remote") is None:
            session.add(WorkType(code="remote", name_ja="リモート", name_en="Remote work"))
        tenant: Any = tickets.tenant_row(session, company.id)
        matter = tickets.Matter("印刷できません", "複合機です", Channel.DESK, None)
        ticket = tickets.open_ticket(session, tenant, matter, tickets.Actor("agent", agent, "相沢"), MONDAY_9)
        session.flush()
        return int(ticket.id)
