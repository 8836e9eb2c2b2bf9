"""One ticket as its client sees it: opening it, the clock, answering, its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from msp import clock, guard
from msp.errors import Refused
from msp.guard import TicketKey
from msp.reach import tenant_here
from msp.settings import Settings
from msp.tickets import actions, portal, queries
from msp.tickets.actions.client import come_back
from msp.tickets.models import Message, Ticket
from msp.tickets.portal_schemas import PortalAnswerSchema, PortalTicketSchema
from msp.tickets.rules import GONE, Channel, Level, TicketKind
from msp.web import forms
from msp.web.attachments import download
from msp.web.cycles import promise_lines
from msp.web.language import reader
from msp.web.mending import mend
from msp.web.portal import frame
from msp.web.story import Told, story_of
from msp.web.turns import turns_of
from msp.web.uploads import received
from sla import queries as promises
from tenants import queries as people
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Contact, Site, Tenant
from tenants.rules import GATE, Permission, Principal

pages = Blueprint("portal_tickets", __name__)
HITS = {"one": Level.LOW, "some": Level.MEDIUM, "everyone": Level.HIGH}


@pages.get("/portal/<tenant:tenant>/tickets/new")
@guard.requires(Permission.OWN_TICKETS)
def form(tenant: str) -> str:
    """A guided form; what is open already stands beside it, so that nobody tells it twice."""
    return render_template("portal/new.html", tenant=tenant, **_new(db.session(), guard.principal()))


@pages.post("/portal/<tenant:tenant>/tickets")
@guard.requires(Permission.OWN_TICKETS)
def create(tenant: str) -> ResponseReturnValue:
    """Open a ticket in the person's own name."""
    who, now = guard.principal(), clock.now()
    given, errors = forms.read(PortalTicketSchema())
    if not errors:
        try:
            with transaction() as rows:
                matter = _matter(rows, given, _contact(rows, who))
                opened = actions.open_ticket(rows, rows.get_one(Tenant, tenant_here()), matter, _actor(rows, who), now)
            return redirect(url_for(".show", tenant=tenant, number=opened.number, told="new"), 303)
        except Refused as refused:
            errors = mend(refused, "title")
    return render_template("portal/new.html", tenant=tenant, **_new(db.session(), who, errors)), 422


@pages.get("/portal/<tenant:tenant>/tickets/<int:number>")
@guard.requires(Permission.OWN_TICKETS)
def show(tenant: str, number: int) -> str:
    """The ticket with its promises, its story and the answer."""
    rows, who = db.session(), guard.principal()
    found = queries.client_ticket(rows, who, number) or abort(404)
    return _page(tenant, rows, who, found)


@pages.post("/portal/<tenant:tenant>/tickets/<int:number>/answer")
@guard.requires(Permission.OWN_TICKETS)
def answer(tenant: str, number: int) -> ResponseReturnValue:
    """The client's words: a resolved ticket is taken up again, one settled long ago gets a successor."""
    who, now = guard.principal(), clock.now()
    given, errors = forms.read(PortalAnswerSchema())
    if not errors:
        try:
            with transaction() as rows:
                found = portal.held(rows, who, number) or abort(404)
                has_it = _said(rows, who, found, given["text"], now)
            told = "sent" if has_it is found else "followed"
            return _after(tenant, has_it, told)
        except Refused as refused:
            errors = mend(refused, "text")
    rows = db.session()
    found = queries.client_ticket(rows, who, number) or abort(404)
    return _page(tenant, rows, who, found, errors=errors, typed=request.form.get("text", "")), 422


@pages.get("/portal/<ticket:key>/files/<int:file_id>")
@guard.requires(Permission.OWN_TICKETS)
def file(key: TicketKey, file_id: int) -> Response:
    """A file of a message the person may read."""
    rows, who = db.session(), guard.principal()
    found = queries.client_ticket(rows, who, key.number) or abort(404)
    return download(portal.file_of(rows, found, file_id, _readable(rows, found)))


def _page(tenant: str, rows: Session, who: Principal, ticket: Ticket, **more: Any) -> str:
    """The whole page, or the ticket alone where htmx asks for it."""
    template = "portal/_ticket.html" if request.headers.get("HX-Request") else "portal/ticket.html"
    return render_template(template, tenant=tenant, **(frame(rows, who) | _facts(rows, who, ticket) | more))


