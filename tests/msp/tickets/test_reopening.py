"""How long a settled matter may be taken up again is the word of the contract in force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from msp.errors import Refused
from msp.tickets import actions
from msp.tickets.actions.client import come_back
from msp.tickets.models import Link, Ticket
from msp.tickets.rules import Channel, Status
from sla import actions as promises
from sla import queries as agreements
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import Role
from tests.cast import MONDAY_9, OPENED, Cast
from tests.promises import TARGETS, agree_on_office_hours

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def acting(session: Session, cast: Cast) -> Iterator[Session]:
    """An agent at work for Acme."""
    with acting_as(cast.agent(cast.acme.id)):
        yield session


def agreed(session: Session, cast: Cast, days: int | None) -> None:
    calendar = promises.add_calendar(session, cast.acme.id, "本社", {"tz": "UTC", "weekly": {}}, OPENED)
    terms: dict[str, Any] = {"calendar": str(calendar.id), "targets": TARGETS}
    if days is not None:
        terms["reopen_days"] = days
    promises.agree(session, cast.acme.id, "標準", terms, OPENED)


def settled(session: Session, cast: Cast) -> Ticket:
    """Opened and resolved on Monday at nine."""
    tenant = actions.tenant_row(session, cast.acme.id)
    contact = requester(session, cast)
    me = actions.actor_of(cast.agent(cast.acme.id))
    matter = actions.Matter("印刷できません", "動きません", Channel.PORTAL, contact)
    ticket = actions.open_ticket(session, tenant, matter, me, MONDAY_9)
    actions.resolve(session, ticket, me, "交換しました。", MONDAY_9)
    return ticket


def requester(session: Session, cast: Cast) -> Contact:
    return session.get_one(Contact, (cast.acme.id, cast.acme.contacts[Role.REQUESTER]))


@pytest.mark.parametrize(("days", "window"), [(None, 7), (3, 3), (30, 30)])
def test_the_window_ends_to_the_second(acting: Session, cast: Cast, days: int | None, window: int) -> None:
    agreed(acting, cast, days)
    me, late, timely = actions.actor_of(cast.agent(cast.acme.id)), settled(acting, cast), settled(acting, cast)
    with pytest.raises(Refused):
        actions.reopen(acting, late, me, MONDAY_9 + window * DAY + SECOND)
    actions.reopen(acting, timely, me, MONDAY_9 + window * DAY)
    assert (late.status, timely.status) == (Status.RESOLVED, Status.OPEN)


def test_whoever_comes_back_later_than_agreed_gets_a_linked_ticket(acting: Session, cast: Cast) -> None:
    agreed(acting, cast, 3)
    tenant, contact = actions.tenant_row(acting, cast.acme.id), requester(acting, cast)
    late, timely = settled(acting, cast), settled(acting, cast)
    assert come_back(acting, tenant, timely, contact, "まだです", MONDAY_9 + 3 * DAY) is timely
    fresh = come_back(acting, tenant, late, contact, "またです", MONDAY_9 + 3 * DAY + SECOND)
    assert late.status == Status.RESOLVED
    assert acting.get(Link, (cast.acme.id, fresh.id, late.id, "follows")) is not None


def test_the_window_is_that_of_the_version_in_force_when_he_comes_back(acting: Session, cast: Cast) -> None:
    contract = agree_on_office_hours(acting, cast.acme.id)
    (version,) = agreements.versions_of(acting, cast.acme.id, contract.id)
    promises.add_version(acting, contract, version.terms | {"reopen_days": 1}, MONDAY_9 + 2 * DAY)
    ticket = settled(acting, cast)
    assert not actions.is_over(acting, ticket, MONDAY_9 + 2 * DAY - SECOND)
    assert actions.is_over(acting, ticket, MONDAY_9 + 2 * DAY)


def test_the_night_closes_what_nobody_may_reopen_any_more(acting: Session, cast: Cast) -> None:
    agreed(acting, cast, 3)
    ticket = settled(acting, cast)
    assert actions.close_resolved(acting, cast.acme.id, MONDAY_9 + 3 * DAY) == 0
    assert actions.close_resolved(acting, cast.acme.id, MONDAY_9 + 3 * DAY + SECOND) == 1
    assert ticket.status == Status.CLOSED
