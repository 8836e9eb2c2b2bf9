"""What somebody wanted to look at again comes back by itself, once, and its owner hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from msp.jobs import sweeps
from msp.outbox import queries as outbox
from msp.tickets import actions, queries
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel, Status
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import Role, job
from tests.cast import MONDAY_9, Cast
from tests.promises import agree_on_office_hours

HOUR = timedelta(hours=1)
DUE = MONDAY_9 + 24 * HOUR


@contextmanager
def at_work(cast: Cast) -> Iterator[Session]:
    with acting_as(cast.agent(cast.acme.id)), transaction() as rows:
        yield rows


def put_off(cast: Cast, status: Status | None = Status.SCHEDULED, until: datetime = DUE) -> int:
    """A ticket an agent wants to look at again; answers its id."""
    with at_work(cast) as rows:
        agree_on_office_hours(rows, cast.acme.id)
        contact = rows.get_one(Contact, (cast.acme.id, cast.acme.contacts[Role.REQUESTER]))
        tenant = actions.tenant_row(rows, cast.acme.id)
        matter = actions.Matter("訪問の件", "火曜にお願いします。", Channel.MAIL, contact)
        ticket = actions.open_ticket(rows, tenant, matter, actions.Actor("client", contact.id, contact.name), MONDAY_9)
        me = actions.actor_of(cast.agent(cast.acme.id))
        agreed = status == Status.SCHEDULED
        if status is not None and not agreed:
            actions.turn(rows, ticket, me, status, MONDAY_9 + HOUR)
        actions.follow_up(rows, ticket, me, until, MONDAY_9 + HOUR, agreed)
        return ticket.id


def standing(cast: Cast, ticket_id: int) -> tuple[Ticket, list[str]]:
    """The ticket as it stands, and what the system did to it."""
    with acting_as(job(cast.acme.id)):
        ticket = db.session().get_one(Ticket, (cast.acme.id, ticket_id), populate_existing=True)
        events = queries.events_of(db.session(), cast.acme.id, ticket_id)
    return ticket, [event.type for event in events if event.by == "system"]


def told(cast: Cast, role: Role = Role.AGENT) -> list[str]:
    with acting_as(cast.agent()):
        return [one.kind for one in outbox.notices_of(db.session(), cast.staff[role], cast.every)]


def test_an_appointment_that_is_due_opens_the_ticket_and_tells_its_owner(session: Session, cast: Cast) -> None:
    ticket_id = put_off(cast)
    assert sweeps.due_follow_ups(cast.every, DUE - HOUR) == 0
    assert sweeps.due_follow_ups(cast.every, DUE) == 1
    ticket, happened = standing(cast, ticket_id)
    assert (ticket.status, ticket.follow_up_at) == (Status.OPEN, None)
    assert happened == ["follow_up_due", "status"]
    assert (told(cast), told(cast, Role.LEAD)) == (["follow_up_due"], [])


def test_a_ticket_that_waits_for_somebody_goes_on_waiting(session: Session, cast: Cast) -> None:
    ticket_id = put_off(cast, Status.PENDING_CLIENT)
    sweeps.due_follow_ups(cast.every, DUE)
    ticket, happened = standing(cast, ticket_id)
    assert (ticket.status, happened) == (Status.PENDING_CLIENT, ["follow_up_due"])


@pytest.mark.parametrize("over", [Status.RESOLVED, Status.CANCELLED])
def test_what_is_over_does_not_come_back(session: Session, cast: Cast, over: Status) -> None:
    ticket_id = put_off(cast)
    with at_work(cast) as rows:
        ticket = rows.get_one(Ticket, (cast.acme.id, ticket_id))
        actions.turn(rows, ticket, actions.actor_of(cast.agent(cast.acme.id)), over, DUE - HOUR)
    assert sweeps.due_follow_ups(cast.every, DUE) == 0
    assert (standing(cast, ticket_id)[1], told(cast)) == ([], [])


def test_put_off_again_it_comes_again(session: Session, cast: Cast) -> None:
    ticket_id = put_off(cast)
    sweeps.due_follow_ups(cast.every, DUE)
    with at_work(cast) as rows:
        ticket = rows.get_one(Ticket, (cast.acme.id, ticket_id))
        actions.follow_up(rows, ticket, actions.actor_of(cast.agent(cast.acme.id)), DUE + HOUR, DUE)
    assert sweeps.due_follow_ups(cast.every, DUE + HOUR) == 1
    assert told(cast) == ["follow_up_due"] * 2


def test_two_clocks_bring_it_back_once(own_app: Flask, own_cast: Cast) -> None:
    with own_app.app_context():
        ticket_ids = [put_off_more(own_cast, n) for n in range(4)]
        db.session.remove()
    both = Barrier(2)

    def clock() -> int:
        with own_app.app_context():
            both.wait()
            return sweeps.due_follow_ups(own_cast.every, DUE)

    with ThreadPoolExecutor(2) as clocks:
        came = [each.result() for each in [clocks.submit(clock) for _ in range(2)]]
    with own_app.app_context():
        sweeps.due_follow_ups(own_cast.every, DUE)
        assert sum(came) <= len(ticket_ids)
        assert [standing(own_cast, one)[1] for one in ticket_ids] == [["follow_up_due", "status"]] * 4
        assert told(own_cast) == ["follow_up_due"] * 4


def put_off_more(cast: Cast, number: int) -> int:
    """The first one comes with the contract, the others find it there."""
    if number == 0:
        return put_off(cast)
    with at_work(cast) as rows:
        tenant = actions.tenant_row(rows, cast.acme.id)
        me = actions.actor_of(cast.agent(cast.acme.id))
        ticket = actions.open_ticket(rows, tenant, actions.Matter(f"{number} 件目", "。", Channel.PHONE), me, MONDAY_9)
        actions.follow_up(rows, ticket, me, DUE, MONDAY_9 + HOUR, agreed=True)
        return ticket.id
