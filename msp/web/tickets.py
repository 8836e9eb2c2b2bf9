"""The queue of all clients, and one ticket beside it or alone."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from msp import clock, guard, reach
from msp.guard import TicketKey
from msp.keys import parse_key
from msp.outbox import actions as outbox
from msp.tickets import desk, shelves
from msp.tickets.opened import opened
from msp.tickets.queries import PAGE, ticket
from msp.web import ticket_page, timer
from msp.web.language import reader
from msp.web.queue_rows import rows_of
from tenants import actions as people
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import Permission, Principal

pages = Blueprint("tickets", __name__)
PARTS = {"detail": "tickets/_detail.html", "ticket-story": "tickets/_renewed.html"}
PLACE = re.compile(r"(\d{0,12})\.(\d{1,12})\.(\d{1,18})")


@pages.get("/tickets")
@guard.requires(Permission.SEE_TICKETS)
def queue() -> str:
    """A view of the queue; the address says which, of which client, and which ticket lies open beside it."""
    rows, who = db.session(), guard.principal()
    shelf = chosen_shelf()
    shown = _listed(rows, who, shelf)
    opened = parse_key(request.args.get("ticket", ""))
    if part("list-body"):
        return render_template("tickets/_list.html", **shown)
    return render_template("tickets/queue.html", **shown, **(_beside(rows, *opened) if opened else {}))


@pages.get("/tickets/views")
@guard.requires(Permission.SEE_TICKETS)
def views() -> str:
    """The views with how many tickets lie in each; asked for once the list is there."""
    shelf = chosen_shelf()
    counts = shelves.counts(db.session(), guard.principal(), shelf.tenant_id)
    return render_template("tickets/_views.html", views=_views(shelf, counts))


@pages.get("/tickets/clients")
@guard.requires(Permission.SEE_TICKETS)
def clients() -> str:
    """Of which client the queue shall be; a dialog over it, or a page."""
    shelf = chosen_shelf()
    found = desk.every_client(db.session(), guard.principal())
    template = "tickets/_clients.html" if request.headers.get("HX-Request") else "tickets/clients.html"
    return render_template(template, clients=found, shelf=shelf, base=url_for(".queue", view=shelf.view))


@pages.get("/tickets/<ticket:key>")
@guard.requires(Permission.SEE_TICKETS)
def show(key: TicketKey) -> str:
    """One ticket alone, or the part of it that goes beside the list or into what is there."""
    facts = _looked_at(db.session(), guard.principal(), key.number)
    template = next((each for target, each in PARTS.items() if part(target)), "tickets/show.html")
    return render_template(template, **facts)


def chosen_shelf() -> shelves.Shelf:
    """The view the address names; one of a client who is not the caller's is not there."""
    view = request.args.get("view", "due")
    place = PLACE.fullmatch(request.args.get("after", ""))
    after = (int(place[1]) if place[1] else None, int(place[2]), int(place[3])) if place else None
    client = request.args.get("client")
    return shelves.Shelf(
        view if view in shelves.VIEWS else "due", reach.tenant_named(client) if client else None, after
    )


def address_of(shelf: shelves.Shelf, **more: str) -> str:
    """The query that brings this view back."""
    client = {"client": request.args["client"]} if shelf.tenant_id is not None else {}
    return urlencode({"view": shelf.view} | client | more)


def _listed(rows: Session, who: Principal, shelf: shelves.Shelf) -> dict[str, object]:
    """One more row than a page holds is asked for, to know whether there is a next page."""
    now = reader()
    found = shelves.rows(rows, who, shelf, now.now, PAGE + 1)
    more, found = len(found) > PAGE, found[:PAGE]
    named = {row.tenant_id for row in found} | ({shelf.tenant_id} if shelf.tenant_id is not None else set())
    known, books = desk.promised(rows, named) if named else ({}, {})
    due, second, last = shelves.after_row(shelf.view, found[-1]) if more else (None, 0, 0)
    place = f"{'' if due is None else due}.{second}.{last}"
    home = url_for(".queue")
    return {
        "shelf": shelf,
        "rows": rows_of(found, known, books, now),
        "as_of": now.now,
        "may_open": who.may(Permission.WORK_TICKETS),
        "filtered": known.get(shelf.tenant_id) if shelf.tenant_id is not None else None,
        "views": _views(shelf, {}),
        "base": f"{home}?{address_of(shelf)}",
        "detail": f"{home}/",
        "query": address_of(shelf),
        "opened": request.args.get("ticket", ""),
        "next_url": f"{home}?{address_of(shelf, after=place)}" if more else None,
        "first_url": f"{home}?{address_of(shelf)}" if shelf.after else None,
    }


def _views(shelf: shelves.Shelf, counts: dict[str, int]) -> list[tuple[str, str, bool, int | str | None]]:
    words = {
        "due": _("Due"),
        "mine": _("Mine"),
        "unassigned": _("Unassigned"),
        "waiting": _("Waiting"),
        "all": _("All open"),
        "done": _("Done"),
    }
    home = url_for(".queue")
    client = {"client": request.args["client"]} if shelf.tenant_id is not None else {}
    return [
        (f"{home}?{urlencode({'view': name} | client)}", text, name == shelf.view, _counted(counts.get(name)))
        for name, text in words.items()
    ]


def _counted(count: int | None) -> int | str | None:
    return f"{shelves.MOST_COUNTED}+" if count is not None and count > shelves.MOST_COUNTED else count


def _beside(rows: Session, tenant_key: str, number: int) -> dict[str, object]:
    """The ticket that lies open beside the list, looked at as if by its own address."""
    who = reach.writer_in(reach.tenant_named(tenant_key))
    with acting_as(who):
        return _looked_at(rows, who, number)


def _looked_at(rows: Session, who: Principal, number: int) -> dict[str, object]:
    """What the page of a ticket says; that it was looked at is written down. 404 where there is none.

    The bar's timer is asked for as well, so that the page needs no second transaction.
    """
    found = ticket(rows, who.tenant or 0, number)
    if found is None:
        abort(404)
    now = clock.now()
    with transaction(durable=False):
        people.looked_at(rows, found.tenant_id, who, found.key, who.name, now)
        around = opened(rows, found, who.login_id)
        if "notices" in around.has:
            outbox.saw_ticket(rows, who.login_id or 0, found.tenant_id, found.key, now)
        timer.chip()
        return ticket_page.facts(rows, who, found, now, around=around)


def part(of: str) -> bool:
    """Whether htmx asks for this part of the page only."""
    return bool(request.headers.get("HX-Request")) and request.headers.get("HX-Target") == of
