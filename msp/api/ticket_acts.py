"""/tickets/…: what is written on a ticket, and what becomes of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from msp import clock, guard
from msp.api import reach
from msp.api.foreign import check_words
from msp.api.frame import PREFIX, scope
from msp.api.once import Made
from msp.api.routes import post
from msp.api.shapes import NoteShape, PriorityShape, ReplyShape, ResolutionShape, StatusShape, TicketShape
from msp.api.telling import told
from msp.guard import TicketKey
from msp.tickets import actions
from msp.tickets.actions.answer import answer
from msp.tickets.actions.client import come_back
from msp.tickets.models import Ticket
from msp.tickets.rules import Level, Status
from tenants.models import Tenant
from tenants.rules import Kind, Permission, Principal


@post("/tickets/<ticket:key>/replies", "Tickets", ReplyShape, TicketShape, 201, matched=True)
@guard.requires(Permission.WORK_TICKETS, Permission.OWN_TICKETS)
@scope("tickets:write")
def reply(rows: Session, given: dict[str, Any], key: TicketKey) -> Made:
    """Write to the other side

    The desk’s reply leaves as mail. A client’s words take a resolved ticket up again; one settled long ago gets a
    successor, which is then the ticket answered here.
    """
    who, now = guard.principal(), clock.now()
    ticket = reach.ticket_held(rows, who, key)
    if who.kind is Kind.STAFF:
        check_words(rows, who, ticket, given["text"], given["confirm"])
        then = Status(given["then"]) if given["then"] else None
        said = actions.Answer(given["text"], ticket.last_message_id, then)
        answer(rows, ticket, actions.actor_of(who), said, now, reach.undo())
    else:
        company, person = rows.get_one(Tenant, ticket.tenant_id), reach.contact_here(rows, who)
        ticket = come_back(rows, company, ticket, person, given["text"], now, (), reach.last_resort(rows))
    return _made(rows, who, ticket)


@post("/tickets/<ticket:key>/notes", "Tickets", NoteShape, TicketShape, 201)
@guard.requires(Permission.WORK_TICKETS)
@scope("tickets:write")
def note(rows: Session, given: dict[str, Any], key: TicketKey) -> Made:
    """Write a note for the desk alone"""
    who = guard.principal()
    ticket = reach.ticket_held(rows, who, key)
    actions.note(rows, ticket, actions.actor_of(who), given["text"], clock.now())
    return _made(rows, who, ticket)


@post("/tickets/<ticket:key>/status", "Tickets", StatusShape, TicketShape, matched=True)
@guard.requires(Permission.WORK_TICKETS)
@scope("tickets:write")
def set_status(rows: Session, given: dict[str, Any], key: TicketKey) -> Made:
    """Say where a ticket stands

    Open, waiting, closed or cancelled; to resolve it, say how.
    """
    who, now = guard.principal(), clock.now()
    ticket, actor, to = reach.ticket_held(rows, who, key), actions.actor_of(who), Status(given["status"])
    if ticket.done and to == Status.OPEN:
        actions.reopen(rows, ticket, actor, now)
    else:
        actions.turn(rows, ticket, actor, to, now)
    return _made(rows, who, ticket)


@post("/tickets/<ticket:key>/priority", "Tickets", PriorityShape, TicketShape, matched=True)
@guard.requires(Permission.WORK_TICKETS)
@scope("tickets:write")
def set_priority(rows: Session, given: dict[str, Any], key: TicketKey) -> Made:
    """Weigh a ticket anew"""
    who = guard.principal()
    ticket = reach.ticket_held(rows, who, key)
    impact, urgency = Level(given["impact"]), Level(given["urgency"])
    actions.weigh(rows, ticket, actions.actor_of(who), impact, urgency, clock.now())
    return _made(rows, who, ticket)


@post("/tickets/<ticket:key>/resolution", "Tickets", ResolutionShape, TicketShape, matched=True)
@guard.requires(Permission.WORK_TICKETS)
@scope("tickets:write")
def resolve(rows: Session, given: dict[str, Any], key: TicketKey) -> Made:
    """Resolve a ticket"""
    who = guard.principal()
    ticket = reach.ticket_held(rows, who, key)
    actions.resolve(rows, ticket, actions.actor_of(who), given["resolution"], clock.now())
    return _made(rows, who, ticket)


def _made(rows: Session, who: Principal, ticket: Ticket) -> Made:
    return Made(told(rows, who, ticket), f"{PREFIX}/tickets/{ticket.key}")
