"""A change of calendar, contract or pack reaches the tickets, batch by batch, whoever is killed on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from msp import clock
from msp.jobs import perform
from msp.reports import replays
from msp.reports.models import Replay
from msp.reports.what_if import what_if
from msp.tickets import actions as tickets
from msp.tickets.actions import remeasuring, story
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel
from sla import actions, queries
from sla.models import Contract, Escalation, Remeasuring
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import Role, job
from tenants.work import Work
from tests.cast import MONDAY_9, Cast
from tests.promises import OFFICE, agree_on_office_hours

HOUR = timedelta(hours=1)
MANY = 5
AFTERNOONS = OFFICE | {"weekly": {day: [["14:00", "18:00"]] for day in OFFICE["weekly"]}}
LONG_DAYS = OFFICE | {"weekly": {day: [["07:00", "23:00"]] for day in OFFICE["weekly"]}}


@pytest.fixture(autouse=True)
def monday_ten(monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    """It is Monday, ten o'clock in Tokyo; a batch is two tickets."""
    monkeypatch.setattr(remeasuring, "BATCH", 2)
    with time_machine.travel(MONDAY_9 + HOUR, tick=False) as traveller:
        yield traveller


@pytest.fixture
def contract(session: Session, cast: Cast) -> Iterator[Contract]:
    """Acme under office hours, with tickets opened on Friday at five."""
    with acting_as(job(cast.acme.id)):
        made = agree_on_office_hours(session, cast.acme.id)
        contact = session.get_one(Contact, (cast.acme.id, cast.acme.contacts[Role.REQUESTER]))
        tenant, client = session.get_one(Tenant, cast.acme.id), tickets.Actor("client", contact.id, contact.name)
        for number in range(MANY):
            matter = tickets.Matter(f"件名{number}", "困っています", Channel.MAIL, contact)
            tickets.open_ticket(session, tenant, matter, client, MONDAY_9 - timedelta(hours=64))
        session.commit()
        yield made


def work_off(session: Session, cast: Cast) -> None:
    """Do what waits, as often as there is something due."""
    kinds = Work.kind.in_(("upkeep.remeasure", "upkeep.remeasure_batch", "upkeep.replay"))
    while True:
        due = select(Work.id).where(kinds, Work.done_at.is_(None), Work.available_at <= clock.now())
        waiting = session.scalars(due.order_by(Work.id)).all()
        session.commit()
        if not waiting:
            return
        perform(cast.acme.id, *waiting)


def dues(session: Session) -> set[datetime | None]:
    return set(session.scalars(select(Ticket.due_at)).all())


def edit(session: Session, cast: Cast, since: datetime) -> None:
    (calendar,) = queries.calendars_of(session, cast.acme.id)
    actions.edit_hours(session, calendar, calendar.name, AFTERNOONS, since, "相沢", MONDAY_9 + HOUR)
    session.commit()


def test_an_edit_of_the_calendar_reaches_every_open_ticket(session: Session, cast: Cast, contract: Contract) -> None:
    before = dues(session)
    edit(session, cast, MONDAY_9 + HOUR)
    work_off(session, cast)
    change = session.scalars(select(Remeasuring)).one()
    assert (change.done, change.total, change.batches) == (MANY, MANY, 0)
    assert change.finished_at is not None
    assert dues(session) != before
    assert tickets.drifted(session, cast.acme.id, MONDAY_9 + HOUR) == []


def test_what_begins_later_waits_for_its_instant(
    session: Session, cast: Cast, contract: Contract, monday_ten: time_machine.Traveller
) -> None:
    edit(session, cast, MONDAY_9 + 2 * HOUR)
    work_off(session, cast)
    assert session.scalars(select(Remeasuring.total)).one() is None
    monday_ten.shift(2 * HOUR)
    work_off(session, cast)
    assert session.scalars(select(Remeasuring.done)).one() == MANY


