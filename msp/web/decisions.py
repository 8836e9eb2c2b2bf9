"""What keeps a client's drafts from being issued, each with the choice that settles it; and who pays for a ticket."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import TimeEntry
from billing.queries import choices
from billing.queries.rates import work_types
from billing.schemas.money_forms import ChoiceFormSchema
from msp import clock, guard
from msp.errors import Refused
from msp.guard import TicketKey
from msp.reach import tenant_here
from msp.reports.month import worked
from msp.tickets import queries as tickets
from msp.tickets.models import Ticket
from msp.web import client_money, forms, prepaid
from msp.web.language import reader
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("decisions", __name__)


@pages.get("/clients/<tenant:tenant>/decisions")
@guard.requires(Permission.SEE_BILLING)
def show(tenant: str) -> str:
    """Work that two items fit or none, and what else stands in the way."""
    rows, tenant_id, language = db.session(), tenant_here(), reader().language
    entries = choices.open_entries(rows, tenant_id)
    offers = choices.offers(rows, tenant_id)
    return render_template(
        "money/decisions.html",
        **client_money.frame(rows, tenant, "decisions.show"),
        entries=entries,
        worked=worked(rows, tenant_id, [one.entry.id for one in entries]) if entries else {},
        others=choices.open_items(rows, tenant_id),
        offers=offers,
        names=choices.names_of(rows, tenant_id),
        type_names={each.code: each.name(language) for each in work_types(rows)},
    )


@pages.post("/clients/<tenant:tenant>/decisions/<int:entry_id>")
@guard.requires(Permission.RUN_BILLING)
def choose(tenant: str, entry_id: int) -> ResponseReturnValue:
    """Say which item pays for an entry, or for all time on its ticket; the draft follows at once."""
    given, errors = forms.read(ChoiceFormSchema())
    if errors:
        raise Refused("Choose one of these.")
    now, by_id = clock.now(), guard.principal().login_id or 0
    with transaction() as rows:
        entry = rows.get(TimeEntry, (tenant_here(), entry_id)) or abort(404)
        key = _offered(rows, given["item"])
        if request.form.get("scope") == "ticket":
            billing.choose_for_ticket(rows, tenant_here(), entry.ticket_id, key, by_id, now)
        else:
            billing.edit_time(rows, tenant_here(), entry_id, {"item_key": key}, by_id, now, approver=True)
        billing.draft_of_day(rows, tenant_here(), entry.worked_on, now)
    return redirect(url_for(".show", tenant=tenant, kept=1), 303)


@pages.get("/tickets/<ticket:key>/item")
@guard.requires(Permission.SEE_TICKETS)
def of_ticket(key: TicketKey) -> ResponseReturnValue:
    """What is left of what the client paid ahead, and which item pays for this ticket; opened by itself, the ticket."""
    ticket = _ticket(key)
    if not request.headers.get("HX-Request"):
        return redirect(url_for("tickets.show", key=ticket.key))
    return _ticket_part(ticket)


@pages.post("/tickets/<ticket:key>/item")
@guard.requires(Permission.WORK_TICKETS)
def choose_for_ticket(key: TicketKey) -> ResponseReturnValue:
    """Choose the item that pays for all time on this ticket."""
    given, errors = forms.read(ChoiceFormSchema())
    ticket = _ticket(key)
    if errors:
        raise Refused("Choose one of these.")
    with transaction() as rows:
        chosen = _offered(rows, given["item"])
        billing.choose_for_ticket(
            rows, ticket.tenant_id, ticket.id, chosen, guard.principal().login_id, clock.now()
        )  # fmt: skip
    if request.headers.get("HX-Request"):
        return _ticket_part(ticket)
    return redirect(url_for("tickets.show", key=ticket.key), 303)


def _ticket_part(ticket: Ticket) -> str:
    rows, who = db.session(), guard.principal()
    facts: dict[str, Any] = {
        "ticket": ticket,
        "balances": prepaid.balances_of(rows, ticket.tenant_id),
        "offers": choices.offers(rows, ticket.tenant_id),
        "chosen": choices.chosen_for(rows, ticket.tenant_id, ticket.id),
        "may_choose": who.may(Permission.WORK_TICKETS),
    }
    return render_template("money/_ticket.html", **facts)


def _offered(rows: Session, key: str) -> str | None:
    if key and key not in {offer.key for offer in choices.offers(rows, tenant_here())}:
        raise Refused("Choose one of these.")
    return key or None


def _ticket(key: TicketKey) -> Ticket:
    return tickets.ticket(db.session(), tenant_here(), key.number) or abort(404)
