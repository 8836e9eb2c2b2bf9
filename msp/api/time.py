"""/time-entries: worked time of a client or on a ticket, and logging it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import abort
from sqlalchemy.orm import Session

from billing.actions import log_time
from msp import clock, guard
from msp.api import reach
from msp.api.frame import scope
from msp.api.once import Made
from msp.api.paging import opened, sealed
from msp.api.routes import get, post
from msp.api.shapes_company import EntryPageShape, EntryShape, NewEntryShape, TimeQuery
from msp.guard import TicketKey
from msp.reach import tenant_here
from msp.reports import worked
from tenants.db import db
from tenants.rules import Permission

WORKED = {"work_type": "remote", "started_at": "2026-06-01T00:00:00Z", "ended_at": "2026-06-01T00:30:00Z"}


@get("/clients/<tenant:tenant>/time-entries", "Time", EntryPageShape, TimeQuery)
@guard.requires(Permission.SEE_TICKETS)
@scope("time:read")
def list_time(query: dict[str, Any], tenant: str) -> dict[str, Any]:
    """List the time worked for a client"""
    return _page(query, tenant, None)


@get("/tickets/<ticket:key>/time-entries", "Time", EntryPageShape, TimeQuery)
@guard.requires(Permission.SEE_TICKETS)
@scope("time:read")
def list_ticket_time(query: dict[str, Any], key: TicketKey) -> dict[str, Any]:
    """List the time worked on a ticket"""
    ticket = reach.ticket_seen(db.session(), guard.principal(), key)
    return _page(query, ticket.key, ticket.id)


@post("/tickets/<ticket:key>/time-entries", "Time", NewEntryShape, EntryShape, 201, example=WORKED)
@guard.requires(Permission.WORK_TICKETS)
@scope("time:write")
def log(rows: Session, given: dict[str, Any], key: TicketKey) -> Made:
    """Log time on a ticket

    In the name of the token’s person.
    """
    who = guard.principal()
    ticket = reach.ticket_seen(rows, who, key)
    facts = {name: value for name, value in given.items() if value is not None}
    entry = log_time(rows, ticket.tenant_id, ticket.id, who.login_id or abort(403), facts, clock.now())
    rows.flush()
    shown = {name: getattr(entry, name) for name in EntryShape().fields if hasattr(entry, name)}
    return Made(shown | {"ticket": ticket.key, "agent": entry.agent_name, "seconds": entry.raw_seconds})


def _page(query: dict[str, Any], of: str, ticket_id: int | None) -> dict[str, Any]:
    filters = f"{of}|{query['since']}|{query['until']}"
    place = opened(filters, query["cursor"])
    after = (date.fromisoformat(place[0]), place[1]) if place else None
    wanted = worked.Wanted(tenant_here(), ticket_id, query["since"], query["until"], after)
    found = worked.listed(db.session(), wanted, query["limit"] + 1)
    page = found[: query["limit"]]
    more = len(found) > len(page)
    return {
        "items": page,
        "next": sealed(filters, [page[-1].worked_on.isoformat(), page[-1].id]) if more else None,
    }
