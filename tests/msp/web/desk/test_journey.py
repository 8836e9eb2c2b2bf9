"""An agent's morning in a real browser: from signing in to a ticket answered, resolved and its time kept, by keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, Route, expect
from sqlalchemy import select

from billing.models import TimeEntry, WorkType
from msp.tickets import actions
from msp.tickets.models import Draft, Message, Ticket
from msp.tickets.rules import Channel, Level, Status
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import Role, job
from tests.browser import served
from tests.cast import MONDAY_9, PASSWORD, Cast
from tests.promises import agree_on_office_hours

pytestmark = [pytest.mark.browser, pytest.mark.own_database]


@pytest.fixture
def page(own_app: Flask, own_cast: Cast, browser: Browser) -> Iterator[Page]:
    """The sign-in page of a desk with two tickets, served for real."""
    with own_app.app_context():
        for company in (own_cast.acme, own_cast.globex):
            _begin(company.id, company.contacts[Role.REQUESTER])
        db.session.remove()
    with served(own_app) as url, browser.new_page(locale="en-GB", base_url=url) as shown:
        shown.goto("/sign-in")
        yield shown


def _begin(tenant_id: int, contact_id: int) -> None:
    with acting_as(job(tenant_id)), transaction() as rows:
        agree_on_office_hours(rows, tenant_id)
        if rows.get(WorkType, "remote") is None:
            rows.add(WorkType(code="remote", name_ja="リモート", name_en="Remote work"))
        contact = rows.get_one(Contact, (tenant_id, contact_id))
        matter = actions.Matter("複合機が動きません", "至急お願いします。", Channel.MAIL, contact, urgency=Level.MEDIUM)
        opener = actions.Actor("client", contact.id, contact.name)
        actions.open_ticket(rows, actions.tenant_row(rows, tenant_id), matter, opener, MONDAY_9)


def sign_in(page: Page) -> None:
    page.fill("#f-email", "agent@desk.example")
    page.fill("#f-password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".view-chip .quiet").first).to_be_visible()  # the counts come last: all scripts are at work


def test_nine_steps_answer_resolve_and_keep_the_time(page: Page, own_app: Flask, own_cast: Cast) -> None:
    sign_in(page)  # 1 address, 2 password, 3 Enter
    page.keyboard.press("j")  # 4
    page.keyboard.press("Space")  # 5: it opens beside the list
    expect(page.locator("[data-ticket='ACME-1']")).to_be_visible()
    page.keyboard.press("r")  # 6
    expect(page.locator("[data-composer-body]")).to_be_focused()
    page.keyboard.type("紙詰まりを取り除きました。")  # 7
    expect(page.locator("[data-composer-body]")).to_have_value("紙詰まりを取り除きました。")
    page.fill("[name=minutes]", "10")  # 8
    page.keyboard.press("Shift+Control+Enter")  # 9: send, solve, next
    expect(page.locator("[data-ticket='GLOBEX-1']")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/tickets\?view=due&ticket=GLOBEX-1$"))
    expect(page.locator("[data-list] [data-row]")).to_have_count(1)
    with own_app.app_context(), acting_as(job(own_cast.acme.id)):
        ticket = db.session.scalars(select(Ticket)).one()
        assert (ticket.status, ticket.resolution) == (Status.RESOLVED, "紙詰まりを取り除きました。")
        assert db.session.scalars(select(TimeEntry.raw_seconds)).one() == 600


def test_a_ticket_opens_at_its_newest_words_and_follows_them(page: Page, own_app: Flask, own_cast: Cast) -> None:
    for number in range(12):
        _say(own_app, own_cast, f"{number}枚目も詰まりました。")
    sign_in(page)
    oldest, newest = (page.locator("[data-thread] > .message").nth(place) for place in (0, -1))
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(newest).to_have_text(re.compile("11枚目"))
    assert _in_sight(newest)
    for address in ("/tickets?view=due&ticket=ACME-1", "/tickets/ACME-1"):
        page.goto(address)
        expect(newest).to_have_text(re.compile("11枚目"))
        assert _in_sight(newest)
        assert not _in_sight(oldest)
    _say(own_app, own_cast, "直りました。")
    page.evaluate("htmx.trigger('#ticket-story', 'live')")
    expect(newest).to_have_text(re.compile("直りました"))
    assert _in_sight(newest)
    oldest.scroll_into_view_if_needed()
    _say(own_app, own_cast, "また詰まりました。")
    page.evaluate("htmx.trigger('#ticket-story', 'live')")
    expect(newest).to_have_text(re.compile("また詰まりました"))
    assert _in_sight(oldest)


def test_a_draft_on_its_way_does_not_come_behind_its_letter(page: Page, own_app: Flask, own_cast: Cast) -> None:
    sign_in(page)
    page.goto("/tickets/ACME-1")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/draft", hold)
    with page.expect_request("**/draft"):
        page.fill("[data-composer-body]", "明日伺います。")
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(200)
    expect(page.locator("[data-thread] > .message")).to_have_count(1)
    held[0].continue_()
    expect(page.locator("[data-thread] > .message")).to_have_count(2)
    expect(page.locator("[data-composer-body]")).to_have_value("")
    with own_app.app_context(), acting_as(job(own_cast.acme.id)):
        assert db.session.scalars(select(Draft)).all() == []


def _say(own_app: Flask, own_cast: Cast, text: str) -> None:
    acme = own_cast.acme
    with own_app.app_context(), acting_as(job(acme.id)), transaction() as rows:
        contact = rows.get_one(Contact, (acme.id, acme.contacts[Role.REQUESTER]))
        ticket = rows.scalars(select(Ticket)).one()
        actions.take_arrival(rows, ticket, actions.Arrival(text, Channel.MAIL, contact), MONDAY_9)


def _in_sight(words: Locator) -> bool:
    """Whether a person sees them to their end: nothing lies over it."""
    seen: bool = words.evaluate(
        """each => {
          const { left, bottom } = each.getBoundingClientRect();
          return each.contains(document.elementFromPoint(left + 60, bottom - 4));
        }"""
    )
    return seen


def test_undo_by_its_key_brings_the_words_back(page: Page, own_app: Flask, own_cast: Cast) -> None:
    sign_in(page)
    page.click("[data-number='ACME-1'] a")
    page.fill("[data-composer-body]", "まちがい")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-toast][data-undo]")).to_be_visible()
    page.locator("h2").first.focus()
    page.keyboard.press("z")
    expect(page.locator("[data-composer-body]")).to_have_value("まちがい")
    with own_app.app_context(), acting_as(job(own_cast.acme.id)):
        assert db.session.scalars(select(Message.taken_back_at).order_by(Message.id)).all()[-1] is not None


def test_a_draft_survives_a_reload_and_a_warning_keeps_it(page: Page, own_app: Flask, own_cast: Cast) -> None:
    sign_in(page)
    page.click("[data-number='ACME-1'] a")
    page.fill("[data-composer-body]", "globex.example と同じ設定です")
    expect(page.locator("[data-composer-status]")).to_have_text(re.compile("下書きを保存しました"))
    page.reload()
    expect(page.locator("[data-composer-body]")).to_have_value("globex.example と同じ設定です")
    page.locator("[data-composer-body]").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".found-word")).to_have_text("globex.example")
    expect(page.locator("[data-composer-body]")).to_have_value("globex.example と同じ設定です")
    page.locator("button[name=confirm]").click()
    expect(page.locator("[data-toast][data-undo]")).to_be_visible()
    with own_app.app_context(), acting_as(own_cast.agent(own_cast.acme.id)):
        assert db.session.scalars(select(Draft)).all() == []


def test_what_a_colleague_does_appears_by_itself_and_the_typed_text_stays(page: Page, browser: Browser) -> None:
    sign_in(page)
    page.click("[data-number='ACME-1'] a")
    page.fill("[data-composer-body]", "書きかけ")
    with browser.new_page(locale="en-GB") as colleague:
        colleague.goto(f"{page.url.partition('/tickets')[0]}/sign-in")
        colleague.fill("#f-email", "lead@desk.example")
        colleague.fill("#f-password", PASSWORD)
        colleague.keyboard.press("Enter")
        colleague.click("[data-number='ACME-1'] a")
        colleague.locator("[data-command=assign-me]").click()
        expect(page.locator("#ticket-story")).to_contain_text("lead 相沢")
    expect(page.locator("#ticket-head")).to_contain_text("lead 相沢")
    expect(page.locator("[data-composer-body]")).to_have_value("書きかけ")


def test_what_no_hint_told_is_seen_soon_and_what_is_marked_stays_until_it_is_let_go(
    page: Page, own_app: Flask, own_cast: Cast
) -> None:
    page.clock.install()
    sign_in(page)
    page.click("[data-number='ACME-1'] a")
    page.locator("#ticket-story").select_text()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url.rpartition("/")[2]))
    with own_app.app_context(), acting_as(job(own_cast.acme.id)), transaction() as rows:
        ticket = rows.scalars(select(Ticket)).one()
        ticket.owner_id, ticket.taken_at = own_cast.staff[Role.LEAD], MONDAY_9  # as if the hint were lost
    page.clock.run_for(30_000)
    expect(page.locator("#ticket-head")).not_to_contain_text("lead 相沢")
    assert "bell" in asked
    assert "ACME-1" not in asked
    page.evaluate("getSelection().empty()")
    page.clock.run_for(1_000)
    expect(page.locator("#ticket-head")).to_contain_text("lead 相沢")


def test_four_steps_make_a_call_a_ticket_with_its_time(page: Page, own_app: Flask, own_cast: Cast) -> None:
    contact_id = own_cast.acme.contacts[Role.REQUESTER]
    with own_app.app_context(), acting_as(job(own_cast.acme.id)), transaction() as rows:
        rows.get_one(Contact, (own_cast.acme.id, contact_id)).phone = "03-1234-5678"
    sign_in(page)
    page.goto("/tickets/new")  # one form, open while the phone rings
    expect(page.locator("#f-who")).to_be_focused()
    page.keyboard.type("5678")  # 1: the only one found is chosen
    expect(page.locator("[name=who]")).to_be_checked()
    page.fill("[name=text]", "VPNが切れます")  # 2
    page.fill("[name=minutes]", "6")  # 3
    page.keyboard.press("Enter")  # 4
    page.wait_for_url("**/tickets/ACME-2")
    with own_app.app_context(), acting_as(job(own_cast.acme.id)):
        ticket = db.session.scalars(select(Ticket).where(Ticket.number == 2)).one()
        assert (ticket.channel, ticket.contact_id, ticket.title) == (Channel.PHONE, contact_id, "VPNが切れます")
        assert db.session.scalars(select(TimeEntry.raw_seconds)).one() == 360
