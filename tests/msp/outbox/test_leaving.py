"""Replies leave when the time to undo is over, once, with what brings answers back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from msp.errors import Refused
from msp.outbox import actions as outbox
from msp.outbox import queries as outbox_queries
from msp.outbox import rules
from msp.tickets import actions as tickets
from msp.tickets import lookup
from msp.tickets import queries as ticket_queries
from msp.tickets.models import Message, Ticket
from msp.tickets.rules import Status
from tenants import actions as people_actions
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import GATE, Role, job
from tests.msp.mailroom import HELP, Mailroom, mail
from tests.msp.outbox.conftest import World

REQUESTER, LEAD = "requester@acme.example", "team_lead@acme.example"


def asked(room: Mailroom, world: World, **headers: str) -> Ticket:
    """A ticket that came by mail; the receipt is out of the way."""
    room.arrive(mail(REQUESTER, **headers))
    world.letters.clear()
    world.paths.clear()
    world.recipients.clear()
    return room.ticket()


def test_a_reply_leaves_when_the_time_to_undo_is_over(room: Mailroom, world: World) -> None:
    ticket = asked(room, world)
    room.reply(ticket, "型番を教えてください。")
    room.wait(seconds=9)
    assert world.letters == []
    room.wait(seconds=1)
    (letter,) = world.letters
    assert letter["Subject"] == "Re: [ACME-1] 印刷できません"
    assert letter["To"].addresses[0].addr_spec == REQUESTER
    assert (letter["In-Reply-To"], letter["Auto-Submitted"]) == (room.sent()[0].mail_id, None)
    assert letter["References"].split() == ["<1@acme.example>", room.sent()[0].mail_id]
    assert letter["Message-ID"] == room.sent()[-1].mail_id
    assert rules.reply_token(letter["Reply-To"].addresses[0].addr_spec, HELP) is not None
    assert letter.get_content().startswith("型番を教えてください。")
    assert world.paths == [HELP]
    assert (room.sent()[-1].state, room.sent()[-1].sent_at) == ("sent", room.at)


def test_a_reply_taken_back_never_leaves(room: Mailroom, world: World) -> None:
    ticket = asked(room, world)
    message = room.reply(ticket, "まちがい")
    with acting_as(room.cast.agent(ticket.tenant_id)) as agent, transaction() as rows:
        row = rows.get_one(Ticket, (ticket.tenant_id, ticket.id))
        words = rows.get_one(Message, (ticket.tenant_id, message.id))
        tickets.take_back(rows, row, words, tickets.actor_of(agent), room.at)
    room.wait(minutes=5)
    assert world.letters == []
    assert [one.key for one in room.sent()] == [f"received:{ticket.id}"]


def test_a_reply_is_found_by_its_words_once_it_has_left(room: Mailroom, world: World) -> None:
    ticket = asked(room, world)
    taken_back = room.reply(ticket, "まちがい")
    with acting_as(room.cast.agent(ticket.tenant_id)) as agent, transaction() as rows:
        row = rows.get_one(Ticket, (ticket.tenant_id, ticket.id))
        words = rows.get_one(Message, (ticket.tenant_id, taken_back.id))
        tickets.take_back(rows, row, words, tickets.actor_of(agent), room.at)
    room.reply(ticket, "型番を教えてください。")

    def found(text: str) -> list[str]:
        with acting_as(room.cast.client(room.cast.acme)) as client:
            hits = lookup.tickets_holding(room.session, client, text)
        return [hit.key for hit in hits]

    assert found("型番") == []
    room.wait(minutes=5)
    assert (found("型番"), found("まちがい")) == ([ticket.key], [])


def test_once_written_a_reply_cannot_be_taken_back(room: Mailroom, world: World) -> None:
    ticket = asked(room, world)
    message = room.reply(ticket, "はい。")
    room.wait(seconds=10)
    with acting_as(room.cast.agent(ticket.tenant_id)) as agent:
        row = room.session.get_one(Ticket, (ticket.tenant_id, ticket.id))
        words = room.session.get_one(Message, (ticket.tenant_id, message.id))
        with pytest.raises(Refused, match="left already"):
            tickets.take_back(room.session, row, words, tickets.actor_of(agent), room.at)


def test_work_done_twice_sends_nothing_twice(room: Mailroom, world: World) -> None:
    ticket = asked(room, world)
    room.reply(ticket, "はい。")
    room.wait(seconds=10)
    room.again()
    assert len(world.letters) == 1


def test_all_who_follow_get_one_mail_and_answers_come_back_to_the_ticket(room: Mailroom, world: World) -> None:
    ticket = asked(room, world, Cc=LEAD)
    room.reply(ticket, "二人へ。")
    room.wait(seconds=10)
    (letter,) = world.letters
    assert [one.addr_spec for one in letter["Cc"].addresses] == [LEAD]
    assert world.recipients == [[REQUESTER, LEAD]]
    back = letter["Reply-To"].addresses[0].addr_spec
    room.arrive(mail(LEAD, "Re: x", "ありがとう。", "<2@acme.example>", to=back))
    assert room.messages(room.ticket())[-1].text == "ありがとう。"


def test_files_of_a_reply_go_along(room: Mailroom, world: World) -> None:
    ticket = asked(room, world)
    place, digest = room.app.extensions["files"].keep(ticket.tenant_id, b"%PDF-1.7\n")
    upload = tickets.Upload("手順.pdf", "application/pdf", 9, digest, place)
    with acting_as(room.cast.agent(ticket.tenant_id)) as agent, transaction() as rows:
        row = rows.get_one(Ticket, (ticket.tenant_id, ticket.id))
        tickets.reply(
            rows, row, tickets.actor_of(agent), tickets.Answer("添付します。", uploads=[upload]), room.at, timedelta(0)
        )
    room.work()
    (file,) = world.letters[0].iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("手順.pdf", b"%PDF-1.7\n")


def test_each_client_knows_the_desk_by_its_own_name_and_address(room: Mailroom, world: World) -> None:
    with acting_as(job(room.cast.acme.id)), transaction() as rows:
        tenant = rows.get_one(Tenant, room.cast.acme.id)
        tenant.mail_name, tenant.mail_address = "アクメ窓口", "acme@desk.example"
        tenant.signature = "デスク株式会社\n03-0000-0000"
    ticket = asked(room, world)
    room.reply(ticket, "はい。")
    room.wait(seconds=10)
    sender = world.letters[0]["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == ("アクメ窓口", "acme@desk.example")
    assert world.letters[0].get_content().splitlines()[-3:] == ["-- ", "デスク株式会社", "03-0000-0000"]


def test_nobody_outside_the_client_is_written_to(room: Mailroom, world: World) -> None:
    """Whoever left, or whose address lies in another client's domain, is passed over (screens.md 3)."""
    ticket = asked(room, world, Cc=LEAD)
    with acting_as(job(room.cast.acme.id)), transaction() as rows:
        rows.get_one(Contact, (room.cast.acme.id, room.cast.acme.contacts[Role.TEAM_LEAD])).left_at = room.at
        stray = people_actions.add_contact(
            rows, room.cast.acme.id, "誤登録", "typo@globex.example", verified_at=room.at
        )
        tickets.follow(rows, rows.get_one(Ticket, (ticket.tenant_id, ticket.id)), stray.id, room.at)
    room.reply(ticket, "はい。")
    room.wait(seconds=10)
    assert world.recipients == [[REQUESTER]]


