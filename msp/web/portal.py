"""The client's rooms: the list of his tickets, his company's invoices, and who at the desk looked at what."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.queries import documents
from billing.queries.receivables import owed
from msp import clock, guard
from msp.files import files
from msp.reach import tenant_here
from msp.tickets import portal as tickets_of
from msp.tickets.queries import PAGE
from msp.web import navigation
from msp.web.format import DAY
from msp.web.language import reader
from msp.web.standing import Standings
from sla import queries as promises
from tenants import queries as people
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Tenant
from tenants.rules import Kind, Permission, Principal

pages = Blueprint("portal", __name__)
NOT_IN_NAMES = re.compile(r"[^\w.-]+")
PLACE = re.compile(r"(\d{1,12})\.(\d{1,18})")


@pages.get("/portal")
@guard.requires(Permission.OWN_TICKETS, Permission.OWN_INVOICES)
def front() -> ResponseReturnValue:
    """The first room of the first company."""
    return redirect(navigation.home(guard.principal()))


@pages.get("/portal/<tenant:tenant>/tickets")
@guard.requires(Permission.OWN_TICKETS)
def tickets(tenant: str) -> str:
    """What is open, or done: his own, those of whom he leads, or all of the company."""
    rows, who, now = db.session(), guard.principal(), reader()
    done = request.args.get("view") == "done"
    place = PLACE.fullmatch(request.args.get("after", ""))
    after = (int(place[1]), int(place[2])) if place else None
    found = tickets_of.page_of(rows, who, undone=not done, after=after, limit=PAGE + 1)
    shown, more = found[:PAGE], len(found) > PAGE
    book, standings = promises.book(rows, tenant_here()), Standings(now.now, now.language)
    lines = [
        (
            each,
            standings.of_ticket(
                each.status,
                each.clock,
                each.breached,
                each.due_at,
                each.due_target,
                book.hours.get(each.due_calendar or ""),
            ),
        )
        for each in shown
    ]
    last = tickets_of.place_of(shown[-1]) if more else None
    view = "done" if done else "open"
    return render_template(
        "portal/tickets.html",
        **frame(rows, who),
        lines=lines,
        view=view,
        as_of=now.now,
        first=after is None,
        next_url=url_for(".tickets", tenant=tenant, view=view, after=f"{last[0]}.{last[1]}") if last else None,
    )


@pages.get("/portal/<tenant:tenant>/invoices")
@guard.requires(Permission.OWN_INVOICES)
def invoices(tenant: str) -> str:
    """The company's invoices, newest first, each with its PDF."""
    rows, who = db.session(), guard.principal()
    found = documents.documents_of(rows, tenant_here())
    here = reader()
    return render_template(
        "portal/invoices.html",
        **frame(rows, who),
        tenant=tenant,
        documents=found,
        owed={one.document_id: one for one in owed(rows, tenant_here(), also=[each.id for each in found])},
        today=here.now.astimezone(here.zone).date(),
        one_day=DAY,
    )


@pages.get("/portal/<tenant:tenant>/invoices/<int:document_id>.pdf")
@guard.requires(Permission.OWN_INVOICES)
def invoice_pdf(tenant: str, document_id: int) -> ResponseReturnValue:
    """The kept file. While it is still being made, the list says so."""
    rows, tenant_id = db.session(), tenant_here()
    found = documents.document(rows, tenant_id, document_id) or abort(404)
    kept = documents.rendering(rows, tenant_id, found.id)
    if kept is None:
        return redirect(url_for(".invoices", tenant=tenant, waiting=found.number))
    note_opening(tenant_id, found.id)
    return pdf_response(kept.place, found.number)


@pages.get("/portal/<tenant:tenant>/access-log")
@guard.requires(Permission.OWN_ACCESS_LOG)
def access_log(tenant: str) -> str:
    """Who at the desk opened what of this company, by day."""
    rows, who = db.session(), guard.principal()
    found = people.access_log(rows, tenant_here())
    drafts = {
        one.subject: date.fromisoformat(f"{one.subject[6:]}-01") for one in found if one.subject.startswith("draft ")
    }
    return render_template("portal/access_log.html", **frame(rows, who), tenant=tenant, log=found, drafts=drafts)


def pdf_response(place: str, number: str) -> Response:
    """A kept PDF, to be saved under the document's number. 404 where its bytes are gone."""
    try:
        content = files().read(place)
    except FileNotFoundError:
        abort(404)
    name = f"{NOT_IN_NAMES.sub('-', number)}.pdf"
    return send_file(BytesIO(content), mimetype="application/pdf", as_attachment=True, download_name=name, etag=False)


def note_opening(tenant_id: int, document_id: int) -> None:
    """The desk sees that the client opened it; staff who look at the portal open nothing."""
    who = guard.principal()
    if who.kind is Kind.CLIENT and who.contact_id is not None:
        with transaction(durable=False) as rows:
            billing.opened(rows, tenant_id, document_id, who.contact_id, who.name, clock.now())


def frame(rows: Session, who: Principal) -> dict[str, Any]:
    """What every page of the portal needs: whose it is, the login's other companies, packs that wait for its word."""
    found = rows.get_one(Tenant, tenant_here())
    offers = promises.packs_waiting(rows, found.tenant_id, clock.now()) if who.may(Permission.OWN_PROMISES) else ()
    return {"client": found, "key": found.key, "companies": _companies(rows, who), "offers": offers}


def _companies(rows: Session, who: Principal) -> list[tuple[str, str, bool]]:
    """(address, name, whether we are there) of each company, where a login serves several."""
    caller = guard.signed_in()
    own = {tenant: caller.principal(tenant) for tenant, *_ in caller.access} if caller else {}
    open_to = {tenant: each for tenant, each in own.items() if each is not None}
    if len(open_to) < 2:
        return []
    with acting_as(Principal(Kind.CLIENT, frozenset(open_to), who.tenant, who.login_id)):
        named = people.tenants_of(rows, Principal(Kind.CLIENT, frozenset(open_to)))
    return [(navigation.home(open_to[each.tenant_id]), each.name, each.tenant_id == who.tenant) for each in named]
