"""/tickets: lists, one with its thread, new ones."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from msp import clock, guard
from msp.api import reach
from msp.api.frame import PREFIX, scope
from msp.api.once import Made
from msp.api.paging import opened, sealed
from msp.api.routes import get, post
from msp.api.shapes import NewTicketShape, TicketPageShape, TicketQuery, TicketShape, WholeTicketShape
from msp.api.telling import shown, thread_of, told
from msp.errors import Refused
from msp.guard import TicketKey
from msp.reach import tenant_here, tenant_named
from msp.tickets import actions, desk, listing, queries
from msp.tickets.rules import DONE, UNDONE, Channel, Level, TicketKind
from tenants import actions as people
from tenants.db import db, transaction
from tenants.models import Contact
from tenants.queries import contact_by_email
from tenants.rules import Kind, Permission, Principal

GROUPS = {"undone": tuple(UNDONE), "done": tuple(DONE)}


@get("/tickets", "Tickets", TicketPageShape, TicketQuery)
@guard.requires(Permission.SEE_TICKETS, Permission.OWN_TICKETS)
@scope("tickets:read")
def list_tickets(query: dict[str, Any]) -> dict[str, Any]:
    """List tickets

    Of one client or of all you see, by their last change. To follow what happens, ask for the oldest first and go on
    with the last cursor you were given.
    """
    rows, who = db.session(), guard.principal()
    wanted, filters = _wanted(who, query)
    found = listing.listed(rows, who, wanted, query["limit"] + 1)
    page, more = found[: query["limit"]], len(found) > query["limit"]
    names = desk.agent_names(rows, {each.owner_id for each in page}) if who.kind is Kind.STAFF else {}
    last = list(listing.place_of(page[-1])) if more else None
    return {"items": [shown(each, who, names) for each in page], "next": sealed(filters, last) if last else None}


@get("/tickets/<ticket:key>", "Tickets", WholeTicketShape)
@guard.requires(Permission.SEE_TICKETS, Permission.OWN_TICKETS)
@scope("tickets:read")
def show_ticket(key: TicketKey) -> dict[str, Any]:
    """Read a ticket

    With its thread, oldest first. Notes are told to the desk’s people alone; a reply its author may still take back is
    not yet told to the client.
    """
    rows, who, now = db.session(), guard.principal(), clock.now()
    ticket = reach.ticket_seen(rows, who, key)
    if who.kind is not Kind.STAFF:
        return shown(ticket, who, {}) | {"thread": thread_of(rows, who, ticket, now)}
    with transaction(durable=False):
        people.looked_at(rows, ticket.tenant_id, who, ticket.key, who.name, now)
        return shown(ticket, who, desk.agent_names(rows, {ticket.owner_id})) | {
            "thread": thread_of(rows, who, ticket, now),
            "labels": list(queries.tags_of(rows, ticket.tenant_id, ticket.id)),
        }


@post("/clients/<tenant:tenant>/tickets", "Tickets", NewTicketShape, TicketShape, 201)
@guard.requires(Permission.WORK_TICKETS, Permission.OWN_TICKETS)
@scope("tickets:write")
def open_ticket(rows: Session, given: dict[str, Any], tenant: str) -> Made:  # noqa: ARG001 - the guard has read it
    """Open a ticket

    A client’s person opens it in his own name; the desk names whose matter it is by the person’s address.
    """
    who, now = guard.principal(), clock.now()
    matter, actor = _matter(rows, who, given), reach.actor_here(rows, who)
    ticket = actions.open_ticket(rows, actions.tenant_row(rows, tenant_here()), matter, actor, now)
    return Made(told(rows, who, ticket), f"{PREFIX}/tickets/{ticket.key}")


def _matter(rows: Session, who: Principal, given: dict[str, Any]) -> actions.Matter:
    staff = who.kind is Kind.STAFF
    contact = _contact_named(rows, given["contact"]) if staff else reach.contact_here(rows, who)
    return actions.Matter(
        given["title"],
        given["text"],
        Channel(given["channel"]) if staff else Channel.PORTAL,
        contact,
        kind=TicketKind(given["kind"]),
        impact=Level(given["impact"]),
        urgency=Level(given["urgency"]),
        owner_id=who.login_id if staff else reach.last_resort(rows),
        language=contact.language if contact and not staff else "",
    )


def _contact_named(rows: Session, email: str | None) -> Contact | None:
    if email is None:
        return None
    found = contact_by_email(rows, tenant_here(), email)
    if found is None:
        words = "This client has nobody of this address."
        raise Refused(words, {"contact": [words]})
    return found


def _wanted(who: Principal, query: dict[str, Any]) -> tuple[listing.Wanted, str]:
    """What is wanted, and the same as text: a cursor serves no other list."""
    named = query["client"]
    tenant_ids = who.tenants if named is None else frozenset({tenant_named(named)})
    status, priority, since = query["status"], query["priority"], query["changed_since"]
    mine = query["mine"] and who.kind is Kind.STAFF
    oldest = query["order"] == "oldest"
    filters = f"{named}|{status}|{priority}|{mine}|{_second(since)}|{oldest}"
    place = opened(filters, query["cursor"])
    wanted = listing.Wanted(
        tenant_ids,
        GROUPS.get(status, (status,)) if status else (),
        (priority,) if priority else (),
        who.login_id if mine else None,
        since,
        oldest,
        (place[0], place[1]) if place else None,
    )
    return wanted, filters


def _second(at: datetime | None) -> int:
    return int(at.timestamp()) if at else 0
