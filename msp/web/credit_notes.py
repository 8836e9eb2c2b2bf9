"""Correcting an issued invoice: a credit note in full or by line, or the same invoice to the right recipient."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from billing import actions as billing
from billing.models import DocumentLine
from billing.queries.credits import Creditable, creditable
from billing.schemas.corrections import CreditSchema, ReplaceSchema
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.tickets import desk
from msp.web import forms
from msp.web.format import money
from msp.web.language import reader
from msp.web.mending import mend
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("credit_notes", __name__)


@pages.get("/month/<tenant:tenant>/invoices/<int:document_id>/credit")
@guard.requires(Permission.RUN_BILLING)
def form(tenant: str, document_id: int) -> str:
    return _page(tenant, document_id)


@pages.post("/month/<tenant:tenant>/invoices/<int:document_id>/credit")
@guard.requires(Permission.RUN_BILLING)
def credit(tenant: str, document_id: int) -> ResponseReturnValue:
    """Credit all that is left, or what was typed at the lines; more than is left is refused with the rest."""
    given, errors = forms.read(CreditSchema())
    held = creditable(db.session(), tenant_here(), document_id) or abort(404)
    wanted, wrong = _amounts(held.rows) if given.get("how") == "part" else (None, {})
    errors |= wrong
    if not errors:
        release = [row.key for row in held.rows if request.form.get(f"release-{row.place}")]
        if given["how"] == "all" and request.form.get("release_all"):
            release = [row.key for row in held.rows]
        try:
            with transaction() as rows:
                made = billing.credit_invoice(
                    rows, tenant_here(), document_id, given["reason"], guard.principal().login_id, clock.now(),
                    wanted=wanted, release=release,
                )  # fmt: skip
            return redirect(url_for("invoices.issued", tenant=tenant, document_id=made.id), 303)
        except billing.MoreThanIsLeft as more:
            errors = _rest(held, more)
        except Refused as refused:
            errors = mend(refused, "reason")
    return _page(tenant, document_id, errors), 422


@pages.post("/month/<tenant:tenant>/invoices/<int:document_id>/replace")
@guard.requires(Permission.RUN_BILLING)
def replace(tenant: str, document_id: int) -> ResponseReturnValue:
    """It went to the wrong recipient: credited in full and issued again to the right one, in one act."""
    given, errors = forms.read(ReplaceSchema())
    if not errors:
        recipient = {name: given[name] for name in ("attention", "address")} | {"name": given["recipient"]}
        try:
            with transaction() as rows:
                _credited, made = billing.replace_invoice(
                    rows, tenant_here(), document_id, recipient, given["reason"], guard.principal().login_id,
                    clock.now(),
                )  # fmt: skip
            return redirect(url_for("invoices.issued", tenant=tenant, document_id=made.id), 303)
        except Refused as refused:
            errors = mend(refused, "recipient")
    return _page(tenant, document_id, {f"replace-{name}": said for name, said in errors.items()}), 422


def _page(tenant: str, document_id: int, errors: forms.Errors | None = None) -> str:
    rows, tenant_id = db.session(), tenant_here()
    held = creditable(rows, tenant_id, document_id) or abort(404)
    return render_template(
        "month/credit.html",
        tenant=tenant,
        client=desk.clients(rows, [tenant_id])[tenant_id],
        document=held.document,
        lines=_lines(held),
        whole=sum(held.left.values(), Decimal(0)),
        included=held.terms.prices_include_tax,
        untouched=held.untouched,
        recipient=json.loads(held.document.snapshot)["recipient"],
        typed=request.form,
        errors=errors or {},
    )


def _lines(held: Creditable) -> list[dict[str, Any]]:
    left = held.left
    return [
        {
            "place": row.place,
            "text": row.text,
            "amount": row.amount,
            "left": left[row.key],
            "credited": next(line.amount for line in held.lines if line.key == row.key) - left[row.key],
        }
        for row in held.rows
    ]


def _amounts(lines: Sequence[DocumentLine]) -> tuple[dict[str, Decimal], forms.Errors]:
    """What was typed at the lines, by key; full-width signs and commas are read too."""
    wanted: dict[str, Decimal] = {}
    errors: forms.Errors = {}
    for line in lines:
        typed = unicodedata.normalize("NFKC", request.form.get(f"amount-{line.place}", "")).replace(",", "").strip()
        if not typed:
            continue
        try:
            amount = Decimal(typed.replace("−", "-").lstrip("¥\\"))
        except InvalidOperation:
            amount = Decimal("NaN")
        if amount.is_finite() and abs(amount) < Decimal(10) ** 12:
            wanted[line.key] = amount
        else:
            errors[f"amount-{line.place}"] = [_("Enter a number.")]
    return wanted, errors


def _rest(held: Creditable, more: billing.MoreThanIsLeft) -> forms.Errors:
    """The rest that is left, offered at each line that asked for more."""
    currency = held.document.currency
    return {
        f"amount-{row.place}": [
            _("Only %(rest)s is left.", rest=money(more.left[row.key], currency, reader().language))
        ]
        for row in held.rows
        if row.key in more.left
    }
