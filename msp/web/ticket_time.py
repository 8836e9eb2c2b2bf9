"""Time on one ticket: its entries with what is charged and why, and logging some more."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.queries.charging import Charging, charging, check_item
from billing.queries.timers import usual_work_type
from billing.schemas.time_form import EntryFormSchema, entry_facts
from msp import clock, guard
from msp.errors import Refused
from msp.guard import TicketKey
from msp.hints import hint
from msp.reach import tenant_here
from msp.reports import timesheet
from msp.tickets import desk, queries
from msp.tickets.models import Ticket
from msp.web import forms, work_kinds
from msp.web.entries import READERS
from msp.web.language import reader
from msp.web.mending import mend
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("ticket_time", __name__)


@pages.get("/tickets/<ticket:key>/time")
@guard.requires(Permission.SEE_TICKETS)
def show(key: TicketKey) -> str:
    """All time on a ticket; the panel beside the ticket asks for its sums alone."""
    return _page(key, {})


@pages.post("/tickets/<ticket:key>/time")
@guard.requires(Permission.WORK_TICKETS)
def log(key: TicketKey) -> ResponseReturnValue:
    """Log work on this ticket."""
    given, errors = forms.read(EntryFormSchema())
    if not errors:
        try:
            with transaction() as rows:
                ticket = _ticket(rows, key)
                facts = entry_facts(given, guard.principal().zone)
                now, login_id = clock.now(), guard.principal().login_id or 0
                check_item(_charging(rows, ticket, given["work_type"], given["day"]), given["item"])
                billing.log_time(rows, ticket.tenant_id, ticket.id, login_id, facts, now)
                hint(rows, ticket.tenant_id, f"ticket:{ticket.key}")
            return redirect(url_for(".show", key=key, told="logged"), 303)
        except Refused as refused:
            errors = mend(refused, "spent")
    return make_response(_page(key, errors), 422)


def _page(key: TicketKey, errors: forms.Errors) -> str:
    rows, who = db.session(), guard.principal()
    ticket = _ticket(rows, key)
    shown = timesheet.on_ticket(rows, ticket.tenant_id, ticket.id)
    facts = {"ticket": ticket, "shown": shown, "may_work": who.may(Permission.WORK_TICKETS)}
    if request.headers.get("HX-Target") == "ticket-time":
        return render_template("time/_panel.html", **facts)
    kinds = work_kinds.offered(rows)
    here = reader()
    usual = usual_work_type(rows, ticket.tenant_id, ticket.id, who.login_id or 0) if kinds else ""
    today = here.now.astimezone(here.zone).date()
    return render_template(
        "time/ticket.html",
        **facts,
        charged=_charging(rows, ticket, usual, today) if who.may(Permission.WORK_TICKETS) else None,
        client=desk.clients(rows, [ticket.tenant_id])[ticket.tenant_id],
        notes=timesheet.desk_notes(rows, ticket.tenant_id, [one.row.id for one in shown]),
        kinds=kinds,
        names=work_kinds.names(rows),
        may_open=any(who.may(one) for one in READERS),
        usual=usual,
        today=today,
        typed=request.form if request.method == "POST" else None,
        told=request.args.get("told", ""),
        errors=errors,
    )


def _charging(rows: Session, ticket: Ticket, work_type: str, day: date) -> Charging | None:
    return charging(rows, ticket.tenant_id, ticket.id, work_type, day)


def _ticket(rows: Session, key: TicketKey) -> Ticket:
    return queries.ticket(rows, tenant_here(), key.number) or abort(404)
