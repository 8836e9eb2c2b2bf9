"""The client admin's way in a real browser: was it kept, what was missed, minute by minute; and then nothing moves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.jobs import perform
from msp.reports.closing import close_month
from msp.tickets import actions
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel, Level
from sla import actions as promises
from sla import queries
from sla.actions.disputes import give_reason
from sla.models import Remeasuring
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import Role, job
from tenants.work import Work
from tests.browser import Visitor, served
from tests.cast import MONDAY_9, OPENED, PASSWORD, Cast
from tests.promises import OFFICE, agree_on_office_hours

pytestmark = [pytest.mark.browser, pytest.mark.own_database]

HOUR = timedelta(hours=1)
JUNE_29, JULY = MONDAY_9 + timedelta(days=28), datetime(2026, 7, 2, tzinfo=UTC)
JUNE = JUNE_29.date().replace(day=1)
AFTERNOONS = OFFICE | {"weekly": {day: [["13:00", "18:00"]] for day in OFFICE["weekly"]}}
SignIn = Callable[[str], Page]
MINUTES = """
() => Object.fromEntries([...document.querySelectorAll(".cycle")].map((cycle) => [cycle.id, [
  cycle.querySelector(".cycle-used strong").textContent,
  ...[...cycle.querySelectorAll("tbody tr")].map((row) => [row.cells[0], row.cells[1], row.cells[row.cells.length - 1]]
    .map((cell) => cell.textContent.trim()).join(" ")),
]]))
"""


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time at the desk, which only the test moves."""
    now = [JULY]
    monkeypatch.setattr("msp.clock.now", lambda: now[0])
    return now


@pytest.fixture
def desk(own_app: Flask, own_cast: Cast, at: list[datetime]) -> Iterator[str]:
    """ACME-1 kept its promises in June, ACME-2 was answered an hour late; it is the second of July."""
    with own_app.app_context():
        with acting_as(job(own_cast.acme.id)), transaction() as rows:
            agree_on_office_hours(rows, own_cast.acme.id)
        for taken in (HOUR, 4 * HOUR):
            open_and_resolve(own_cast, JUNE_29, JUNE_29 + taken)
        db.session.remove()
    with served(own_app) as url:
        yield url


@pytest.fixture
def signed_in(desk: str, browser: Browser) -> Iterator[SignIn]:
    """The page of somebody known by e-mail address, each with a browser's memory of his own."""
    with ExitStack() as opened:

        def one(email: str) -> Page:
            visitor = Visitor(browser, desk, "en-GB")
            opened.callback(visitor.context.close)
            visitor.sign_in(email, PASSWORD)
            return visitor.page

        yield one


def open_and_resolve(cast: Cast, opened: datetime, resolved: datetime) -> None:
    with acting_as(job(cast.acme.id)), transaction() as rows:
        contact = rows.get_one(Contact, (cast.acme.id, cast.acme.contacts[Role.REQUESTER]))
        client = actions.Actor("client", contact.id, contact.name)
        matter = actions.Matter("複合機が動きません", "至急お願いします。", Channel.MAIL, contact, urgency=Level.HIGH)
        ticket = actions.open_ticket(rows, rows.get_one(Tenant, cast.acme.id), matter, client, opened)
        actions.resolve(rows, ticket, actions.Actor("agent", cast.staff[Role.AGENT], "相沢"), "直しました", resolved)


