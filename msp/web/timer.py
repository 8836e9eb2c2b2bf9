"""The timer in the top bar: start work on a ticket, rest, stop with a small form. The server keeps the start."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.queries.timers import usual_work_type
from billing.rules.stopwatch import LONG, offered_minutes, whole_minutes
from billing.schemas.time_form import StopSchema, stop_facts
from msp import clock, guard
from msp.errors import Refused
from msp.guard import TicketKey
from msp.hints import hint
from msp.reach import tenant_here
from msp.reports import timesheet
from msp.tickets import desk, queries
from msp.tickets.models import Ticket
from msp.web import forms, work_kinds
from msp.web.mending import mend
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("timer", __name__)


@dataclass(frozen=True, slots=True)
class Chip:
    """The caller's timer as the bar shows it, under the hint `live`; `seconds` are those counted now."""

    key: str
    title: str
    client: str
    short: str
    tile: int
    seconds: int
    running: bool
    live: str

    @property
    def long(self) -> bool:
        return self.seconds >= LONG.total_seconds()


def chip() -> Chip | None:
    """The caller's open timer, asked for once a request."""
    who = guard.principal()
    if not who.may(Permission.WORK_TICKETS) or who.login_id is None:
        return None
    if "timer_chip" not in g:
        found = timesheet.running(db.session(), who.login_id)
        g.timer_chip = found and Chip(
            *found[1:],
            seconds=found.watch.counted(clock.now()),
            running=found.watch.running_since is not None,
            live=hint_name(who.login_id),
        )
    made: Chip | None = g.timer_chip
    return made


def hint_name(login_id: int) -> str:
    """Under which name tabs hear that somebody's timer changed."""
    return f"timer:{login_id}"


@pages.get("/timer")
@guard.requires(Permission.WORK_TICKETS)
def show() -> str:
    """What the bar shows, asked for anew when another tab changed it; or a page of its own."""
    if request.headers.get("HX-Request"):
        return render_template("time/_timer.html")
    return render_template("time/timer.html")


@pages.post("/tickets/<ticket:key>/timer")
@guard.requires(Permission.WORK_TICKETS)
def start(key: TicketKey) -> ResponseReturnValue:
    """Begin work on this ticket or go on with it; what runs elsewhere ends and is kept."""
    with transaction() as rows:
        ticket = _ticket(rows, key)
        billing.start_timer(rows, ticket.tenant_id, ticket.id, _login(), clock.now())
        _tell_tabs(rows, ticket)
    return _answer(key)


@pages.post("/tickets/<ticket:key>/timer/pause")
@guard.requires(Permission.WORK_TICKETS)
def pause(key: TicketKey) -> ResponseReturnValue:
    with transaction() as rows:
        ticket = _ticket(rows, key)
        billing.pause_timer(rows, ticket.tenant_id, ticket.id, _login(), clock.now())
        _tell_tabs(rows, ticket)
    return _answer(key)


@pages.post("/tickets/<ticket:key>/timer/discard")
@guard.requires(Permission.WORK_TICKETS)
def discard(key: TicketKey) -> ResponseReturnValue:
    """It ran by mistake."""
    with transaction() as rows:
        ticket = _ticket(rows, key)
        billing.discard_timer(rows, ticket.tenant_id, ticket.id, _login())
        _tell_tabs(rows, ticket)
    return _answer(key, _("The timer is discarded. Nothing was logged."))


@pages.get("/tickets/<ticket:key>/timer/stop")
@guard.requires(Permission.WORK_TICKETS)
def form(key: TicketKey) -> str:
    """What the timer counted, as it would be logged."""
    return _form(key, {})


@pages.post("/tickets/<ticket:key>/timer/stop")
@guard.requires(Permission.WORK_TICKETS)
def stop(key: TicketKey) -> ResponseReturnValue:
    """Log it."""
    given, errors = forms.read(StopSchema())
    if not errors:
        try:
            with transaction() as rows:
                ticket = _ticket(rows, key)
                facts = stop_facts(given)
                entry = billing.stop_timer(
                    rows, ticket.tenant_id, ticket.id, _login(), facts, clock.now(), given["seen_at"]
                )
                _tell_tabs(rows, ticket)
            minutes = whole_minutes(entry.raw_seconds)
            return _answer(key, _("%(minutes)s min logged on %(key)s.", minutes=minutes, key=str(key)))
        except Refused as refused:
            errors = mend(refused, "spent")
    return _form(key, errors), 422


def _form(key: TicketKey, errors: forms.Errors) -> str:
    rows, now = db.session(), clock.now().replace(microsecond=0)
    ticket = _ticket(rows, key)
    here = chip()
    found = here if here is not None and here.key == str(key) else None
    kinds = work_kinds.offered(rows)
    usual = usual_work_type(rows, ticket.tenant_id, ticket.id, _login()) if kinds else ""
    kind = next((one for one in kinds if one.code == usual), None)
    seconds = found.seconds if found else 0
    return render_template(
        "time/_stop.html" if request.headers.get("HX-Request") else "time/stop.html",
        ticket=ticket,
        client=desk.clients(rows, [ticket.tenant_id])[ticket.tenant_id],
        counting=found,
        spent=whole_minutes(seconds),
        charge=offered_minutes(seconds, kind.step, kind.minimum) if kind else whole_minutes(seconds),
        kinds=kinds,
        usual=usual,
        seen_at=now,
        typed=request.form if request.method == "POST" else None,
        errors=errors,
    )


def _answer(key: TicketKey, toast: str = "") -> ResponseReturnValue:
    """The bar anew for htmx, with the ticket's button beside it; the ticket else."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for("tickets.show", key=key), 303)
    g.pop("timer_chip", None)
    response = make_response(render_template("time/_timer.html", toast_text=toast, key=str(key), changed=True))
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#timer", "innerHTML"
    response.headers["HX-Trigger"] = "time-changed"
    return response


def _ticket(rows: Session, key: TicketKey) -> Ticket:
    return queries.ticket(rows, tenant_here(), key.number) or abort(404)


def _login() -> int:
    return guard.principal().login_id or 0


def _tell_tabs(rows: Session, ticket: Ticket) -> None:
    hint(rows, ticket.tenant_id, hint_name(_login()), f"ticket:{ticket.key}")