def test_a_worker_that_dies_in_the_middle_leaves_the_rest_to_another(
    session: Session,
    cast: Cast,
    contract: Contract,
    monday_ten: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settle = story.settle_many
    folded: list[int] = []

    def dies(rows: Session, tenant_id: int, held: Sequence[Row[Any]], at: datetime) -> None:
        folded.append(len(held))
        if len(folded) == 2:
            raise ConnectionError("killed")
        settle(rows, tenant_id, held, at)

    monkeypatch.setattr(remeasuring, "settle_many", dies)
    edit(session, cast, MONDAY_9 + HOUR)
    work_off(session, cast)
    change = session.scalars(select(Remeasuring)).one()
    assert (change.done, change.batches, change.finished_at) == (MANY - 2, 1, None)
    session.commit()
    monday_ten.shift(timedelta(minutes=1))
    work_off(session, cast)
    change = session.scalars(select(Remeasuring)).one()
    assert (change.done, change.batches) == (MANY, 0)
    assert folded == [2, 2, 1, 2]


def test_a_restatement_measures_the_past_anew_and_keeps_what_was_recorded(
    session: Session, cast: Cast, contract: Contract
) -> None:
    first = session.scalars(select(Ticket).order_by(Ticket.id)).first()
    assert first is not None
    tickets.resolve(session, first, tickets.Actor("agent", cast.staff[Role.AGENT], "相沢"), "直りました", MONDAY_9)
    (calendar,) = queries.calendars_of(session, cast.acme.id)
    since = queries.calendar_history_of(session, cast.acme.id, calendar.id)[0].since
    actions.restate_hours(session, calendar, LONG_DAYS, since, "相沢", "金曜は23時まででした", MONDAY_9 + HOUR)
    session.commit()
    work_off(session, cast)
    assert session.scalars(select(Remeasuring.done)).one() == MANY
    history = queries.calendar_history_of(session, cast.acme.id, calendar.id)
    assert [(row.since, row.revision, row.reason) for row in history] == [
        (since, 2, "金曜は23時まででした"),
        (since, 1, ""),
    ]
    spent = {kept.metric: kept.spent for kept in queries.clocks_of(session, cast.acme.id, first.id)}
    assert spent["resolution"] == 8 * 3600  # Friday 17:00 to 23:00, Monday 7:00 to 9:00


def test_steps_a_restatement_finds_on_a_settled_ticket_are_recorded_and_nobody_is_called(
    session: Session, cast: Cast, contract: Contract
) -> None:
    settled, *others = session.scalars(select(Ticket).order_by(Ticket.id)).all()
    tickets.resolve(session, settled, tickets.Actor("agent", cast.staff[Role.AGENT], "相沢"), "直りました", MONDAY_9)
    (calendar,) = queries.calendars_of(session, cast.acme.id)
    since = queries.calendar_history_of(session, cast.acme.id, calendar.id)[0].since
    actions.restate_hours(session, calendar, LONG_DAYS, since, "相沢", "金曜は23時まででした", MONDAY_9 + HOUR)
    session.commit()
    work_off(session, cast)
    steps = session.scalars(select(Escalation).where(Escalation.step == "100%")).all()
    told = {step.ticket_id: step.told_at for step in steps}
    assert told == {settled.id: MONDAY_9 + HOUR} | dict.fromkeys((ticket.id for ticket in others), None)
    called = session.scalars(select(Work).where(Work.kind == "escalations.tell")).all()
    assert sorted(each for row in called for each in row.ids) == sorted(
        step.id for step in steps if step.ticket_id != settled.id
    )


def test_what_a_change_leaves_as_it_was_is_not_written_again(session: Session, cast: Cast, contract: Contract) -> None:
    before = {row.id: row.version for row in session.scalars(select(Ticket))}
    ids = sorted(before)
    for _ in range(2):
        remeasuring.measure_anew(session, cast.acme.id, ids[0], ids[-1], MONDAY_9, False, MONDAY_9 + HOUR)
        session.commit()
    assert {row.id: row.version for row in session.scalars(select(Ticket))} == before


def test_a_pack_holds_for_its_time_and_falls_back_by_itself(
    session: Session, cast: Cast, contract: Contract, monday_ten: time_machine.Traveller
) -> None:
    at = MONDAY_9 + HOUR
    offer = actions.Offer("増強", at, at + 48 * HOUR, {"targets": {"P4": {"resolution": 60, "first_response": 10}}})
    pack = actions.propose_pack(session, contract, offer, "相沢", at)
    actions.approve_pack(session, contract, pack, "髙﨑花子", at)
    session.commit()
    work_off(session, cast)
    promised = queries.book(session, cast.acme.id)
    names = [promised.contract.holds(int((at + hours * HOUR).timestamp())) for hours in (0, 47, 48)]
    assert [promised.terms[name or ""].promises["P4", "resolution"].target for name in names] == [3600, 3600, 57600]
    assert dues(session) == {at + timedelta(minutes=10)}
    session.commit()
    monday_ten.shift(48 * HOUR)
    work_off(session, cast)
    assert len(session.scalars(select(Remeasuring.id).where(Remeasuring.finished_at.is_not(None))).all()) == 2


def test_many_tickets_are_replayed_by_work_that_goes_on_where_it_stopped(
    session: Session, cast: Cast, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = queries.versions_of(session, cast.acme.id, contract.id)[0].terms | {"targets": {"P4": {"resolution": 5}}}
    monkeypatch.setattr(replays, "AT_ONCE", 0)
    monkeypatch.setattr(replays, "CHUNK", 2)
    at, months = MONDAY_9 + HOUR, ["2026-05", "2026-06"]
    kept = replays.replay(session, cast.acme.id, contract.id, months, terms, {}, "相沢", at)
    assert kept.finished_at is None
    session.commit()
    work_off(session, cast)
    done = session.scalars(select(Replay)).one()
    assert (done.done, done.total) == (MANY, MANY)
    assert replays.read(session, done) == what_if(session, cast.acme.id, months, terms, {}, at)
    assert replays.read(session, done).after == {("resolution", "P4"): (0, MANY)}