def test_one_click_says_whether_it_was_kept_and_two_more_show_the_minutes(signed_in: SignIn, own_cast: Cast) -> None:
    admin = signed_in(own_cast.acme.emails[Role.CLIENT_ADMIN])
    expect(admin).to_have_url(re.compile("/portal/ACME/tickets$"))  # where he begins
    admin.click("nav.portal-nav a[href$='/sla']")  # 1
    expect(admin.locator(".verdict")).to_contain_text("75.0", use_inner_text=True)
    admin.click("#goal-first_response >> xpath=ancestor::section >> a >> nth=0")  # 2: the missed ones
    expect(admin.locator(".line-ticket")).to_have_count(1)
    admin.click(".line-ticket")  # 3
    expect(admin).to_have_url(re.compile("/sla/tickets/2#first_response-1$"))
    expect(admin.locator("#first_response-1 details table").first).to_be_visible()
    admin.wait_for_load_state()  # all of it
    his = admin.evaluate(MINUTES)
    agent = signed_in(own_cast.emails[Role.AGENT])
    agent.goto("/tickets/ACME-2/clock")
    assert agent.evaluate(MINUTES) == his
    assert sorted(his) == ["first_response-1", "resolution-1"]
    assert len(his["first_response-1"]) > 1


def test_a_frozen_month_stays_whatever_changes_afterwards(
    signed_in: SignIn, own_app: Flask, own_cast: Cast, at: list[datetime]
) -> None:
    with own_app.app_context():
        close_june(own_cast, at[0])
    email = own_cast.acme.emails[Role.CLIENT_ADMIN]
    frozen = june_of(signed_in(email))
    assert "75.0" in frozen[0]
    at[0] += timedelta(days=3)
    with own_app.app_context():
        change_everything(own_cast, at[0])
    assert june_of(signed_in(email)) == frozen


def june_of(page: Page) -> list[str]:
    """All that is said of June: its page, its list and its file. The months to go to stand above the verdict."""
    page.goto("/portal/ACME/sla?of=2026-06")
    verdict = page.locator(".verdict").inner_text()
    month = page.locator("main").inner_text().partition(verdict)[2]
    page.goto("/portal/ACME/sla/tickets?of=2026-06")
    listed = page.locator("main").inner_text()
    return [verdict, month, listed, page.request.get("/portal/ACME/sla/tickets.csv?of=2026-06").text()]


def close_june(cast: Cast, at: datetime) -> None:
    with acting_as(job(cast.acme.id)), transaction() as rows:
        give_reason(rows, cast.acme.id, (missed(rows).id, "first_response", 1), "volume", "", "相沢", at)
        close_month(rows, rows.get_one(Tenant, cast.acme.id), JUNE, "相沢", at)
    db.session.remove()


def change_everything(cast: Cast, at: datetime) -> None:
    """The contract, the calendar back to its beginning, and what happened to tickets of June; all carried through."""
    acme, june_20 = cast.acme.id, JUNE_29 - timedelta(days=9)
    with acting_as(job(acme)), transaction() as rows:
        (contract,), (calendar,) = queries.contracts_of(rows, acme), queries.calendars_of(rows, acme)
        version, *_ = queries.versions_of(rows, acme, contract.id)
        promises.restate_hours(rows, calendar, AFTERNOONS, OPENED, "相沢", "午後だけでした", at)
        easier = dict(version.terms) | {"targets": {"P2": {"first_response": 600, "resolution": 600}}}
        promises.next_version(rows, contract, easier, at, "recount", "相沢", at)
        actions.reopen(rows, missed(rows), actions.Actor("agent", cast.staff[Role.AGENT], "相沢"), at)
    open_and_resolve(cast, june_20, june_20 + 60 * HOUR)
    while waiting := work_of(acme):
        perform(acme, *waiting)
    with acting_as(job(acme)):
        assert db.session.scalars(select(Remeasuring.finished_at)).all().count(None) == 0
    db.session.remove()


def work_of(tenant_id: int) -> list[int]:
    with acting_as(job(tenant_id)), transaction() as rows:
        mine = (Work.kind.startswith("upkeep.remeasure"), Work.done_at.is_(None), Work.parked_at.is_(None))
        return list(rows.scalars(select(Work.id).where(*mine)))


def missed(rows: Session) -> Ticket:
    return rows.scalars(select(Ticket).where(Ticket.number == 2)).one()
