"""Mail becomes tickets: whose it is, which one it joins, and whether the clock knows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from msp.intake.models import State, Why
from msp.tickets import actions as tickets
from msp.tickets import queries as ticket_queries
from msp.tickets.models import Attachment, Link, Ticket
from msp.tickets.rules import Status
from sla import actions as promises
from tenants import queries as people
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.cast import MONDAY_9, OPENED
from tests.msp.mailroom import HELP, Mailroom, mail
from tests.promises import OFFICE, TARGETS

REQUESTER, LEAD, ADMIN = "requester@acme.example", "team_lead@acme.example", "client_admin@acme.example"


def test_a_new_mail_becomes_a_ticket_whose_clock_began_when_it_was_received(room: Mailroom) -> None:
    room.keep(mail(f"髙﨑 花子 <{REQUESTER}>"))
    room.wait(hours=2)
    ticket = room.ticket()
    (message,) = room.messages(ticket)
    assert (ticket.title, ticket.channel, ticket.opened_at) == ("印刷できません", "mail", MONDAY_9)
    assert ticket.contact_id == room.cast.acme.contacts[Role.REQUESTER]
    assert (message.text, message.by, message.mail_id) == ("複合機が動きません。", "client", "<1@acme.example>")
    assert room.tickets(room.cast.globex) == []


def test_the_desk_keeps_the_raw_mail_and_says_where_it_went(room: Mailroom) -> None:
    room.arrive(mail(REQUESTER))
    (kept,), (copy,) = room.kept(), room.kept(room.cast.acme.id)
    assert (kept.state, kept.moved_to, kept.proof) == (State.HANDED_ON, room.cast.acme.id, "proven")
    assert (copy.state, copy.ticket_id, copy.came_from) == (State.TICKETED, room.ticket().id, kept.id)
    assert copy.place != kept.place


def test_the_same_mail_delivered_twice_is_one_message(room: Mailroom) -> None:
    raw = mail(REQUESTER)
    room.arrive(raw)
    assert room.keep(raw) == 0
    room.arrive(b"Received: from elsewhere\n" + raw, to="support@desk.example")
    assert len(room.messages(room.ticket())) == 1
    assert [row.why for row in room.kept()] == ["", Why.DUPLICATE]


def test_the_same_message_id_with_other_words_is_another_mail(room: Mailroom) -> None:
    room.arrive(mail(REQUESTER))
    room.arrive(mail(REQUESTER, text="別の話です。"))
    assert [room.messages(one)[0].text for one in room.tickets()] == ["複合機が動きません。", "別の話です。"]


def test_work_done_twice_changes_nothing(room: Mailroom) -> None:
    room.arrive(mail(REQUESTER))
    room.arrive(mail(LEAD, message_id="<2@acme.example>", In_Reply_To="<1@acme.example>"))
    before = (len(room.tickets()), len(room.messages(room.ticket())), len(room.sent()), len(room.kept()))
    room.again()
    assert (len(room.tickets()), len(room.messages(room.ticket())), len(room.sent()), len(room.kept())) == before


def test_three_people_s_conversation_stays_one_ticket(room: Mailroom) -> None:
    """A colleague in Cc answers the original, a third answers the colleague: each joins (product.md, pain 13)."""
    room.arrive(mail(REQUESTER, Cc=LEAD))
    room.arrive(mail(LEAD, "RE: 印刷できません", "私もです。", "<2@acme.example>", In_Reply_To="<1@acme.example>"))
    references = "<1@acme.example> <2@acme.example>"
    room.arrive(mail(ADMIN, "Re: x", "三階もです。", "<3@acme.example>", References=references))
    ticket = room.ticket()
    assert [one.text for one in room.messages(ticket)] == ["複合機が動きません。", "私もです。", "三階もです。"]
    with acting_as(job(room.cast.acme.id)):
        follow = set(ticket_queries.participants_of(room.session, room.cast.acme.id, ticket.id))
    assert follow == {room.cast.acme.contacts[Role.TEAM_LEAD], room.cast.acme.contacts[Role.CLIENT_ADMIN]}


def test_an_answer_that_overtakes_the_original_meets_it_in_one_ticket(room: Mailroom) -> None:
    room.arrive(mail(LEAD, "RE: 印刷できません", "私もです。", "<2@acme.example>", In_Reply_To="<1@acme.example>"))
    room.arrive(mail(REQUESTER))
    assert len(room.messages(room.ticket())) == 2


@pytest.mark.parametrize("mark", ["address", "id"])
def test_an_answer_finds_its_ticket_by_our_marks(room: Mailroom, mark: str) -> None:
    room.arrive(mail(REQUESTER))
    receipt = room.sent()[0]
    headers = {"In_Reply_To": receipt.mail_id} if mark == "id" else {}
    to = str(receipt.reply_to) if mark == "address" else HELP
    room.arrive(mail(LEAD, "まったく別の件名", "直りました。", "<9@acme.example>", to=to, **headers))
    assert [one.text for one in room.messages(room.ticket())][1:] == ["直りました。"]


def test_a_key_in_the_subject_counts_for_those_who_follow_only(room: Mailroom) -> None:
    room.arrive(mail(REQUESTER))
    room.arrive(mail(REQUESTER, "ＡＣＭＥ－１ の件", "直りました。", "<2@acme.example>"))
    room.arrive(mail(LEAD, "ACME-1 の件", "私は別件です。", "<3@acme.example>"))
    first, second = room.tickets()
    assert len(room.messages(first)) == 2
    assert room.messages(second)[0].text == "私は別件です。"


def test_a_stranger_of_the_client_s_own_domain_becomes_a_contact(room: Mailroom) -> None:
    room.arrive(mail("新人 一郎 <ichiro@acme.example>"))
    with acting_as(job(room.cast.acme.id)):
        contact = people.contact_by_email(room.session, room.cast.acme.id, "ichiro@acme.example")
    assert contact is not None
    assert (contact.name, contact.verified_at, room.ticket().contact_id) == ("新人 一郎", MONDAY_9, contact.id)


def test_nobody_follows_who_is_not_known_or_of_another_client(room: Mailroom) -> None:
    room.arrive(mail(REQUESTER, Cc="requester@globex.example, nobody@acme.example, x@example.org"))
    with acting_as(job(room.cast.acme.id)):
        assert ticket_queries.participants_of(room.session, room.cast.acme.id, room.ticket().id) == []


def test_an_answer_ends_the_waiting_and_an_automatic_one_does_not(room: Mailroom) -> None:
    room.arrive(mail(REQUESTER))
    ticket = room.ticket()
    room.reply(ticket, "型番は？", then=Status.PENDING_CLIENT)
    room.wait(minutes=1)
    ours = room.sent()[-1].mail_id
    away = {"In_Reply_To": ours, "Auto_Submitted": "auto-replied"}
    room.arrive(mail(REQUESTER, "自動応答", "不在です。", "<2@acme.example>", **away))
    assert (room.ticket().status, room.messages(ticket)[-1].automatic) == (Status.PENDING_CLIENT, True)
    room.arrive(mail(REQUESTER, "Re: x", "MX-1 です。", "<3@acme.example>", In_Reply_To=ours))
    assert room.ticket().status == Status.OPEN


def test_an_answer_soon_after_the_solution_takes_it_up_again(room: Mailroom) -> None:
    resolved(room)
    room.wait(days=6)
    room.arrive(mail(REQUESTER, "Re: x", "まだです。", "<2@acme.example>", In_Reply_To="<1@acme.example>"))
    assert (room.ticket().status, room.ticket().resolved_at) == (Status.OPEN, None)


def test_an_answer_long_after_the_solution_is_a_new_ticket_that_follows(room: Mailroom) -> None:
    resolved(room)
    room.wait(days=8)
    room.arrive(mail(REQUESTER, "Re: x", "またです。", "<2@acme.example>", In_Reply_To="<1@acme.example>"))
    old, new = room.tickets()
    with acting_as(job(room.cast.acme.id)):
        link = room.session.get(Link, (room.cast.acme.id, new.id, old.id, "follows"))
    assert link is not None
    assert (old.status, new.status) == (Status.RESOLVED, Status.NEW)


def test_how_long_after_is_the_contracts_word(room: Mailroom) -> None:
    with acting_as(job(room.cast.acme.id)), transaction() as rows:
        calendar = promises.add_calendar(rows, room.cast.acme.id, "本社", OFFICE, OPENED)
        terms = {"calendar": str(calendar.id), "targets": TARGETS, "reopen_days": 10}
        promises.agree(rows, room.cast.acme.id, "標準", terms, OPENED)
    resolved(room)
    room.wait(days=8)
    room.arrive(mail(REQUESTER, "Re: x", "まだです。", "<2@acme.example>", In_Reply_To="<1@acme.example>"))
    assert (room.ticket().status, room.ticket().resolved_at) == (Status.OPEN, None)


def test_an_answer_to_a_merged_ticket_follows_it(room: Mailroom) -> None:
    room.arrive(mail(REQUESTER))
    room.arrive(mail(LEAD, "別件", "別の話です。", "<2@acme.example>"))
    first, second = room.tickets()
    with acting_as(room.cast.agent(room.cast.acme.id)) as agent, transaction() as rows:
        rows.add(
            Link(tenant_id=first.tenant_id, ticket_id=first.id, other_id=second.id, kind="merged_into", since=MONDAY_9)
        )
        tickets.turn(rows, first, tickets.actor_of(agent), Status.MERGED, MONDAY_9)
    room.arrive(mail(REQUESTER, "Re: x", "続きです。", "<3@acme.example>", In_Reply_To="<1@acme.example>"))
    assert [one.text for one in room.messages(second)][-1] == "続きです。"


def test_files_are_kept_and_hang_on_the_message(room: Mailroom) -> None:
    raw = mail(REQUESTER).decode().replace("Content-Type: text/plain", "Content-Type: text/plain; name=見積.txt")
    room.arrive(raw.replace("\n\n", "\nContent-Disposition: attachment; filename*=UTF-8''%E8%A6%8B.txt\n\n").encode())
    with acting_as(job(room.cast.acme.id)):
        (file,) = room.session.scalars(select(Attachment).where(Attachment.tenant_id == room.cast.acme.id))
    assert (file.name, file.place.startswith(f"{room.cast.acme.id}/")) == ("見.txt", True)
    assert room.app.extensions["files"].read(file.place).decode("utf-8").strip() == "複合機が動きません。"


def test_a_mail_that_cannot_be_read_becomes_a_ticket_that_has_it(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("msp.intake.reading.LIMIT", 0.01)
    raw = mail(REQUESTER, text="".join(f"> {n} <a@b{n}.example> wrote:\n" for n in range(20_000)))
    room.arrive(raw)
    (message,) = room.messages(room.ticket())
    with acting_as(job(room.cast.acme.id)):
        (file,) = room.session.scalars(select(Attachment).where(Attachment.message_id == message.id))
    assert (room.ticket().title, file.name) == ("印刷できません", "mail.eml")
    assert room.app.extensions["files"].read(file.place) == raw
    assert "could not be read" in message.text or "読" in message.text


def test_a_client_without_a_responsible_person_is_the_owners(room: Mailroom) -> None:
    with acting_as(job(room.cast.acme.id)), transaction() as rows:
        tickets.tenant_row(rows, room.cast.acme.id).owner_login_id = None
    room.arrive(mail(REQUESTER))
    assert room.ticket().owner_id == room.cast.staff[Role.OWNER]


def resolved(room: Mailroom) -> Ticket:
    room.arrive(mail(REQUESTER))
    ticket = room.ticket()
    with acting_as(room.cast.agent(room.cast.acme.id)) as agent, transaction() as rows:
        tickets.resolve(rows, ticket, tickets.actor_of(agent), "再起動しました。", room.at + timedelta(minutes=5))
    room.wait(minutes=10)
    return ticket
