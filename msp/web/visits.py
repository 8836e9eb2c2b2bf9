"""A visit on site: the tickets it served, and the way there once."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.schemas.visit_form import OTHERS, VisitFormSchema, worked
from msp import clock, guard
from msp.errors import Refused
from msp.guard import TicketKey
from msp.keys import parse_key
from msp.reach import tenant_here
from msp.tickets import desk, queries
from msp.tickets.models import Ticket
from msp.web import forms, work_kinds
from msp.web.language import reader
from msp.web.mending import mend
from tenants.db import db, transaction
from tenants.models import Site
from tenants.rules import Permission

pages = Blueprint("visits", __name__)


@pages.get("/tickets/<ticket:key>/visit")
@guard.requires(Permission.WORK_TICKETS)
def form(key: TicketKey) -> str:
    return _form(key, {})


@pages.post("/tickets/<ticket:key>/visit")
@guard.requires(Permission.WORK_TICKETS)
def log(key: TicketKey) -> ResponseReturnValue:
    """Log the work on each ticket and the way once; pressed twice it is one visit."""
    given, errors = forms.read(VisitFormSchema())
    if not errors:
        try:
            with transaction() as rows:
                ticket = _ticket(rows, key)
                _log(rows, ticket, given)
            return redirect(url_for("ticket_time.show", key=key, told="logged"), 303)
        except Refused as refused:
            errors = mend(refused, "spent")
    return make_response(_form(key, errors), 422)


def _log(rows: Session, ticket: Ticket, given: dict[str, Any]) -> None:
    who, zone = guard.principal(), guard.principal().zone
    work = [(ticket.id, worked(given["spent"], given, zone, given["work_type"]))]
    for number in range(1, OTHERS + 1):
        name = given[f"other_{number}"]
        if name:
            other = _other(rows, ticket, name, f"other_{number}")
            work.append((other.id, worked(given[f"spent_{number}"], given, zone, given["work_type"])))
    begun = work[0][1].get("started_at") or datetime.combine(given["day"], time(12), ZoneInfo(zone))
    facts = {"visited_at": begun, "site_id": _site(rows, ticket, given["site"]), "km": given["km"]}
    way = given["way"]
    billing.log_visit(
        rows,
        ticket.tenant_id,
        who.login_id or 0,
        facts,
        work,
        clock.now(),
        travel=worked(way, given | {"text": ""}, zone, given["way_type"]) if way else None,
        key=f"visit:{given['occasion']}" if given["occasion"] else None,
    )


def _other(rows: Session, ticket: Ticket, name: str, field: str) -> Ticket:
    """A ticket of the same client."""
    parts = parse_key(name.upper())
    same = parts is not None and parts[0] == ticket.key.rpartition("-")[0]
    found = queries.ticket(rows, ticket.tenant_id, parts[1]) if parts is not None and same else None
    if found is None:
        raise Refused("There is no such ticket.", {field: ["There is no such ticket."]})
    return found


def _site(rows: Session, ticket: Ticket, site_id: int | None) -> int | None:
    if site_id is not None and rows.get(Site, (ticket.tenant_id, site_id)) is None:
        raise Refused("Choose one of these.", {"site": ["Choose one of these."]})
    return site_id


def _form(key: TicketKey, errors: forms.Errors) -> str:
    rows, here = db.session(), reader()
    ticket = _ticket(rows, key)
    kinds = work_kinds.offered(rows)
    sites = rows.scalars(select(Site).where(Site.tenant_id == ticket.tenant_id).order_by(Site.name))
    return render_template(
        "time/visit.html",
        ticket=ticket,
        client=desk.clients(rows, [ticket.tenant_id])[ticket.tenant_id],
        sites=[(site.id, site.name) for site in sites],
        kinds=[(one.code, one.name) for one in kinds if one.mode != "travel"],
        ways=[(one.code, one.name) for one in kinds if one.mode == "travel"],
        on_site=next((one.code for one in kinds if one.mode == "on_site"), ""),
        others=desk.open_beside(rows, ticket),
        numbers=range(1, OTHERS + 1),
        today=here.now.astimezone(here.zone).date(),
        occasion=f"{guard.principal().login_id}:{int(here.now.timestamp())}",
        typed=request.form if request.method == "POST" else {},
        errors=errors,
    )


def _ticket(rows: Session, key: TicketKey) -> Ticket:
    return queries.ticket(rows, tenant_here(), key.number) or abort(404)
