"""What a month brought and cost: by client, and within one by contract and ticket. For the owner alone."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from billing.rules.periods import add_months
from msp import guard
from msp.reports.margin import margins
from msp.tickets import desk
from msp.web.month import chosen_month
from tenants.db import db
from tenants.rules import Permission

pages = Blueprint("margin", __name__)
MOST_TICKETS = 50


@pages.get("/margin")
@guard.requires(Permission.RUN_CONTRACTS)
def index() -> str:
    """The least margin first; a client named opens its contracts and tickets."""
    rows, month = db.session(), chosen_month()
    found = margins(rows, guard.principal().tenants, month, add_months(month, 1, 1))
    clients = desk.clients(rows, [one.tenant_id for one in found]) if found else {}
    key = request.args.get("client", "")
    opened = next((one for one in found if one.tenant_id in clients and clients[one.tenant_id].key == key), None)
    tickets = sorted(opened.tickets.values(), key=lambda one: (one.margin.amount, one.name)) if opened else []
    return render_template(
        "after/margin.html",
        month=month,
        before=add_months(month, -1, 1),
        after=add_months(month, 1, 1),
        found=[one for one in found if one.tenant_id in clients],
        clients=clients,
        opened=opened,
        tickets=tickets[:MOST_TICKETS],
        left_out=len(tickets[MOST_TICKETS:]),
    )