def test_a_reply_nobody_can_get_by_mail_is_said_on_the_ticket(room: Mailroom, world: World) -> None:
    ticket = asked(room, world)
    with acting_as(job(room.cast.acme.id)), transaction() as rows:
        rows.get_one(Contact, (room.cast.acme.id, ticket.contact_id)).left_at = room.at
    room.reply(ticket, "はい。")
    room.wait(seconds=10)
    assert world.letters == []
    assert told(room)[-1] == ("mail_failed", "no_address")


def test_what_is_refused_for_good_is_shown_and_not_tried_again(room: Mailroom, world: World) -> None:
    ticket = asked(room, world)
    world.answers[REQUESTER] = "550 5.1.1 No such user"
    room.reply(ticket, "はい。")
    room.wait(seconds=10)
    world.answers.clear()
    room.wait(days=1)
    assert (room.sent()[-1].state, world.letters) == ("refused", [])
    assert told(room)[-1] == ("mail_failed", f"{REQUESTER}: 550 5.1.1 No such user")


def test_what_is_put_off_leaves_later_under_the_same_id(room: Mailroom, world: World) -> None:
    ticket = asked(room, world)
    world.answers["*"] = "451 4.7.1 Greylisted"
    room.reply(ticket, "はい。")
    room.wait(seconds=10)
    before = room.sent()[-1]
    assert (before.state, world.letters) == ("waiting", [])
    world.answers.clear()
    room.wait(minutes=1)
    assert [letter["Message-ID"] for letter in world.letters] == [before.mail_id]


