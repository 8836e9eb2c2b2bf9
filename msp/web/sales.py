"""Issuing a sale: what was sold beside the months, one document at a time."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from billing import actions as billing
from billing.queries.drafts import draft
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.web.month import is_he, must_ask_again
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("sales", __name__)


@pages.post("/month/<tenant:tenant>/drafts/<int:draft_id>/issue")
@guard.requires(Permission.RUN_BILLING)
def issue(tenant: str, draft_id: int) -> ResponseReturnValue:
    """Issue a sale as it was looked at. A month's draft is issued by the month's run."""
    found = draft(db.session(), tenant_here(), draft_id)
    if found is None or found.kind != "sale":
        abort(404)
    if must_ask_again() and not is_he(request.form.get("password", "")):
        raise Refused("This is not your password.")
    with transaction() as rows:
        by_id, seen = guard.principal().login_id, request.form.get("seen", "")
        made = billing.issue(rows, tenant_here(), draft_id, by_id, clock.now(), seen=seen)
    return redirect(url_for("invoices.issued", tenant=tenant, document_id=made.id), 303)
