"""What one press does to a ticket: take it, let it wait, take it up, close, reopen, cancel, send a reply again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from msp import clock, guard
from msp.guard import TicketKey
from msp.reach import tenant_here
from msp.tickets import actions, desk, queries
from msp.tickets.actions import Actor
from msp.tickets.models import Ticket
from msp.web import ticket_page
from msp.web.answers import held
from tenants.db import db, transaction
from tenants.rules import Permission, Principal

pages = Blueprint("ticket_acts", __name__)
Verb = Callable[[Session, Ticket, Actor, datetime], None]


@pages.post("/tickets/<ticket:key>/take")
@guard.requires(Permission.WORK_TICKETS)
def take(key: TicketKey) -> ResponseReturnValue:
    return _act(key, _take)


@pages.post("/tickets/<ticket:key>/take-up")
@guard.requires(Permission.WORK_TICKETS)
def take_up(key: TicketKey) -> ResponseReturnValue:
    return _act(key, actions.take_up)


@pages.post("/tickets/<ticket:key>/wait-on-client")
@guard.requires(Permission.WORK_TICKETS)
def wait_on_client(key: TicketKey) -> ResponseReturnValue:
    return _act(key, actions.wait_on_client)


@pages.post("/tickets/<ticket:key>/wait-on-vendor")
@guard.requires(Permission.WORK_TICKETS)
def wait_on_vendor(key: TicketKey) -> ResponseReturnValue:
    return _act(key, actions.wait_on_vendor)


@pages.post("/tickets/<ticket:key>/close")
@guard.requires(Permission.WORK_TICKETS)
def close(key: TicketKey) -> ResponseReturnValue:
    return _act(key, actions.close)


@pages.post("/tickets/<ticket:key>/reopen")
@guard.requires(Permission.WORK_TICKETS)
def reopen(key: TicketKey) -> ResponseReturnValue:
    return _act(key, actions.reopen)


@pages.post("/tickets/<ticket:key>/cancel")
@guard.requires(Permission.WORK_TICKETS)
def cancel(key: TicketKey) -> ResponseReturnValue:
    return _act(key, actions.cancel)


@pages.post("/tickets/<ticket:key>/messages/<int:message_id>/again")
@guard.requires(Permission.WORK_TICKETS)
def send_again(key: TicketKey, message_id: int) -> ResponseReturnValue:
    """A reply that did not reach everybody is tried once more."""
    who, now = guard.principal(), clock.now()
    with transaction() as rows:
        ticket = queries.ticket(rows, tenant_here(), key.number) or abort(404)
        message = desk.message(rows, ticket, message_id) or abort(404)
        actions.send_again(rows, ticket, message, actions.actor_of(who), now)
    return acted(ticket, who, now, _("It is tried again."))


def acted(ticket: Ticket, who: Principal, now: datetime, toast: str = "") -> ResponseReturnValue:
    """What an act changed: the head, the story and the panel for htmx, the page's address else."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for("tickets.show", key=ticket.key), 303)
    facts = ticket_page.facts(db.session(), who, ticket, now)
    response = make_response(render_template("tickets/_acted.html", **facts, toast_text=toast))
    response.headers["HX-Trigger"] = "queue-changed"
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#ticket-head", "outerHTML"
    return response


def _act(key: TicketKey, verb: Verb) -> ResponseReturnValue:
    who, now = guard.principal(), clock.now()
    with transaction() as rows:
        ticket = held(rows, key)
        verb(rows, ticket, actions.actor_of(who), now)
    return acted(ticket, who, now)


def _take(rows: Session, ticket: Ticket, actor: Actor, now: datetime) -> None:
    """The ticket is the caller's from now on."""
    actions.assign(rows, ticket, actor, actor.id or 0, actor.name, now)
