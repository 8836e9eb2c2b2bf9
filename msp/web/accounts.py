"""How a client is billed: by whom, to whom, when its month closes, where the invoice goes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.queries.facts import subject_of
from billing.schemas.account_form import CURRENCIES, AccountFormSchema, account_due, account_facts
from billing.schemas.by_hand import TAX_CODES
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.reports.clients import issuers
from msp.tickets import desk
from msp.web import forms
from msp.web.mending import mend
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("accounts", __name__)


@pages.get("/clients/<tenant:tenant>/billing")
@guard.requires(Permission.RUN_BILLING)
def edit(tenant: str) -> str:
    return _form(tenant, {})


@pages.post("/clients/<tenant:tenant>/billing")
@guard.requires(Permission.RUN_BILLING)
def keep(tenant: str) -> ResponseReturnValue:
    """Keep it; the open drafts of the client are computed anew."""
    given, errors = forms.read(AccountFormSchema())
    if not errors:
        try:
            with transaction() as rows:
                billing.set_account(rows, tenant_here(), _facts(rows, given), clock.now())
            return redirect(url_for("companies.show", tenant=tenant, kept=1), 303)
        except Refused as refused:
            errors = mend(refused, "recipient")
    return _form(tenant, errors), 422


def _form(tenant: str, errors: forms.Errors) -> str:
    rows, tenant_id = db.session(), tenant_here()
    subject = subject_of(rows, tenant_id)
    typed = request.form if request.method == "POST" else None
    return render_template(
        "companies/billing.html",
        tenant=tenant,
        client=desk.clients(rows, [tenant_id])[tenant_id],
        account=subject.account if subject else None,
        issuers=issuers(rows),
        typed=typed,
        due=typed or account_due(subject.account.due if subject else None),
        currencies=CURRENCIES,
        tax_codes=TAX_CODES,
        errors=errors,
    )


def _facts(rows: Session, given: dict[str, Any]) -> dict[str, Any]:
    """The form's fields as the account's columns. Raises Refused for an issuer that is not there."""
    facts = account_facts(given)
    issuer_id = facts.pop("issuer")
    if issuer_id not in {issuer.id for issuer in issuers(rows)}:
        raise Refused("Choose one of these.", {"issuer": ["Choose one of these."]})
    return facts | {"issuer_id": issuer_id}
