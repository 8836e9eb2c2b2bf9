"""The shared room, the client's side: his month, the tickets behind it, one ticket's minutes, and his word on them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.tickets import queries as tickets_of
from msp.tickets.models import Ticket
from msp.web import forms, sla_files, sla_room
from msp.web.mending import mend
from msp.web.portal import frame
from sla.actions.disputes import answer_dispute, open_dispute, withdraw_dispute
from sla.models import Dispute
from sla.queries.compliance import dispute as dispute_by_id
from sla.queries.months import pace_of
from sla.rules.disputes import CLIENT
from sla.schemas.disputes import AnswerSchema, DisputeSchema
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import Permission, job

pages = Blueprint("portal_sla", __name__)


@pages.get("/portal/<tenant:tenant>/sla")
@guard.requires(Permission.OWN_PROMISES)
def show(tenant: str) -> str:
    """Did they keep the promise, and which tickets missed it."""
    rows, who = db.session(), guard.principal()
    sight = sla_room.sight_of(rows, tenant, ".tickets", ".show")
    waiting = sla_room.waiting(rows, tenant_here(), CLIENT)
    return render_template("portal/sla.html", tenant=tenant, **frame(rows, who), **sight, waiting=waiting)


@pages.get("/portal/<tenant:tenant>/sla/tickets")
@guard.requires(Permission.OWN_PROMISES)
def tickets(tenant: str) -> str:
    """The list behind a figure."""
    rows, who = db.session(), guard.principal()
    found = sla_room.list_of(rows)
    ways = sla_room.ways_of(found, tenant, ".tickets", ".file")
    return render_template("portal/sla_list.html", tenant=tenant, **frame(rows, who), **found, **ways)


@pages.get("/portal/<tenant:tenant>/sla/tickets.csv")
@guard.requires(Permission.OWN_PROMISES)
def file(tenant: str) -> Response:
    """The same list for the spreadsheet, from the same result."""
    found = sla_room.list_of(db.session())
    return sla_files.csv_of(found["result"], found["lines"], f"{tenant}-{found['result'].span.month:%Y-%m}")


@pages.get("/portal/<tenant:tenant>/sla/tickets/<int:number>")
@guard.requires(Permission.OWN_PROMISES)
def ticket(tenant: str, number: int) -> str:
    """Every promise of one ticket, minute by minute, and what was said of it."""
    found = tickets_of.client_ticket(db.session(), guard.principal(), number) or abort(404)
    return _ticket_page(tenant, found)


@pages.post("/portal/<tenant:tenant>/sla/tickets/<int:number>/contest")
@guard.requires(Permission.OWN_PROMISES)
def contest(tenant: str, number: int) -> ResponseReturnValue:
    """The client does not agree with how a promise is counted."""
    given, errors = forms.read(DisputeSchema())
    who, now = guard.principal(), clock.now()
    if not errors:
        try:
            with transaction() as rows:
                found = tickets_of.client_ticket(rows, who, number) or abort(404)
                with acting_as(job(tenant_here())):
                    pace = pace_of(rows)
                cycle = (found.id, given["metric"], given["cycle"])
                open_dispute(rows, tenant_here(), cycle, CLIENT, given["reason"], who.name, pace, now)
            return redirect(url_for(".ticket", tenant=tenant, number=number, told="contested"), 303)
        except Refused as refused:
            errors = mend(refused, "reason")
    found = tickets_of.client_ticket(db.session(), who, number) or abort(404)
    return _ticket_page(tenant, found, errors=errors, typed=request.form), 422


@pages.post("/portal/<tenant:tenant>/sla/disputes/<int:dispute_id>/answer")
@guard.requires(Permission.OWN_PROMISES)
def answer(tenant: str, dispute_id: int) -> ResponseReturnValue:
    """The client accepts what the desk proposes, or rejects it with a reason."""
    given, errors = forms.read(AnswerSchema())
    who, now = guard.principal(), clock.now()
    if not errors:
        try:
            with transaction() as rows:
                found = dispute_by_id(rows, tenant_here(), dispute_id, lock=True) or abort(404)
                answer_dispute(rows, found, CLIENT, given["verdict"] == "accept", given["answer"], who.name, now)
                number = _ticket_of(found).number
            return redirect(url_for(".ticket", tenant=tenant, number=number, told="answered"), 303)
        except Refused as refused:
            if refused.status != 422:
                raise
            errors = mend(refused, "answer")
    found = dispute_by_id(db.session(), tenant_here(), dispute_id) or abort(404)
    return _ticket_page(tenant, _ticket_of(found), errors=errors, typed=request.form), 422


@pages.post("/portal/<tenant:tenant>/sla/disputes/<int:dispute_id>/withdraw")
@guard.requires(Permission.OWN_PROMISES)
def withdraw(tenant: str, dispute_id: int) -> ResponseReturnValue:
    """The client takes a contest back."""
    with transaction() as rows:
        found = dispute_by_id(rows, tenant_here(), dispute_id, lock=True) or abort(404)
        withdraw_dispute(found, CLIENT, guard.principal().name, clock.now())
        number = _ticket_of(found).number
    return redirect(url_for(".ticket", tenant=tenant, number=number, told="withdrawn"), 303)


def _ticket_of(dispute: Dispute) -> Ticket:
    return db.session().get(Ticket, (dispute.tenant_id, dispute.ticket_id)) or abort(404)


def _ticket_page(tenant: str, ticket: Ticket, **more: Any) -> str:
    rows, who = db.session(), guard.principal()
    facts = {"errors": {}, "typed": {}, "told": request.args.get("told", "")} | more
    shown = sla_room.ticket_of(rows, ticket, CLIENT)
    return render_template("portal/sla_ticket.html", tenant=tenant, **(frame(rows, who) | shown | facts))
