"""Edits of a ticket's fields: each a form in a dialog or on a page, refused where the ticket changed meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import Schema
from sqlalchemy.orm import Session

from msp import clock, guard
from msp.errors import Refused
from msp.guard import TicketKey
from msp.keys import parse_key
from msp.reach import tenant_here
from msp.tickets import actions, desk, queries, schemas
from msp.tickets.actions import Actor
from msp.tickets.models import Ticket
from msp.tickets.rules import Level, TicketKind
from msp.web import forms
from msp.web.answers import held
from msp.web.language import choose_zone, reader
from msp.web.mending import mend
from msp.web.ticket_acts import acted
from tenants import queries as people
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("ticket_fields", __name__)
BETWEEN = re.compile("[,\uff0c\u3001]")
Write = Callable[[Session, Ticket, Actor, dict[str, Any], datetime], None]


@dataclass(frozen=True, slots=True)
class Edit:
    """One form: what it reads, what it writes, and whether a change since it was opened refuses it."""

    schema: type[Schema]
    write: Write
    guarded: bool = True


@pages.get("/tickets/<ticket:key>/edit/<what>")
@guard.requires(Permission.WORK_TICKETS)
def form(key: TicketKey, what: str) -> ResponseReturnValue:
    if what not in EDITS:
        abort(404)
    ticket = queries.ticket(db.session(), tenant_here(), key.number) or abort(404)
    return _form(ticket, what, {}, {}, 200)


@pages.post("/tickets/<ticket:key>/edit/<what>")
@guard.requires(Permission.WORK_TICKETS)
def keep(key: TicketKey, what: str) -> ResponseReturnValue:
    """412 where somebody changed the ticket since the form was opened; 422 with the form where it does not fit."""
    edit = EDITS.get(what) or abort(404)
    given, errors = forms.read(edit.schema())
    who, now = guard.principal(), clock.now()
    with transaction() as rows:
        ticket = held(rows, key)
        if edit.guarded and _seen_version() not in (None, ticket.version):
            abort(412)
        if not errors:
            try:
                with rows.begin_nested():
                    edit.write(rows, ticket, actions.actor_of(who), given, now)
            except Refused as refused:
                errors = mend(refused, "version")
    if errors:
        return _form(ticket, what, request.form.to_dict(), errors, 422)
    return acted(ticket, who, now, _("Kept."))


def _seen_version() -> int | None:
    """The version the form was made of: If-Match, or the field that stands for it."""
    tag = request.headers.get("If-Match", "").strip('"') or request.form.get("version", "")
    return int(tag) if tag.isascii() and tag.isdecimal() else None


def _form(ticket: Ticket, what: str, typed: dict[str, str], errors: forms.Errors, status: int) -> ResponseReturnValue:
    rows = db.session()
    for_whom = reader()
    fragment = bool(request.headers.get("HX-Request"))
    page = render_template(
        "tickets/_edit.html" if fragment else "tickets/edit.html",
        what=what,
        ticket=ticket,
        client=desk.clients(rows, [ticket.tenant_id])[ticket.tenant_id],
        typed=typed,
        errors=errors,
        kinds=tuple(TicketKind),
        levels=tuple(Level),
        links=schemas.LINKS,
        categories=[(each.code, each.name(for_whom.language)) for each in queries.categories(rows)],
        agents=[(each.id, each.name) for each in people.agents(rows)] if what == "owner" else [],
        contacts=[(each.id, each.name) for each in people.contacts_of(rows, ticket.tenant_id)]
        if what == "follower"
        else [],
        tags=queries.tags_of(rows, ticket.tenant_id, ticket.id) if what == "labels" else [],
        follow_up=ticket.follow_up_at.astimezone(for_whom.zone) if ticket.follow_up_at else None,
    )
    response = make_response(page, status)
    response.headers["ETag"] = f'"{ticket.version}"'
    if fragment and status != 200:
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#dialog-slot", "innerHTML"
    return response


def _describe(rows: Session, ticket: Ticket, actor: Actor, given: dict[str, Any], now: datetime) -> None:
    category = given["category"] or None
    if category is not None and category not in {each.code for each in queries.categories(rows)}:
        raise Refused("Choose one of these.", {"category": ["Choose one of these."]})
    actions.describe(rows, ticket, actor, now, given["title"], TicketKind(given["kind"]), category)


def _weigh(rows: Session, ticket: Ticket, actor: Actor, given: dict[str, Any], now: datetime) -> None:
    actions.weigh(rows, ticket, actor, Level(given["impact"]), Level(given["urgency"]), now)


def _assign(rows: Session, ticket: Ticket, actor: Actor, given: dict[str, Any], now: datetime) -> None:
    names = {each.id: each.name for each in people.agents(rows)}
    if given["owner"] not in names:
        raise Refused("Choose one of these.", {"owner": ["Choose one of these."]})
    actions.assign(rows, ticket, actor, given["owner"], names[given["owner"]], now)


def _hand_over(rows: Session, ticket: Ticket, actor: Actor, given: dict[str, Any], now: datetime) -> None:
    actions.hand_to_tier(rows, ticket, actor, given["tier"], now)


def _resolve(rows: Session, ticket: Ticket, actor: Actor, given: dict[str, Any], now: datetime) -> None:
    actions.resolve(rows, ticket, actor, given["resolution"], now)


def _label(rows: Session, ticket: Ticket, _actor: Actor, given: dict[str, Any], _now: datetime) -> None:
    actions.label(rows, ticket, set(BETWEEN.split(given["labels"])))


def _link(rows: Session, ticket: Ticket, actor: Actor, given: dict[str, Any], now: datetime) -> None:
    """Only a ticket of this very client is found; any other is as absent as one that never was."""
    named = parse_key(given["other"])
    found = queries.ticket(rows, ticket.tenant_id, named[1]) if named else None
    if found is None or named is None or found.key != f"{named[0]}-{named[1]}" or found.id == ticket.id:
        words = "This client has no other ticket of this number."
        raise Refused(words, {"other": [words]})
    actions.link(rows, ticket, found, given["kind"], actor, now)


def _follow_up(rows: Session, ticket: Ticket, actor: Actor, given: dict[str, Any], now: datetime) -> None:
    on = given["on"].replace(tzinfo=ZoneInfo(choose_zone())) if given["on"] else None
    if on is not None and on <= now:
        raise Refused("This lies in the past.", {"on": ["This lies in the past."]})
    if on is None and given["agreed"]:
        raise Refused("Say when it is agreed for.", {"on": ["Say when it is agreed for."]})
    actions.follow_up(rows, ticket, actor, on, now, given["agreed"])


def _follow(rows: Session, ticket: Ticket, _actor: Actor, given: dict[str, Any], now: datetime) -> None:
    if desk.contact(rows, ticket.tenant_id, given["contact"]) is None:
        raise Refused("Choose one of these.", {"contact": ["Choose one of these."]})
    actions.follow(rows, ticket, given["contact"], now)


EDITS = {
    "describe": Edit(schemas.DescribeSchema, _describe),
    "priority": Edit(schemas.WeighSchema, _weigh),
    "owner": Edit(schemas.AssignSchema, _assign),
    "tier": Edit(schemas.TierSchema, _hand_over),
    "resolve": Edit(schemas.ResolveSchema, _resolve, guarded=False),
    "labels": Edit(schemas.LabelsSchema, _label),
    "link": Edit(schemas.LinkSchema, _link, guarded=False),
    "follow-up": Edit(schemas.FollowUpSchema, _follow_up),
    "follower": Edit(schemas.FollowerSchema, _follow, guarded=False),
}
