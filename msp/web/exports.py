"""Handing over to the accounts: making a batch of all that is new, and its files, the same bytes each time."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

from flask import Blueprint, abort, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from billing import actions as billing
from billing.ledger import digest, exported, layouts
from billing.models import ExportBatch
from billing.queries.hand_over import batches, billed_tenants, rows_of
from billing.schemas.after_forms import BatchSchema
from msp import clock, guard, reach
from msp.errors import Refused
from msp.reports.clients import issuers
from msp.tickets import desk
from msp.web import forms
from msp.web.language import reader
from msp.web.mending import mend
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import Permission

pages = Blueprint("exports", __name__)
SUFFIX = {"json": "json"}


@pages.get("/exports")
@guard.requires(Permission.SEE_BILLING)
def index() -> str:
    """The batches so far, each in every layout."""
    return _page({})


@pages.post("/exports")
@guard.requires(Permission.RUN_BILLING)
def make() -> ResponseReturnValue:
    """Everything up to a day that no batch holds yet, client by client, each in a transaction of its own."""
    given, errors = forms.read(BatchSchema())
    if errors:
        return _page(errors), 422
    try:
        with transaction() as rows:
            who = guard.principal().login_id
            batch_id = billing.begin_batch(rows, given["issuer"], given["until"], who, clock.now()).id
        for tenant_id in billed_tenants(db.session(), guard.principal().tenants):
            g.written = False
            with acting_as(reach.writer_in(tenant_id)), transaction() as rows:
                billing.write_journal(rows, tenant_id, batch_id)
        with transaction() as rows:
            billing.seal_batch(rows, batch_id, clock.now())
    except Refused as refused:
        with transaction() as rows:
            billing.drop_empty_batch(rows, batch_id)
        return _page(mend(refused, "until")), 422
    return redirect(url_for(".index"), 303)


@pages.get("/exports/<int:batch_id>/<layout>")
@guard.requires(Permission.SEE_BILLING)
def download(batch_id: int, layout: str) -> ResponseReturnValue:
    """A sealed batch in one layout; for those who see every client in it."""
    rows = db.session()
    batch = rows.get(ExportBatch, batch_id) if layout in layouts() else None
    if batch is None or batch.sealed_at is None:
        abort(404)
    found = rows_of(rows, batch_id)
    if len(found) != batch.row_count or digest(found) != batch.sha256:
        raise Refused("You do not see every client of this batch.")
    suffix = SUFFIX.get(layout, "csv")
    name = f"{layout}-{batch.issuer_id}-{batch.number:04}.{suffix}"
    kind = "application/json" if suffix == "json" else "text/csv"
    return send_file(BytesIO(exported(found, layout)), kind, as_attachment=True, download_name=name, etag=False)


def _page(errors: forms.Errors) -> str:
    rows, here = db.session(), reader()
    found = batches(rows)
    return render_template(
        "after/exports.html",
        found=found,
        by=desk.agent_names(rows, [one.by_id for one in found]),
        issuers=issuers(rows),
        layouts=[(name, how["name"][here.language]) for name, how in layouts().items()],
        until=_last_month(here.now.astimezone(here.zone).date()),
        typed=request.form if request.method == "POST" else {},
        errors=errors,
        may_run=guard.principal().may(Permission.RUN_BILLING),
    )


def _last_month(today: date) -> date:
    return today.replace(day=1) - timedelta(days=1)
