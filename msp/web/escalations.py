"""Somebody says that he has a running promise in hand."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from msp import clock, guard
from msp.guard import TicketKey
from msp.tickets import actions
from msp.tickets.actions.escalation import acknowledge as take_in_hand
from msp.web.answers import held
from msp.web.ticket_acts import acted
from tenants.db import transaction
from tenants.rules import Permission

pages = Blueprint("escalations", __name__)


@pages.post("/tickets/<ticket:key>/acknowledge")
@guard.requires(Permission.WORK_TICKETS)
def acknowledge(key: TicketKey) -> ResponseReturnValue:
    """The caller has this promise in hand: nobody else is told of its steps."""
    who, now = guard.principal(), clock.now()
    with transaction() as rows:
        ticket = held(rows, key)
        take_in_hand(rows, ticket, actions.actor_of(who), request.form.get("metric", ""), now)
    return acted(ticket, who, now, _("You have it in hand; nobody else is called."))
