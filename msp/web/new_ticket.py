"""A call becomes a ticket with its time: one form, whoever calls."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_named, writer_in
from msp.tickets import actions, desk, lookup, queries
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel, Level, TicketKind
from msp.tickets.schemas import NewTicketSchema
from msp.web import forms, ticket_page
from msp.web.language import reader
from msp.web.mending import mend
from msp.web.time_typed import log_typed
from msp.web.uploads import received
from tenants.actions import add_contact
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import Permission, Principal

pages = Blueprint("new_ticket", __name__)
LONGEST_TITLE = 80
_NEW = NewTicketSchema()


@pages.get("/tickets/new")
@guard.requires(Permission.WORK_TICKETS)
def form() -> ResponseReturnValue:
    """The form; without scripts its search button brings it back with the people found."""
    return _form({"client": request.args.get("client", ""), "caller": request.args.get("caller", "")}, {}), 200


@pages.get("/tickets/new/callers")
@guard.requires(Permission.WORK_TICKETS)
def callers() -> ResponseReturnValue:
    """People of all clients by name, reading or the end of their telephone number; opened by itself, the form."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".form", caller=request.args.get("caller", "")))
    return render_template("tickets/_callers.html", callers=_callers(request.args.get("caller", "")), typed={})


@pages.post("/tickets/new")
@guard.requires(Permission.WORK_TICKETS)
def open_it() -> ResponseReturnValue:
    """Open the ticket, with the minutes typed; the caller may be a person not known before."""
    given, errors = forms.read(_NEW)
    if errors:
        return _form(request.form.to_dict(), errors), 422
    who, now = writer_in(tenant_named(given["client"])), clock.now()
    try:
        with acting_as(who), transaction() as rows:
            ticket = _open(rows, who, given)
            log_typed(rows, ticket, who, given, now, given["occasion"] or str(ticket.id))
    except Refused as refused:
        return _form(request.form.to_dict(), mend(refused, "text")), 422
    return redirect(url_for("tickets.show", key=ticket.key), 303)


def _open(rows: Session, who: Principal, given: dict[str, Any]) -> Ticket:
    tenant_id = who.tenant or 0
    calling = desk.calling(rows, tenant_id, given["contact"])
    matter = actions.Matter(
        title=given["title"] or _title(given["text"]),
        text=given["text"],
        channel=Channel(given["channel"]),
        contact=calling.contact or _new_contact(rows, tenant_id, given),
        kind=TicketKind(given["kind"]),
        category=given["category"] or None,
        impact=Level(given["impact"]),
        urgency=Level(given["urgency"]),
        owner_id=who.login_id,
        uploads=received(tenant_id),
    )
    return actions.open_ticket(rows, calling.tenant, matter, actions.actor_of(who), clock.now(), calling.book)


def _new_contact(rows: Session, tenant_id: int, given: dict[str, Any]) -> Contact | None:
    if given["contact"] is not None:
        raise Refused("Choose one of these.", {"who": ["Choose one of these."]})
    if given["new_contact"]:
        return add_contact(rows, tenant_id, given["new_contact"], given["email"], phone=given["phone"])
    return None


def _title(text: str) -> str:
    """The first line stands for the title that nobody typed while talking."""
    first = text.strip().splitlines()[0].strip()
    return first if len(first) <= LONGEST_TITLE else f"{first[: LONGEST_TITLE - 1]}…"


def _form(typed: dict[str, str], errors: forms.Errors) -> str:
    rows, language = db.session(), reader().language
    who = guard.principal()
    return render_template(
        "tickets/new.html",
        typed=typed,
        errors=errors,
        client_options=[(each.key, each.name) for each in desk.every_client(rows, who)],
        callers=_callers(typed.get("caller", "")),
        categories=[(each.code, each.name(language)) for each in queries.categories(rows)],
        work_types=ticket_page.work_types(rows, language),
        occasion=typed.get("occasion") or secrets.token_hex(8),
    )


def _callers(typed: str) -> list[tuple[Contact, desk.Client]]:
    if len(typed.strip()) < 1:
        return []
    rows = db.session()
    found = lookup.people_named(rows, guard.principal().tenants, typed)
    clients = desk.clients(rows, {person.tenant_id for person in found})
    return [(person, clients[person.tenant_id]) for person in found]
