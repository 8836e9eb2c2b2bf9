"""Who answers a ticket holds it with its whole story, also when he had to wait for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from flask import Flask
from sqlalchemy import text

from msp.tickets import actions
from msp.tickets.composed import Composed, composed
from msp.tickets.desk import every_client, held_ticket
from msp.tickets.facts import story_of
from msp.tickets.models import Ticket
from msp.tickets.others import client_names
from msp.tickets.rules import Channel, Status
from tenants.db import db, let_go, transaction
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import Role
from tests.cast import MONDAY_9, Cast


@pytest.fixture
def ticket(own_app: Flask, own_cast: Cast) -> Ticket:
    with own_app.app_context(), acting_as(own_cast.agent(own_cast.acme.id)), transaction() as rows:
        contact = rows.get_one(Contact, (own_cast.acme.id, own_cast.acme.contacts[Role.REQUESTER]))
        matter = actions.Matter("印刷できない", "動きません", Channel.MAIL, contact)
        client = actions.Actor("client", contact.id, contact.name)
        return actions.open_ticket(rows, actions.tenant_row(rows, own_cast.acme.id), matter, client, MONDAY_9)


def answered(app: Flask, cast: Cast, ticket: Ticket) -> Composed:
    who = cast.agent(cast.acme.id)
    with app.app_context(), acting_as(who), transaction() as rows:
        here = composed(rows, who, ticket.tenant_id, ticket.number)
        assert here is not None
        return here


def test_it_brings_what_the_questions_apart_would(own_app: Flask, own_cast: Cast, ticket: Ticket) -> None:
    who = own_cast.agent(own_cast.acme.id)
    with own_app.app_context(), acting_as(who):
        with transaction() as rows:
            actions.keep_draft(rows, ticket, who.login_id or 0, "reply", "書きかけ", MONDAY_9)
        rows = db.session()
        here = composed(rows, who, ticket.tenant_id, ticket.number)
        assert here is not None
        assert here.story == story_of(rows, ticket.tenant_id, ticket.id)
        assert here.names == client_names(rows, who) == {one.key: one.name for one in every_client(rows, who)}
        assert here.drafts == {"reply": "書きかけ"}
        assert here.message_id > (here.ticket.last_message_id or 0)
        assert composed(rows, who, ticket.tenant_id, 4711) is None
        let_go()


def test_who_waited_knows_what_happened_meanwhile(own_app: Flask, own_cast: Cast, ticket: Ticket) -> None:
    who = own_cast.agent(own_cast.acme.id)
    with ThreadPoolExecutor(1) as other, own_app.app_context(), acting_as(who):
        with transaction() as rows:
            held = held_ticket(rows, ticket.tenant_id, ticket.number)
            assert held is not None
            waiting = other.submit(answered, own_app, own_cast, ticket)
            while not rows.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                sleep(0.01)
            actions.turn(rows, held, actions.actor_of(who), Status.OPEN, MONDAY_9)
        here = waiting.result(10)
    assert here.ticket.status == Status.OPEN
    assert [fact.type for fact in here.story.facts] == ["opened", "status"]
