"""Search over all clients one sees: the page, and the command palette's answers while one types."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Row
from sqlalchemy.orm import Session

from msp import guard
from msp.keys import parse_key
from msp.reach import tenant_named
from msp.tickets import desk, lookup, queries
from msp.tickets.models import Ticket
from tenants.db import db
from tenants.rules import Permission, Principal, normal_name

pages = Blueprint("search", __name__)
IN_PALETTE = 6
LEAST = 2

Found = Row[*tuple[Any, ...]] | Ticket
Command = tuple[str, str, str, str]
"""(words, address or #command of the page, icon, keys)."""


@pages.get("/search")
@guard.requires(Permission.SEE_TICKETS)
def show() -> str:
    """Tickets that hold every word, newest change first, with the clients and people of that name."""
    words, client = request.args.get("q", "").strip(), request.args.get("client")
    rows, who = db.session(), guard.principal()
    tenant_id = tenant_named(client) if client else None
    known = desk.every_client(rows, who)
    return render_template(
        "search/show.html",
        words=words,
        chosen=client or "",
        clients={each.id: each for each in known},
        client_options=[(each.key, each.name) for each in known],
        tickets=_tickets(rows, who, words, tenant_id, queries.PAGE),
        companies=lookup.clients_named(known, words)[:IN_PALETTE] if words else [],
        people=lookup.people_named(rows, _tenants(who, tenant_id), words) if words else [],
    )


@pages.get("/search/palette")
@guard.requires(Permission.SEE_TICKETS)
def palette() -> str:
    """Actions first; tickets, clients and people from two characters on."""
    words = request.args.get("q", "").strip()
    rows, who = db.session(), guard.principal()
    asked = len(words) >= LEAST or bool(words and not words.isascii())
    known = desk.every_client(rows, who) if asked else []
    return render_template(
        "search/_palette.html",
        words=words,
        commands=[command for command in _commands(who) if _says(command[0], words)],
        clients={each.id: each for each in known},
        tickets=_tickets(rows, who, words, None, IN_PALETTE) if asked else [],
        companies=lookup.clients_named(known, words)[:IN_PALETTE] if asked else [],
        people=lookup.people_named(rows, who.tenants, words, IN_PALETTE) if asked else [],
    )


def _tickets(rows: Session, who: Principal, words: str, tenant_id: int | None, limit: int) -> list[Found]:
    """The ticket of that very number first, then those that hold the words."""
    found: list[Found] = list(lookup.tickets_holding(rows, who, words, tenant_id, limit))
    named = parse_key(words)
    if named is not None:
        caller = guard.signed_in()
        owner = dict(caller.tenant_ids).get(named[0]) if caller else None
        if owner is not None and owner in _tenants(who, tenant_id):
            exact = queries.ticket(rows, owner, named[1])
            found = [*([exact] if exact else []), *(one for one in found if one.key != words.upper())]
    return found


def _tenants(who: Principal, tenant_id: int | None) -> frozenset[int]:
    return who.tenants if tenant_id is None else frozenset({tenant_id})


def _commands(who: Principal) -> list[Command]:
    """What may be done from anywhere, then what the page itself listens to."""
    queue = url_for("tickets.queue")
    everywhere: list[Command] = [
        (_("Queue: due"), f"{queue}?view=due", "inbox", "G D"),
        (_("Queue: mine"), f"{queue}?view=mine", "user", "G M"),
        (_("Queue: unassigned"), f"{queue}?view=unassigned", "user-x", "G U"),
        (_("Search"), url_for(".show"), "search", "/"),
        (_("Your settings"), url_for("profile.show"), "settings", ""),
    ]
    if who.may(Permission.WORK_TICKETS):
        everywhere.insert(0, (_("New ticket"), url_for("new_ticket.form"), "plus", ""))
    if who.may(Permission.TRIAGE):
        everywhere.append((_("Triage"), url_for("triage.show"), "mail-question", ""))
    here: list[Command] = [
        (_("Reply"), "#reply", "reply", "R"),
        (_("Internal note"), "#note", "lock", "N"),
        (_("Resolve"), "#solve", "check", "E"),
        (_("Take it"), "#assign-me", "user-check", "I"),
        (_("Keys"), "#help", "keyboard", "?"),
    ]
    return everywhere + here


def _says(text: str, words: str) -> bool:
    return normal_name(words) in normal_name(text)
