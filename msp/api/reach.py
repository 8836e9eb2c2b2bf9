"""Who and what a request means: its ticket, its person, how long a reply may be taken back."""

from __future__ import annotations

from datetime import timedelta

from flask import abort, current_app, request
from sqlalchemy.orm import Session

from msp.guard import TicketKey
from msp.reach import tenant_here
from msp.settings import Settings
from msp.tickets import actions, desk, portal, queries
from msp.tickets.models import Ticket
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.queries import owner_of_last_resort
from tenants.rules import GATE, Kind, Principal


def ticket_seen(rows: Session, who: Principal, key: TicketKey) -> Ticket:
    """The ticket of the address as this person may see it; 404 where there is none."""
    if who.kind is Kind.STAFF:
        return queries.ticket(rows, tenant_here(), key.number) or abort(404)
    return queries.client_ticket(rows, who, key.number) or abort(404)


def ticket_held(rows: Session, who: Principal, key: TicketKey) -> Ticket:
    """The same, held until the commit; 412 where it is no longer the one that If-Match names."""
    if who.kind is Kind.STAFF:
        ticket = desk.held_ticket(rows, tenant_here(), key.number) or abort(404)
    else:
        ticket = portal.held(rows, who, key.number) or abort(404)
    seen = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if seen not in ("", "*", str(ticket.version)):
        abort(412)
    return ticket


def contact_here(rows: Session, who: Principal) -> Contact:
    """The client's person himself."""
    return rows.get(Contact, (tenant_here(), who.contact_id)) or abort(403)


def actor_here(rows: Session, who: Principal) -> actions.Actor:
    """The caller as the ticket's story names him."""
    if who.kind is Kind.STAFF:
        return actions.actor_of(who)
    contact = contact_here(rows, who)
    return actions.Actor("client", contact.id, contact.name)


def last_resort(rows: Session) -> int | None:
    """Who answers where the desk named nobody for this client; a client's session cannot see the desk's people."""
    owner_id = rows.get_one(Tenant, tenant_here()).owner_login_id
    if owner_id is not None:
        return owner_id
    with acting_as(GATE):
        return owner_of_last_resort(rows)


def undo() -> timedelta:
    """How long a reply may be taken back before it leaves."""
    settings: Settings = current_app.extensions["settings"]
    return timedelta(seconds=settings.undo_seconds)
