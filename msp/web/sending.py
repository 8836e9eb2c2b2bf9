"""Documents on their way: what is held, waits or came back, the desk's covering texts, sending one again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import actions as billing
from billing.queries.documents import document
from billing.queries.sending import TEXTS, sending, unsent
from billing.rules.covering import NAMES
from billing.schemas.after_forms import SendingSchema
from msp import clock, guard
from msp.outbox.queries import unarrived
from msp.reach import tenant_here
from msp.tickets import desk
from msp.web import forms
from msp.web.document_story import held_text
from msp.web.language import reader
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("sending", __name__)
LOOKED_BACK = timedelta(days=90)


@pages.get("/sending")
@guard.requires(Permission.SEE_BILLING)
def index() -> str:
    """What has not reached its client: held, in its undo window, refused or come back."""
    rows, tenants = db.session(), guard.principal().tenants
    waiting = unsent(rows, tenants)
    failed = unarrived(rows, tenants, "document:", reader().now - LOOKED_BACK)
    ids = {one.tenant_id for one, _ in waiting} | {mail.tenant_id for mail in failed}
    return render_template(
        "after/sending.html",
        held=[(one, found, held_text(one.held)) for one, found in waiting if one.state == "held"],
        waiting=[(one, found) for one, found in waiting if one.state == "waiting"],
        failed=[(mail, int(mail.key.split(":")[1])) for mail in failed],
        clients=desk.clients(rows, sorted(ids)) if ids else {},
        may_run=guard.principal().may(Permission.RUN_BILLING),
    )


@pages.get("/sending/texts")
@guard.requires(Permission.RUN_BILLING)
def texts() -> str:
    return _form({})


@pages.post("/sending/texts")
@guard.requires(Permission.RUN_BILLING)
def keep() -> ResponseReturnValue:
    """The undo window and the texts that go along."""
    given, errors = forms.read(SendingSchema())
    if errors:
        return _form(errors), 422
    with transaction() as rows:
        billing.set_sending(rows, given.pop("undo_minutes"), given)
    return redirect(url_for(".texts", kept=1), 303)


@pages.post("/month/<tenant:tenant>/invoices/<int:document_id>/send")
@guard.requires(Permission.RUN_BILLING)
def again(tenant: str, document_id: int) -> ResponseReturnValue:
    """Send a document, for the first time or again; it can be stopped within the undo window."""
    document(db.session(), tenant_here(), document_id) or abort(404)
    with transaction() as rows:
        billing.send_again(rows, tenant_here(), document_id, guard.principal().login_id, clock.now())
    return redirect(_back(tenant, document_id), 303)


@pages.post("/month/<tenant:tenant>/invoices/<int:document_id>/stop")
@guard.requires(Permission.RUN_BILLING)
def stop(tenant: str, document_id: int) -> ResponseReturnValue:
    """It does not leave after all."""
    document(db.session(), tenant_here(), document_id) or abort(404)
    with transaction() as rows:
        billing.stop_sending(rows, tenant_here(), document_id, clock.now())
    return redirect(_back(tenant, document_id), 303)


def _back(tenant: str, document_id: int) -> str:
    if request.form.get("from") == "list":
        return url_for(".index")
    return url_for("invoices.issued", tenant=tenant, document_id=document_id)


def _form(errors: forms.Errors) -> str:
    way = sending(db.session())
    typed: dict[str, Any] = request.form.to_dict() if request.method == "POST" else dict(way.texts)
    return render_template(
        "after/sending_texts.html",
        typed=typed,
        minutes=typed.get("undo_minutes", way.undo // timedelta(minutes=1)),
        names=list(TEXTS),
        places=[name for name in NAMES if name != "list"],
        errors=errors,
    )
