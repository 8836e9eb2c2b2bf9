"""Why a promise stands where it stands, and what the desk says of one that was broken."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from msp import clock, guard
from msp.errors import Refused
from msp.guard import TicketKey
from msp.reach import tenant_here
from msp.tickets import desk, queries
from msp.tickets.models import Ticket
from msp.web import forms, sla_room
from msp.web.mending import mend
from sla.actions.disputes import give_reason, open_dispute
from sla.queries.months import pace_of
from sla.rules.disputes import DESK
from sla.schemas.disputes import DisputeSchema, ReasonSchema
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("ticket_clock", __name__)


@pages.get("/tickets/<ticket:key>/clock")
@guard.requires(Permission.SEE_TICKETS)
def show(key: TicketKey) -> str:
    """Every promise of the ticket, minute by minute; a dialog over it, or a page."""
    ticket = queries.ticket(db.session(), tenant_here(), key.number) or abort(404)
    return _page(ticket)


@pages.post("/tickets/<ticket:key>/clock/reason")
@guard.requires(Permission.WORK_TICKETS)
def explain(key: TicketKey) -> ResponseReturnValue:
    """Say why a promise was broken."""
    given, errors = forms.read(ReasonSchema())
    if not errors:
        try:
            with transaction() as rows:
                ticket = queries.ticket(rows, tenant_here(), key.number) or abort(404)
                cycle = (ticket.id, given["metric"], given["cycle"])
                name = guard.principal().name
                give_reason(rows, tenant_here(), cycle, given["code"], given["words"], name, clock.now())
            return redirect(url_for(".show", key=key, told="explained"), 303)
        except Refused as refused:
            errors = mend(refused, "code")
    ticket = queries.ticket(db.session(), tenant_here(), key.number) or abort(404)
    return _page(ticket, errors=errors, typed=request.form), 422


@pages.post("/tickets/<ticket:key>/clock/propose")
@guard.requires(Permission.RUN_TENANTS)
def propose(key: TicketKey) -> ResponseReturnValue:
    """Ask the client to leave a promise out of the agreed figure."""
    given, errors = forms.read(DisputeSchema())
    if not errors:
        try:
            with transaction() as rows:
                ticket = queries.ticket(rows, tenant_here(), key.number) or abort(404)
                cycle = (ticket.id, given["metric"], given["cycle"])
                by, now = guard.principal().name, clock.now()
                open_dispute(rows, tenant_here(), cycle, DESK, given["reason"], by, pace_of(rows), now)
            return redirect(url_for(".show", key=key, told="proposed"), 303)
        except Refused as refused:
            errors = mend(refused, "reason")
    ticket = queries.ticket(db.session(), tenant_here(), key.number) or abort(404)
    return _page(ticket, errors=errors, typed=request.form), 422


def _page(ticket: Ticket, **more: Any) -> str:
    rows, who = db.session(), guard.principal()
    dialog = bool(request.headers.get("HX-Request"))
    facts = {
        "client": desk.clients(rows, [ticket.tenant_id])[ticket.tenant_id],
        "tenant": ticket.key.rpartition("-")[0],
        "may_explain": who.may(Permission.WORK_TICKETS) and not dialog,
        "may_dispute": who.may(Permission.RUN_TENANTS) and not dialog,
        "errors": {},
        "typed": {},
        "told": request.args.get("told", ""),
    }
    template = "tickets/_clock.html" if dialog else "tickets/clock.html"
    return render_template(template, **(sla_room.ticket_of(rows, ticket, DESK) | facts | more))
