"""The desk's legal entities that send invoices, and the taxes of their countries by day of supply."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from billing import actions as billing
from billing.models import Issuer, TaxRate
from billing.models.accounts import DIRECTIONS
from billing.rules.due import SHIFTS
from billing.rules.periods import DAY
from billing.rules.registration import registration
from billing.schemas.account_form import CURRENCIES
from billing.schemas.by_hand import TAX_CODES
from billing.schemas.issuer_form import (
    CATEGORIES,
    IssuerFormSchema,
    TaxFormSchema,
    holds,
    issuer_facts,
    issuer_form,
)
from msp import guard
from msp.errors import Refused
from msp.web import forms
from msp.web.language import reader
from msp.web.mending import mend
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("issuers", __name__)


@pages.get("/settings/issuers")
@guard.requires(Permission.SEE_BILLING)
def index() -> str:
    """Who sends invoices, and what each tax code means in their countries."""
    return _index({})


@pages.get("/settings/issuers/new")
@guard.requires(Permission.RUN_BILLING)
def new() -> str:
    return _form(None, {"country": "JP", "due_months": 1, "fiscal_year_month": 4}, {})


@pages.post("/settings/issuers/new")
@guard.requires(Permission.RUN_BILLING)
def create() -> ResponseReturnValue:
    """Another legal entity, with series of numbers of its own."""
    return _keep(None)


@pages.get("/settings/issuers/<int:issuer_id>")
@guard.requires(Permission.RUN_BILLING)
def edit(issuer_id: int) -> str:
    issuer = db.session().get(Issuer, issuer_id) or abort(404)
    return _form(issuer, issuer_form(issuer), {})


@pages.post("/settings/issuers/<int:issuer_id>")
@guard.requires(Permission.RUN_BILLING)
def keep(issuer_id: int) -> ResponseReturnValue:
    """What the entity says from now on; what is issued stays as it was."""
    return _keep(db.session().get(Issuer, issuer_id) or abort(404))


@pages.post("/settings/taxes")
@guard.requires(Permission.RUN_BILLING)
def keep_tax() -> ResponseReturnValue:
    """A rate of a country from a day of supply on; the one before it ends there."""
    given, errors = forms.read(TaxFormSchema())
    if errors:
        return _index(errors), 422
    with transaction() as rows:
        billing.set_tax_rate(rows, **given)
    return redirect(url_for(".index", kept=1, _anchor="taxes"), 303)


@pages.post("/settings/taxes/<int:tax_rate_id>/drop")
@guard.requires(Permission.RUN_BILLING)
def drop_tax(tax_rate_id: int) -> ResponseReturnValue:
    """Take back a rate that has not begun."""
    with transaction() as rows:
        if rows.get(TaxRate, tax_rate_id) is None:
            abort(404)
        now = reader()
        billing.drop_tax_rate(rows, tax_rate_id, now.now.astimezone(now.zone).date())
    return redirect(url_for(".index", kept=1, _anchor="taxes"), 303)


def _keep(issuer: Issuer | None) -> ResponseReturnValue:
    given, errors = forms.read(IssuerFormSchema())
    if not errors:
        facts = issuer_facts(given)
        try:
            with transaction() as rows:
                billing.keep_issuer(rows, issuer.id if issuer else None, facts)
            number = facts["registration_number"] if facts["country"] == "JP" else ""
            doubtful = registration(number).verdict if number else "ok"
            return redirect(url_for(".index", kept=1, number=None if doubtful == "ok" else doubtful), 303)
        except Refused as refused:
            errors = mend(refused, "name")
    return _form(issuer, request.form.to_dict(), errors), 422


def _form(issuer: Issuer | None, typed: dict[str, Any], errors: forms.Errors) -> str:
    return render_template(
        "money/issuer.html",
        issuer=issuer,
        typed=typed,
        currencies=CURRENCIES,
        directions=DIRECTIONS,
        shifts=SHIFTS,
        errors=errors,
    )


def _index(errors: forms.Errors) -> str:
    rows, now = db.session(), reader()
    today = now.now.astimezone(now.zone).date()
    rates = rows.scalars(select(TaxRate).order_by(TaxRate.country, TaxRate.code, TaxRate.name, TaxRate.since.desc()))
    return render_template(
        "money/issuers.html",
        issuers=rows.scalars(select(Issuer).order_by(Issuer.name)).all(),
        rates=[(rate, holds(rate, today)) for rate in rates],
        tax_codes=TAX_CODES,
        categories=CATEGORIES,
        typed=request.form if request.method == "POST" else {},
        today=today,
        one_day=DAY,
        may_change=guard.principal().may(Permission.RUN_BILLING),
        errors=errors,
    )
