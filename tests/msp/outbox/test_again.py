"""What did not arrive leaves once more when a person asks for it: to whom it concerns now, and to nobody twice."""

from __future__ import annotations

import pytest

from msp.errors import Refused
from msp.intake.actions import bounces
from msp.outbox import actions as outbox
from msp.outbox import queries as outbox_queries
from msp.outbox.models import Mail
from msp.tickets import actions as tickets
from msp.tickets import queries
from msp.tickets.models import Message, Ticket
from tenants import actions as people
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import Role, job
from tests.msp.mailroom import Mailroom, mail
from tests.msp.outbox.conftest import World

REQUESTER, LEAD = "requester@acme.example", "team_lead@acme.example"


def replied(room: Mailroom, world: World, **headers: str) -> Message:
    """A reply that left, to whom the world let it; the receipt before it arrived."""
    answers = dict(world.answers)
    world.answers.clear()
    room.arrive(mail(REQUESTER, **headers))
    world.letters.clear()
    world.recipients.clear()
    world.answers.update(answers)
    message = room.reply(room.ticket(), "はい。")
    room.wait(seconds=10)
    return message


def send_again(room: Mailroom, message: Message) -> None:
    with acting_as(room.cast.agent(message.tenant_id)) as agent, transaction() as rows:
        ticket = rows.get_one(Ticket, (message.tenant_id, message.ticket_id))
        words = rows.get_one(Message, (message.tenant_id, message.id))
        tickets.send_again(rows, ticket, words, tickets.actor_of(agent), room.at)
    room.work()


def told(room: Mailroom) -> int:
    with acting_as(room.cast.agent()):
        return len(outbox_queries.notices_of(room.session, room.ticket().owner_id, room.cast.every))


def last(room: Mailroom) -> Mail:
    return room.sent()[-1]


def test_after_the_address_was_mended_it_goes_there_under_the_same_id(room: Mailroom, world: World) -> None:
    world.answers[REQUESTER] = "550 5.1.1 No such user"
    message = replied(room, world)
    before = last(room).mail_id
    with acting_as(job(room.cast.acme.id)), transaction() as rows:
        contact = rows.get_one(Contact, (room.cast.acme.id, room.cast.acme.contacts[Role.REQUESTER]))
        people.edit_contact(rows, contact, {"email": "hanako@acme.example"})
    send_again(room, message)
    assert world.recipients == [["hanako@acme.example"]]
    assert [letter["Message-ID"] for letter in world.letters] == [before]
    assert (last(room).state, last(room).last_error) == ("sent", None)


def test_only_who_has_not_got_it_gets_it(room: Mailroom, world: World) -> None:
    world.answers[LEAD] = "550 5.2.2 Full"
    message = replied(room, world, Cc=LEAD)
    assert (last(room).state, world.recipients) == ("sent", [[REQUESTER]])
    world.answers.clear()
    send_again(room, message)
    assert world.recipients == [[REQUESTER], [LEAD]]
    assert (last(room).state, last(room).last_error) == ("sent", None)


def test_whose_server_said_no_and_who_left_since_is_forgotten(room: Mailroom, world: World) -> None:
    world.answers[LEAD] = "550 5.2.2 Full"
    message = replied(room, world, Cc=LEAD)
    with acting_as(job(room.cast.acme.id)), transaction() as rows:
        lead = rows.get_one(Contact, (room.cast.acme.id, room.cast.acme.contacts[Role.TEAM_LEAD]))
        people.say_farewell(rows, lead, room.at)
    send_again(room, message)
    assert world.recipients == [[REQUESTER]]
    assert (last(room).state, last(room).last_error) == ("sent", None)


def test_refused_again_its_owner_hears_again(room: Mailroom, world: World) -> None:
    world.answers[REQUESTER] = "550 5.1.1 No such user"
    message = replied(room, world)
    assert told(room) == 1
    send_again(room, message)
    assert (last(room).state, told(room)) == ("refused", 2)


def test_when_nobody_can_get_it_any_more_it_says_so(room: Mailroom, world: World) -> None:
    world.answers[REQUESTER] = "550 5.1.1 No such user"
    message = replied(room, world)
    with acting_as(job(room.cast.acme.id)), transaction() as rows:
        contact = rows.get_one(Contact, (room.cast.acme.id, room.cast.acme.contacts[Role.REQUESTER]))
        people.say_farewell(rows, contact, room.at)
    send_again(room, message)
    assert (last(room).state, last(room).last_error, world.letters) == ("refused", "no_address", [])


def test_a_reply_nobody_could_get_leaves_once_there_is_an_address(room: Mailroom, world: World) -> None:
    room.arrive(mail(REQUESTER))
    world.letters.clear()
    key = (room.cast.acme.id, room.cast.acme.contacts[Role.REQUESTER])
    with acting_as(job(room.cast.acme.id)), transaction() as rows:
        rows.get_one(Contact, key).left_at = room.at
    message = room.reply(room.ticket(), "はい。")
    room.wait(seconds=10)
    assert told(room) == 1
    with acting_as(job(room.cast.acme.id)), transaction() as rows:
        rows.get_one(Contact, key).left_at = None
    send_again(room, message)
    assert [letter.get_content().strip() for letter in world.letters] == ["はい。"]


def test_work_done_twice_sends_nothing_twice(room: Mailroom, world: World) -> None:
    world.answers[REQUESTER] = "550 5.1.1 No such user"
    message = replied(room, world)
    world.answers.clear()
    send_again(room, message)
    room.again()
    assert len(world.letters) == 1


def test_what_came_back_goes_again_to_whom_it_came_back_from(room: Mailroom, world: World) -> None:
    message = replied(room, world, Cc=LEAD)
    with acting_as(job(room.cast.acme.id)), transaction() as rows:
        row = rows.get_one(Mail, (room.cast.acme.id, last(room).id))
        outbox.bounced(row, LEAD, "failed 5.1.1")
        bounces.tell_failure(rows, row, room.at)
    send_again(room, message)
    assert world.recipients == [[REQUESTER, LEAD], [LEAD]]


@pytest.mark.parametrize("when", ["unsent", "sent"])
def test_nothing_goes_again_that_is_on_its_way_or_there(room: Mailroom, world: World, when: str) -> None:
    room.arrive(mail(REQUESTER))
    message = room.reply(room.ticket(), "はい。")
    if when == "sent":
        room.wait(seconds=10)
    with pytest.raises(Refused, match="on its way" if when == "unsent" else "has it already"):
        send_again(room, message)
    with acting_as(job(room.cast.acme.id)):
        events = queries.events_of(room.session, room.cast.acme.id, room.ticket().id)
    assert "sent_again" not in [event.type for event in events]