def _after(tenant: str, ticket: Ticket, told: str) -> ResponseReturnValue:
    """On to the ticket that has the words now; htmx stays on the page where it is the same one."""
    address = url_for(".show", tenant=tenant, number=ticket.number, told=told)
    if not request.headers.get("HX-Request"):
        return redirect(address, 303)
    if told == "followed":
        return "", 204, {"HX-Redirect": address}
    rows, who = db.session(), guard.principal()
    return _page(tenant, rows, who, ticket, told=told)


def _said(rows: Session, who: Principal, ticket: Ticket, text: str, at: datetime) -> Ticket:
    """The ticket that has the words now."""
    company = rows.get_one(Tenant, ticket.tenant_id)
    files = received(ticket.tenant_id)
    return come_back(rows, company, ticket, _contact(rows, who), text, at, files, _last_resort(rows))


def _facts(rows: Session, who: Principal, ticket: Ticket) -> dict[str, Any]:
    now, events = reader(), queries.events_of(rows, ticket.tenant_id, ticket.id)
    messages = _readable(rows, ticket)
    files = queries.attachments_of(rows, ticket.tenant_id, ticket.id)
    book = promises.book(rows, ticket.tenant_id)
    told = Told(portal.told(events), messages, (), files, turns=turns_of(book, events, now.now))
    return {
        "ticket": ticket,
        "now": now.now,
        "promises": promise_lines(book, events, now, client=True),
        "story": story_of(told, None, now.zone),
        "with_whom": portal.with_whom(events, messages),
        "resolution": portal.resolution_of(ticket, now.now, _undo()),
        "over": actions.is_over(rows, ticket, now.now),
        "gone": ticket.status in GONE,
        "successor": portal.successor_of(rows, who, ticket) if ticket.status == "merged" else None,
        "errors": {},
        "told": request.args.get("told", ""),
    }


def _new(rows: Session, who: Principal, errors: forms.Errors | None = None) -> dict[str, Any]:
    contact = _contact(rows, who)
    mine = portal.page_of(rows, who, undone=True, limit=5)
    known = {each.id for each in mine}
    common = portal.hits_everybody(rows, contact.tenant_id, contact.site_id)
    return frame(rows, who) | {
        "errors": errors or {},
        "typed": request.form,
        "sites": _sites(rows),
        "own_site": contact.site_id,
        "mine": mine,
        "common": [each for each in common if each.id not in known],
    }


def _matter(rows: Session, given: dict[str, Any], contact: Contact) -> actions.Matter:
    """What was told, as the desk weighs it: whom it hits is the impact, how far work stands the urgency."""
    if given["site"] is not None and given["site"] not in {site.id for site in _sites(rows)}:
        raise Refused("Choose one of these.", {"site": ["Choose one of these."]})
    return actions.Matter(
        given["title"],
        given["text"],
        Channel.PORTAL,
        contact,
        kind=TicketKind(given["kind"]),
        impact=HITS[given["scope"]],
        urgency=Level(given["urgency"]),
        site_id=given["site"],
        owner_id=_last_resort(rows),
        language=contact.language,
        uploads=received(contact.tenant_id),
    )


def _contact(rows: Session, who: Principal) -> Contact:
    """The person himself, in this company."""
    return rows.get(Contact, (tenant_here(), who.contact_id)) or abort(403)


def _actor(rows: Session, who: Principal) -> actions.Actor:
    """The person under the name he has in this company."""
    contact = _contact(rows, who)
    return actions.Actor("client", contact.id, contact.name)


def _sites(rows: Session) -> Sequence[Site]:
    return people.sites_of(rows, tenant_here())


def _readable(rows: Session, ticket: Ticket) -> list[Message]:
    return portal.left(queries.messages_of(rows, ticket.tenant_id, ticket.id), clock.now(), _undo())


def _undo() -> timedelta:
    settings: Settings = current_app.extensions["settings"]
    return timedelta(seconds=settings.undo_seconds)


def _last_resort(rows: Session) -> int | None:
    """Who answers where the desk named nobody for this client; a client's session cannot see the desk's people."""
    row = rows.get_one(Tenant, tenant_here())
    if row.owner_login_id is not None:
        return row.owner_login_id
    with acting_as(GATE):
        return people.owner_of_last_resort(rows)
