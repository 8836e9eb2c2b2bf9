"""Who is not provably of one client waits for an agent, and the outside learns nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from msp.errors import NotFound, Refused, Stale
from msp.intake import actions, queries
from msp.intake.models import RawMail, State, Why
from tenants import actions as give
from tenants import queries as people
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.msp.mailroom import HELP, Mailroom, mail

REQUESTER, FOREIGN, STRANGER = "requester@acme.example", "requester@globex.example", "someone@example.org"


def waiting(room: Mailroom) -> RawMail:
    with acting_as(room.cast.agent(room.cast.desk)):
        (one,) = queries.triage(room.session, room.cast.desk)
    return one


def place(room: Mailroom, raw: RawMail, **wishes: object) -> None:
    with acting_as(room.cast.agent(room.cast.desk)) as agent, transaction() as rows:
        actions.place(rows, raw, agent, room.cast.acme.id, room.at, **wishes)  # type: ignore[arg-type]
    room.work()


def test_a_stranger_waits_until_an_agent_says_whose_he_is(room: Mailroom) -> None:
    room.arrive(mail(f"野村 <{STRANGER}>"))
    raw = waiting(room)
    assert (raw.why, raw.sender, raw.subject, raw.preview) == (
        Why.UNKNOWN_SENDER, STRANGER, "印刷できません", "複合機が動きません。",
    )  # fmt: skip
    room.wait(hours=1)
    place(room, raw)
    ticket = room.ticket()
    with acting_as(job(room.cast.acme.id)):
        contact = people.contact_by_email(room.session, room.cast.acme.id, STRANGER)
    assert contact is not None
    assert (ticket.contact_id, contact.name, ticket.opened_at) == (contact.id, "野村", raw.received_at)


def test_once_placed_he_is_known(room: Mailroom) -> None:
    room.arrive(mail(STRANGER))
    place(room, waiting(room))
    room.arrive(mail(STRANGER, "別件", "別の話です。", "<2@example.org>"))
    assert len(room.tickets()) == 2


def test_an_agent_may_name_a_person_who_is_known_and_a_ticket(room: Mailroom) -> None:
    room.arrive(mail(REQUESTER))
    room.arrive(mail(STRANGER, "Re: 印刷", "自宅から送ります。", "<2@example.org>"))
    place(room, waiting(room), contact_id=room.cast.acme.contacts[Role.REQUESTER], number=1)
    assert [one.text for one in room.messages(room.ticket())][1:] == ["自宅から送ります。"]


@pytest.mark.parametrize("mark", ["address", "id", "key"])
@pytest.mark.parametrize("sender", [FOREIGN, STRANGER])
def test_nobody_of_another_client_joins_by_its_marks(room: Mailroom, mark: str, sender: str) -> None:
    room.arrive(mail(REQUESTER))
    receipt = room.sent()[0]
    subject = f"Re: [{room.ticket().key}] 印刷できません" if mark == "key" else "Re: x"
    headers = {"In_Reply_To": receipt.mail_id} if mark == "id" else {}
    to = str(receipt.reply_to) if mark == "address" else HELP
    room.arrive(mail(sender, subject, "見せてください。", "<x@globex.example>", to=to, **headers))
    assert waiting(room).why == (Why.OTHER_CLIENT if sender == FOREIGN else Why.UNKNOWN_SENDER)
    assert len(room.messages(room.ticket())) == 1
    assert room.tickets(room.cast.globex) == []
    assert [one.to[0]["address"] for one in (*room.sent(), *room.sent(room.cast.globex.id))] == [REQUESTER]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (mail(REQUESTER, edge=""), Why.UNPROVEN),
        (mail(REQUESTER, edge="", Authentication_Results="evil.example; dmarc=pass"), Why.UNPROVEN),
        (
            mail(REQUESTER, edge="", Authentication_Results="mx.desk.example; dmarc=fail header.from=acme.example"),
            Why.REFUTED,
        ),
        (mail("agent@desk.example"), Why.UNKNOWN_SENDER),
        (mail("no-reply@accounts.google.com", "Your verification code"), Why.SECRETS),
    ],
)
def test_what_our_edge_did_not_prove_waits(room: Mailroom, raw: bytes, why: Why) -> None:
    room.arrive(raw)
    assert (waiting(room).why, room.tickets(), room.sent()) == (why, [], [])


def test_a_code_that_opens_an_account_is_placed_nowhere(room: Mailroom) -> None:
    room.arrive(mail("no-reply@accounts.google.com", "Your verification code"))
    with pytest.raises(Refused, match="opens an account"):
        place(room, waiting(room))


def test_an_address_of_two_clients_is_told_apart_by_what_it_answers(room: Mailroom) -> None:
    for company in (room.cast.acme, room.cast.globex):
        room.arrive(mail(STRANGER, message_id=f"<{company.key}@example.org>"))
        with acting_as(job(company.id)), transaction() as rows:
            from_now_on = give.add_contact(rows, company.id, "二社担当", STRANGER, verified_at=room.at)
            assert from_now_on.id
    room.arrive(mail(STRANGER, message_id="<both@example.org>"))
    room.arrive(mail(STRANGER, "GLOBEX-7 の件", message_id="<7@example.org>"))
    assert room.kept()[-2].why == Why.SEVERAL_CLIENTS
    assert len(room.tickets(room.cast.globex)) == 1
    assert room.tickets(room.cast.acme)[1:] == []


def test_nobody_places_another_clients_person(room: Mailroom) -> None:
    room.arrive(mail(FOREIGN, edge=""))
    with pytest.raises(Refused, match="another client"):
        place(room, waiting(room))


def test_an_agent_places_with_his_own_clients_only(room: Mailroom) -> None:
    room.arrive(mail(STRANGER))
    ben = replace(room.cast.agent(room.cast.desk), tenants=frozenset({room.cast.desk, room.cast.globex.id}))
    raw = waiting(room)
    with acting_as(ben), pytest.raises(NotFound):
        actions.place(room.session, raw, ben, room.cast.acme.id, room.at)


def test_the_faster_agent_wins(room: Mailroom) -> None:
    room.arrive(mail(STRANGER))
    raw = waiting(room)
    with acting_as(room.cast.agent(room.cast.desk)), transaction():
        actions.drop(raw)
    with pytest.raises(Stale):
        place(room, raw)
    assert raw.state == State.DROPPED


def test_hints_name_only_clients_the_agent_may_know_of(room: Mailroom) -> None:
    room.arrive(mail(REQUESTER))
    room.arrive(mail(STRANGER, message_id="<2@example.org>", to=str(room.sent()[0].reply_to)))
    raw = waiting(room)
    ben = replace(room.cast.agent(), tenants=frozenset({room.cast.desk, room.cast.globex.id}))
    assert queries.hinted_tenants(raw, room.cast.agent()) == {room.cast.acme.id}
    assert queries.hinted_tenants(raw, ben) == frozenset()


def test_a_flood_from_one_sender_waits(room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("msp.intake.actions.sorting.MOST_AN_HOUR", 3)
    for number in range(5):
        room.arrive(mail(REQUESTER, text=f"{number}", message_id=f"<{number}@acme.example>"))
    assert [row.why for row in room.kept()] == ["", "", "", Why.TOO_MANY, Why.TOO_MANY]


def says_farewell(room: Mailroom, email: str = REQUESTER) -> None:
    with acting_as(job(room.cast.acme.id)), transaction() as rows:
        contact = people.contact_by_email(rows, room.cast.acme.id, email)
        assert contact is not None
        give.say_farewell(rows, contact, room.at)


@pytest.mark.parametrize("known_to", ["the domain", "us alone"])
def test_who_has_left_the_client_is_nobody_of_it(room: Mailroom, known_to: str) -> None:
    sender = REQUESTER if known_to == "the domain" else STRANGER
    if sender == STRANGER:
        with acting_as(job(room.cast.acme.id)), transaction() as rows:
            give.add_contact(rows, room.cast.acme.id, "野村", STRANGER, verified_at=room.at)
    room.arrive(mail(sender))
    back = str(room.sent()[0].reply_to)
    says_farewell(room, sender)
    room.arrive(mail(sender, "別件", message_id="<2@acme.example>"))
    room.arrive(mail(sender, "Re: x", "まだ見せてください。", "<3@acme.example>", to=back))
    with acting_as(room.cast.agent(room.cast.desk)) as agent:
        found = queries.triage(room.session, room.cast.desk)
        assert [(one.why, queries.hinted_tenants(one, agent)) for one in found] == [
            (Why.SENDER_LEFT, frozenset({room.cast.acme.id})),
        ] * 2
    assert len(room.messages(room.ticket())) == 1


def test_who_left_one_client_and_works_for_another_is_of_the_other(room: Mailroom) -> None:
    for company in (room.cast.acme, room.cast.globex):
        with acting_as(job(company.id)), transaction() as rows:
            give.add_contact(rows, company.id, "野村", STRANGER, verified_at=room.at)
    says_farewell(room, STRANGER)
    room.arrive(mail(STRANGER))
    assert (len(room.tickets(room.cast.globex)), room.tickets(room.cast.acme)) == (1, [])


def test_placed_by_hand_his_mail_is_told_under_his_name_and_no_mail_goes_to_him(room: Mailroom) -> None:
    says_farewell(room)
    room.arrive(mail(f"髙﨑 <{REQUESTER}>"))
    gone = room.cast.acme.contacts[Role.REQUESTER]
    with pytest.raises(NotFound):
        place(room, waiting(room), contact_id=gone)
    place(room, waiting(room), name="髙﨑")
    ticket = room.ticket()
    assert (ticket.contact_id, ticket.requester, room.sent()) == (None, "髙﨑", [])


def test_a_colleague_who_left_is_not_added_by_cc(room: Mailroom) -> None:
    says_farewell(room, "team_lead@acme.example")
    room.arrive(mail(REQUESTER, Cc="team_lead@acme.example"))
    room.reply(room.ticket(), "はい。")
    room.wait(seconds=10)
    assert [one.cc for one in room.sent()] == [[], []]
