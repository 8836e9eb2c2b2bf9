"""A ticket's state and clocks follow from what happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from msp.errors import Refused, Stale
from msp.tickets import actions, lookup, queries
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel, Level, Status
from sla import queries as promises
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import Role
from tests.cast import MONDAY_9, Cast
from tests.promises import agree_on_office_hours

HOUR = timedelta(hours=1)
UNDO = timedelta(seconds=10)


@pytest.fixture
def acting(session: Session, cast: Cast) -> Iterator[Session]:
    """An agent at work for Acme, whose contract is agreed."""
    with acting_as(cast.agent(cast.acme.id)):
        agree_on_office_hours(session, cast.acme.id)
        yield session


def by_mail(session: Session, cast: Cast, title: str = "印刷できません", at: datetime = MONDAY_9) -> Ticket:
    tenant = actions.tenant_row(session, cast.acme.id)
    contact = session.get_one(Contact, (cast.acme.id, cast.acme.contacts[Role.REQUESTER]))
    matter = actions.Matter(title, "複合機が動きません", Channel.MAIL, contact, urgency=Level.MEDIUM)
    return actions.open_ticket(session, tenant, matter, actions.Actor("client", contact.id, contact.name), at)


def me(cast: Cast) -> actions.Actor:
    return actions.actor_of(cast.agent(cast.acme.id))


def test_numbers_have_no_gaps_and_begin_at_one(acting: Session, cast: Cast) -> None:
    assert [by_mail(acting, cast).key for _ in range(3)] == ["ACME-1", "ACME-2", "ACME-3"]


def test_a_new_ticket_is_due_in_open_time(acting: Session, cast: Cast) -> None:
    ticket = by_mail(acting, cast)
    assert (ticket.status, ticket.priority, ticket.clock) == (Status.NEW, "P4", "running")
    assert ticket.due_at == MONDAY_9 + 5 * HOUR  # four open hours from 09:00, lunch apart: 14:00
    assert ticket.due_metric == "first_response"


def test_an_answer_stops_the_first_clock_and_opens_the_ticket(acting: Session, cast: Cast) -> None:
    ticket = by_mail(acting, cast)
    actions.reply(acting, ticket, me(cast), actions.Answer("確認します", ticket.last_message_id), MONDAY_9 + HOUR, UNDO)
    clocks = {clock.metric: clock for clock in promises.clocks_of(acting, cast.acme.id, ticket.id)}
    assert ticket.status == Status.OPEN
    assert clocks["first_response"].status == "stopped"
    assert ticket.due_metric == "resolution"


def test_a_reply_taken_back_answered_nothing(acting: Session, cast: Cast) -> None:
    ticket = by_mail(acting, cast)
    before = ticket.due_at
    message = actions.reply(
        acting, ticket, me(cast), actions.Answer("まちがい", ticket.last_message_id), MONDAY_9 + HOUR, UNDO
    )
    actions.take_back(acting, ticket, message, me(cast), MONDAY_9 + HOUR + UNDO / 2)
    assert (ticket.due_at, ticket.due_metric) == (before, "first_response")
    drafts = queries.drafts_of(acting, cast.acme.id, ticket.id, cast.staff[Role.AGENT])
    assert drafts["reply"].text == "まちがい"


def test_waiting_on_the_client_stops_the_clock_until_he_writes(acting: Session, cast: Cast) -> None:
    ticket = by_mail(acting, cast)
    actions.reply(
        acting, ticket, me(cast), actions.Answer("型番は？", then=Status.PENDING_CLIENT), MONDAY_9 + HOUR, UNDO
    )
    assert (ticket.due_at, ticket.clock) == (None, "paused")
    arrival = actions.Arrival("MX-1です", Channel.MAIL, acting.get(Contact, (cast.acme.id, ticket.contact_id)))
    actions.take_arrival(acting, ticket, arrival, MONDAY_9 + 25 * HOUR)
    assert ticket.status == Status.OPEN
    assert ticket.clock == "running"


def test_an_automatic_message_ends_no_wait(acting: Session, cast: Cast) -> None:
    ticket = by_mail(acting, cast)
    actions.wait_on_client(acting, ticket, me(cast), MONDAY_9 + HOUR)
    actions.take_arrival(acting, ticket, actions.Arrival("不在です", Channel.MAIL, automatic=True), MONDAY_9 + 2 * HOUR)
    assert ticket.status == Status.PENDING_CLIENT


def test_a_newer_message_stops_the_send(acting: Session, cast: Cast) -> None:
    ticket = by_mail(acting, cast)
    seen = ticket.last_message_id
    actions.take_arrival(acting, ticket, actions.Arrival("追伸", Channel.MAIL), MONDAY_9 + HOUR)
    with pytest.raises(Stale):
        actions.reply(acting, ticket, me(cast), actions.Answer("確認します", seen), MONDAY_9 + 2 * HOUR, UNDO)


def test_resolving_needs_a_sentence(acting: Session, cast: Cast) -> None:
    ticket = by_mail(acting, cast)
    with pytest.raises(Refused):
        actions.resolve(acting, ticket, me(cast), "  ", MONDAY_9 + HOUR)
    actions.resolve(acting, ticket, me(cast), "ドライバーを入れ直した", MONDAY_9 + HOUR)
    assert (ticket.status, ticket.due_at, ticket.clock) == (Status.RESOLVED, None, "stopped")


def test_a_breach_is_noticed_once_and_left_as_work(acting: Session, cast: Cast) -> None:
    ticket = by_mail(acting, cast)
    late = MONDAY_9 + 6 * HOUR
    assert actions.tick(acting, cast.acme.id, [ticket.id], late) == [HOUR.total_seconds()]
    assert actions.tick(acting, cast.acme.id, [ticket.id], late) == []
    steps = promises.escalations_of(acting, cast.acme.id, ticket.id)
    assert [(step.metric, step.step, step.at) for step in steps] == [("first_response", "100%", MONDAY_9 + 5 * HOUR)]
    assert ticket.breached


def test_search_finds_japanese_pairs_and_latin_prefixes(acting: Session, cast: Cast) -> None:
    ticket = by_mail(acting, cast, "ＶＰＮ接続エラー 0x80072EE7")
    actions.note(acting, ticket, me(cast), "ルーター再起動で直る", MONDAY_9)
    acting.flush()
    for words in ("vpn", "接続", "0x8007", "エラー", "複合機", "ルーター", "ACME"):
        found = lookup.tickets_holding(acting, cast.agent(), words)
        assert [row.key for row in found] == [ticket.key], words
    assert lookup.tickets_holding(acting, cast.agent(), "存在しない") == []


def test_a_client_finds_nothing_by_the_words_of_a_note(acting: Session, cast: Cast) -> None:
    ticket = by_mail(acting, cast)
    actions.note(acting, ticket, me(cast), "内緒", MONDAY_9)
    acting.flush()
    with acting_as(cast.client(cast.acme)):
        assert lookup.tickets_holding(acting, cast.client(cast.acme), "内緒") == []
        assert queries.notes_of(acting, cast.acme.id, ticket.id) == []