def test_who_has_it_is_not_sent_it_again_for_who_has_not(room: Mailroom, world: World) -> None:
    ticket = asked(room, world, Cc=LEAD)
    world.answers[LEAD] = "450 4.2.0 Full"
    room.reply(ticket, "はい。")
    room.wait(seconds=10)
    assert (world.recipients, room.sent()[-1].state) == ([[REQUESTER]], "waiting")
    world.answers.clear()
    room.wait(minutes=6)
    assert (world.recipients, room.sent()[-1].state) == ([[REQUESTER], [LEAD]], "sent")


def test_without_a_way_out_mail_waits_and_burns_no_try(
    room: Mailroom, world: World, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = app.extensions["settings"]
    monkeypatch.setitem(app.extensions, "settings", replace(there, smtp_host=""))
    room.arrive(mail(REQUESTER))
    room.reply(room.ticket(), "はい。")
    room.wait(days=2)
    assert [(one.state, one.tries) for one in room.sent()] == [("waiting", 0)] * 2
    monkeypatch.setitem(app.extensions, "settings", there)
    room.wait(minutes=15)
    assert [one.state for one in room.sent()] == ["sent"] * 2
    assert len(world.letters) == 2


def test_the_requester_hears_how_it_was_resolved_and_may_disagree(room: Mailroom, world: World) -> None:
    ticket = asked(room, world)
    resolve(room, ticket)
    room.work()
    (letter,) = world.letters
    assert (letter["Auto-Submitted"], world.paths) == ("auto-generated", ["<>"])
    assert "再起動しました。" in letter.get_content()
    back = letter["Reply-To"].addresses[0].addr_spec
    room.arrive(mail(REQUESTER, "Re: x", "まだです。", "<2@acme.example>", to=back))
    assert room.ticket().status == Status.OPEN


def test_nothing_is_said_of_a_solution_that_was_withdrawn(room: Mailroom, world: World) -> None:
    ticket = asked(room, world)
    resolve(room, ticket)
    with acting_as(room.cast.agent(ticket.tenant_id)) as agent, transaction() as rows:
        row = rows.get_one(Ticket, (ticket.tenant_id, ticket.id))
        tickets.reopen(rows, row, tickets.actor_of(agent), room.at)
    room.work()
    assert world.letters == []


def test_a_reset_brings_a_link_that_works_once_and_stands_in_no_row(room: Mailroom, world: World) -> None:
    with acting_as(GATE), transaction() as rows:
        people_actions.ask_reset(rows, REQUESTER, room.at)
        people_actions.ask_reset(rows, "nobody@example.org", room.at)
    room.work()
    (letter,) = world.letters
    (link,) = re.findall(r"http://localhost/welcome/(\S+)", letter.get_content())
    assert link not in room.sent(room.cast.desk)[0].text
    with acting_as(GATE), transaction() as rows:
        assert people_actions.choose_password(rows, link, "another good password", room.at) is not None
        assert people_actions.choose_password(rows, link, "and another password", room.at) is None


def test_an_invitation_brings_a_link_too(room: Mailroom, world: World) -> None:
    with acting_as(job(room.cast.acme.id)), transaction() as rows:
        outbox.invite(rows, room.cast.acme.id, room.cast.acme.logins[Role.REQUESTER], room.at)
    room.work()
    assert "http://localhost/welcome/" in world.letters[0].get_content()
    assert world.letters[0]["To"].addresses[0].addr_spec == REQUESTER


def test_a_notice_is_told_once_to_each(room: Mailroom) -> None:
    people_told = {room.cast.staff[Role.AGENT], room.cast.staff[Role.LEAD]}
    for _ in range(2):
        with acting_as(job(room.cast.acme.id)), transaction() as rows:
            outbox.notify(rows, people_told, room.cast.acme.id, "escalation:1", "escalation", "ACME-1", {}, room.at)
    with acting_as(room.cast.agent()):
        found = [len(outbox_queries.notices_of(room.session, one, room.cast.every)) for one in people_told]
    assert found == [1, 1]


def told(room: Mailroom) -> list[tuple[str, str]]:
    """(type, why) of the ticket's story."""
    with acting_as(job(room.cast.acme.id)):
        events = ticket_queries.events_of(room.session, room.cast.acme.id, room.ticket().id)
    return [(event.type, event.data.get("why", "")) for event in events]


def resolve(room: Mailroom, ticket: Ticket) -> None:
    with acting_as(room.cast.agent(ticket.tenant_id)) as agent, transaction() as rows:
        row = rows.get_one(Ticket, (ticket.tenant_id, ticket.id))
        tickets.resolve(rows, row, tickets.actor_of(agent), "再起動しました。", room.at)
