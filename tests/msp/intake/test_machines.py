"""Machines open no conversation with machines: bounces, absences, notices, storms."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from msp.intake.models import State, Why
from msp.outbox.models import Notice
from msp.tickets import queries as ticket_queries
from msp.tickets.models import Event
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.msp.mailroom import HELP, Mailroom, mail

REQUESTER = "requester@acme.example"


def report(room: Mailroom, action: str = "failed", about: str | None = None) -> bytes:
    """A delivery report about our first mail, as another server writes it."""
    about = about or room.sent()[0].mail_id
    return (
        f"From: MAILER-DAEMON@mx.example.net\nTo: {HELP}\nSubject: Undelivered\nMessage-ID: <{action}@mx.example.net>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nNo such user.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
        f"Final-Recipient: rfc822; {REQUESTER}\nAction: {action}\nStatus: 5.1.1\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {about}\n--b--\n"
    ).encode()


def story(room: Mailroom) -> list[Event]:
    with acting_as(job(room.cast.acme.id)):
        return list(ticket_queries.events_of(room.session, room.cast.acme.id, room.ticket().id))


def test_a_bounce_marks_the_mail_and_tells_the_ticket_and_its_owner(room: Mailroom) -> None:
    room.arrive(mail(REQUESTER))
    room.arrive(report(room), sender="")
    sent = room.sent()[0]
    assert (sent.state, sent.last_error) == ("failed", f"{REQUESTER}: failed 5.1.1")
    assert story(room)[-1].type == "mail_failed"
    assert len(room.messages(room.ticket())) == 1
    with acting_as(room.cast.agent()):
        (notice,) = room.session.scalars(select(Notice))
    assert (notice.login_id, notice.subject) == (room.ticket().owner_id, "ACME-1")


def test_a_delay_is_no_failure_and_a_report_about_nothing_of_ours_is_dropped(room: Mailroom) -> None:
    room.arrive(mail(REQUESTER))
    room.arrive(report(room, "delayed"), sender="")
    room.arrive(report(room, "failed", "<made-up@desk.example>"), sender="")
    assert room.sent()[0].state == "waiting"
    assert [row.why for row in room.kept()] == ["", "", Why.AUTOMATIC]
    assert room.kept(room.cast.acme.id)[-1].why == Why.DELAYED


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Unsubscribe": "<mailto:x@acme.example>"},
        {"X_Autoreply": "yes"},
    ],
)
def test_automatic_mail_about_nothing_is_dropped_with_a_reason(room: Mailroom, headers: dict[str, str]) -> None:
    room.arrive(mail(REQUESTER, **headers))
    assert (room.kept()[0].state, room.kept()[0].why) == (State.DROPPED, Why.AUTOMATIC)
    assert (room.tickets(), room.sent()) == ([], [])


def test_a_machine_s_notice_is_news_but_gets_no_answer(room: Mailroom) -> None:
    room.arrive(mail("nas01@acme.example", "バックアップ失敗", Auto_Submitted="auto-generated"))
    (message,) = room.messages(room.ticket())
    assert (message.automatic, room.ticket().contact_id, room.ticket().requester) == (True, None, "nas01@acme.example")
    assert room.sent() == []


def test_a_storm_of_notices_is_one_ticket_with_few_messages(room: Mailroom) -> None:
    for number in range(12):
        notice = {"message_id": f"<{number}@acme.example>", "text": f"{number} 回目"}
        room.arrive(mail("nas01@acme.example", "バックアップ失敗", Auto_Submitted="auto-generated", **notice))
    assert len(room.messages(room.ticket())) == 5
    assert [row.why for row in room.kept(room.cast.acme.id)].count(Why.ENOUGH) == 7


def test_a_storm_of_absences_moves_nothing_and_is_never_answered(room: Mailroom) -> None:
    room.arrive(mail(REQUESTER))
    receipt = room.sent()[0]
    for number in range(8):
        away = {"message_id": f"<away{number}@acme.example>", "In_Reply_To": receipt.mail_id}
        room.arrive(mail(REQUESTER, f"自動応答 {number}", f"不在です {number}", Auto_Submitted="auto-replied", **away))
    assert len(room.messages(room.ticket())) == 1 + 5
    assert room.ticket().status == "new"
    assert len(room.sent()) == 1


def test_a_first_answer_goes_to_an_address_once_an_hour_and_five_times_a_day(room: Mailroom) -> None:
    counts = []
    for number in range(14):
        room.arrive(mail(REQUESTER, f"{number}", message_id=f"<{number}@acme.example>"))
        counts.append(len(room.sent()))
        room.wait(minutes=31)
    assert counts == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 5, 5, 5]
    assert {one.key.partition(":")[0] for one in room.sent()} == {"received"}
    assert len(room.tickets()) == 14


def test_our_own_mail_coming_back_goes_nowhere(room: Mailroom) -> None:
    room.arrive(mail(REQUESTER))
    room.arrive(mail("someone@acme.example", "Re: x", message_id=room.sent()[0].mail_id))
    room.arrive(mail(HELP, "Re: y", message_id="<own@desk.example>"))
    assert [row.why for row in room.kept()] == ["", Why.OWN, Why.OWN]


def test_an_unproven_or_new_address_gets_no_words_of_a_machine(room: Mailroom) -> None:
    room.arrive(mail("someone@example.org"))
    room.arrive(mail(REQUESTER, message_id="<2@acme.example>", edge=""))
    assert room.sent() == room.sent(room.cast.desk) == []


def test_the_first_answer_speaks_the_contact_s_language_and_says_it_is_automatic(room: Mailroom) -> None:
    room.arrive(mail(REQUESTER))
    (receipt,) = room.sent()
    assert (receipt.automatic, receipt.language) == ("auto-replied", "ja")
    assert receipt.subject == "Re: [ACME-1] 印刷できません"
    assert receipt.references == ["<1@acme.example>"]
    assert room.cast.acme.contacts[Role.REQUESTER] == room.ticket().contact_id
