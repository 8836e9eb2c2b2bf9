"""How a contract's version, or a client, counts time: rounding by mode, what costs more by the clock, the way there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import actions as billing
from billing.models import ContractTime
from billing.models.prices import MODES
from billing.queries.facts import subject_of
from billing.schemas.counting_form import DEARER, SCOPES, CountingFormSchema, counting_form, counting_terms
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.web import client_money, forms
from msp.web.language import reader
from msp.web.mending import mend
from sla import queries as agreements
from sla.models import ContractVersion
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("counting_terms", __name__)


@pages.get("/clients/<tenant:tenant>/items/<int:version_id>/time")
@guard.requires(Permission.SEE_BILLING)
def show(tenant: str, version_id: int) -> str:
    """How time is counted under a version; a form as long as it has not begun."""
    version = _version(version_id)
    return _page(tenant, version, counting_form(_terms(version_id)), {})


@pages.post("/clients/<tenant:tenant>/items/<int:version_id>/time")
@guard.requires(Permission.RUN_BILLING)
def keep(tenant: str, version_id: int) -> ResponseReturnValue:
    """From the version's first day on time is counted so; only before it begins."""
    version = _version(version_id)
    given, errors = forms.read(CountingFormSchema())
    if not errors:
        try:
            terms = counting_terms(given, _terms(version_id))
            with transaction() as rows:
                billing.put_counting(rows, tenant_here(), version_id, terms, clock.now())
            return redirect(url_for("items.index", tenant=tenant, kept=1, _anchor=f"version-{version_id}"), 303)
        except Refused as refused:
            errors = mend(refused, "scope")
    return _page(tenant, version, request.form.to_dict(), errors), 422


@pages.get("/clients/<tenant:tenant>/billing/time")
@guard.requires(Permission.SEE_BILLING)
def of_client(tenant: str) -> str:
    """How time is counted where no contract says otherwise."""
    return _page(tenant, None, counting_form(_of_account()), {})


@pages.post("/clients/<tenant:tenant>/billing/time")
@guard.requires(Permission.RUN_BILLING)
def keep_of_client(tenant: str) -> ResponseReturnValue:
    """From now on time is counted so; versions that began go on as they were."""
    given, errors = forms.read(CountingFormSchema())
    if not errors:
        try:
            with transaction() as rows:
                billing.count_time_of_client(rows, tenant_here(), counting_terms(given, _of_account()), clock.now())
            return redirect(url_for("items.index", tenant=tenant, kept=1), 303)
        except Refused as refused:
            errors = mend(refused, "scope")
    return _page(tenant, None, request.form.to_dict(), errors), 422


def _terms(version_id: int) -> dict[str, Any]:
    """The version's own way, else that of the client's account."""
    own = db.session().get(ContractTime, (tenant_here(), version_id))
    return dict(own.terms) if own is not None else _of_account()


def _of_account() -> dict[str, Any]:
    subject = subject_of(db.session(), tenant_here())
    return dict(subject.account.time) if subject else {}


def _version(version_id: int) -> ContractVersion:
    return agreements.version_of(db.session(), tenant_here(), version_id) or abort(404)


def _page(tenant: str, version: ContractVersion | None, typed: dict[str, Any], errors: forms.Errors) -> str:
    room = client_money.frame(db.session(), tenant, "items.index")
    return render_template(
        "money/counting.html",
        **room,
        version=version,
        begun=version is not None and version.since <= reader().now,
        typed=typed,
        modes=MODES,
        bands=DEARER,
        scopes=SCOPES,
        decimal=Decimal,
        currency=client_money.currency_of(room["subject"]),
        errors=errors,
    )
