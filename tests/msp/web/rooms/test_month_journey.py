"""The owner's two journeys in a real browser, counted: a month end of ten clients, and a first contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import EntryState
from billing.schemas.first_contract import OFFERS
from msp.tickets.models import Ticket
from msp.web import month
from tenants import actions as companies
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Tenant
from tenants.rules import GATE, Role, job
from tests.billing.books import HOUR, JULY_2, JUNE, open_books
from tests.browser import served
from tests.cast import MONDAY_9, OPENED, PASSWORD, Cast

pytestmark = [pytest.mark.browser, pytest.mark.own_database]
LACKS_ORDER_NUMBER, LACKS_APPROVAL = 3, 7


@dataclass
class Steps:
    """What a person does on a page: each click, key and filled field is one; pages on which he did one are screens."""

    page: Page
    count: int = 0
    screens: set[str] = field(default_factory=set)

    def click(self, selector: str) -> None:
        self._step()
        self.page.click(selector)

    def fill(self, selector: str, text: str) -> None:
        self._step()
        self.page.fill(selector, text)

    def press(self, key: str) -> None:
        self._step()
        self.page.keyboard.press(key)

    def _step(self) -> None:
        self.count += 1
        self.screens.add(urlsplit(self.page.url).path)


Serve = Callable[[], Page]


@pytest.fixture
def serve(own_app: Flask, own_cast: Cast, browser: Browser) -> Iterator[Serve]:
    """The desk served for real; the page answered is the queue of its owner, signed in."""
    with served(own_app) as url, browser.new_page(locale="en-GB", base_url=url) as page:

        def signed_in() -> Page:
            page.goto("/sign-in")
            page.fill("#f-email", own_cast.emails[Role.OWNER])
            page.fill("#f-password", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url("**/tickets*")
            return page

        yield signed_in


def june(app: Flask, cast: Cast, exceptions: int) -> None:
    """Ten clients with two hours of June each; of two of them something keeps the invoice back, if asked for."""
    with app.app_context():
        with acting_as(GATE), transaction() as rows:
            new = [companies.open_tenant(rows, f"KITA{n}", f"北町{n}", OPENED).tenant_id for n in range(8)]
        issuer_id: int | None = None
        for number, tenant_id in enumerate((cast.acme.id, cast.globex.id, *new)):
            with acting_as(job(tenant_id)), transaction() as rows:
                if issuer_id is None:
                    books = open_books(rows, tenant_id, cast.staff[Role.AGENT])
                    issuer_id = books.issuer.id
                facts = {
                    "issuer_id": issuer_id,
                    "recipient": "北町商店",
                    "emails": ["billing@x.example"],
                    "po_required": bool(exceptions) and number == LACKS_ORDER_NUMBER,
                }
                billing.set_account(rows, tenant_id, facts, MONDAY_9)
                work(rows, tenant_id, cast.staff[Role.AGENT])
                if exceptions and number == LACKS_APPROVAL:
                    billing.decide_approval(rows, "manual")
                    work(rows, tenant_id, cast.staff[Role.AGENT])
                    billing.decide_approval(rows, "automatic")
                assert billing.recompute_draft(rows, tenant_id, JUNE, JULY_2) is not None
        db.session.remove()


def work(rows: Session, tenant_id: int, agent_id: int) -> None:
    key = rows.scalars(select(Tenant.key).where(Tenant.tenant_id == tenant_id)).one()
    number = 8000 + (rows.scalar(select(func.count()).select_from(Ticket).where(Ticket.tenant_id == tenant_id)) or 0)
    ticket = Ticket(
        tenant_id=tenant_id, number=number, key=f"{key}-{number}", title="複合機から印刷できません",
        owner_id=agent_id, opened_at=MONDAY_9, changed_at=MONDAY_9,
    )  # fmt: skip
    rows.add(ticket)
    rows.flush()
    said = {"work_type": "remote", "started_at": MONDAY_9, "ended_at": MONDAY_9 + 2 * HOUR, "text": "確認"}
    entry = billing.log_time(rows, tenant_id, ticket.id, agent_id, said, MONDAY_9 + 2 * HOUR)
    if entry.state == EntryState.DRAFT:
        billing.submit(rows, tenant_id, entry.id, agent_id, MONDAY_9 + 3 * HOUR)


@pytest.mark.parametrize("exceptions", [0, 2])
def test_ten_clients_take_three_steps_and_two_for_each_exception(
    own_app: Flask,
    own_cast: Cast,
    serve: Serve,
    monday_ten: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    exceptions: int,
) -> None:
    monkeypatch.setattr(month, "AT_ONCE", 60.0)  # a busy machine is slow, not wrong
    june(own_app, own_cast, exceptions)
    monday_ten.move_to(JULY_2 + timedelta(hours=1))
    page = serve()
    he = Steps(page)
    he.click("a[href='/month']")
    board = page.locator("main table tbody tr")
    expect(board).to_have_count(10)
    he.screens.clear()  # wherever he was before
    if exceptions:
        he.fill("[id^='po-']", "PO-7")
        he.press("Enter")
        expect(page.locator("[id^='po-']")).to_have_count(0)
        he.click("details.mend summary")
        he.click("details.mend[open] button")
        expect(page.locator("details.mend")).to_have_count(0)
    he.click("a[href^='/month/issue']")
    expect(page.locator("[name=draft]")).to_have_count(10)
    he.click("form[action='/month/issue'] button")
    expect(page.locator("main table .tag-good")).to_have_count(10)
    assert he.count == 3 + 2 * exceptions
    assert he.screens | {urlsplit(page.url).path} == {"/month", "/month/issue"}


def test_a_first_contract_takes_eight_fields_beside_what_last_month_would_have_cost(
    own_app: Flask, own_cast: Cast, serve: Serve, monday_ten: time_machine.Traveller
) -> None:
    june(own_app, own_cast, 0)
    monday_ten.move_to(JULY_2 + timedelta(hours=1))
    page = serve()
    he = Steps(page)
    for offer in OFFERS:
        page.goto(f"/clients/GLOBEX/contract/first?offer={offer}")
        fields = page.locator("main form.form :is(input, select, textarea):not([type=hidden])")
        names = fields.evaluate_all("all => new Set(all.map(each => each.name)).size")  # a choice of one is one field
        assert 4 <= names <= 8, offer
    page.goto("/clients/GLOBEX/contract/first?offer=tm")
    he.fill("#f-rate", "7500")
    expect(page.locator("#guess .number").filter(has_text="15,000").first).to_be_visible()
    form, guess = page.locator("main form.form").bounding_box(), page.locator("#guess").bounding_box()
    assert form is not None
    assert guess is not None
    assert guess["x"] >= form["x"] + form["width"]
    he.click("main form.form button[type=submit]")
    page.wait_for_url("**/clients/GLOBEX/items*")
    assert he.count <= 8
    assert len(he.screens) == 1
