"""Milestones of a client's fixed prices: what was reached, what is invoiced, what comes."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import actions as billing
from billing.documents.units import units_text
from billing.queries.milestones import projects_of
from billing.schemas.money_forms import ReachFormSchema
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.web import client_money, forms
from msp.web.language import reader
from msp.web.mending import mend
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("milestones", __name__)


@pages.get("/clients/<tenant:tenant>/milestones")
@guard.requires(Permission.SEE_BILLING)
def show(tenant: str) -> str:
    return _page(tenant, {})


@pages.post("/clients/<tenant:tenant>/milestones")
@guard.requires(Permission.RUN_BILLING)
def keep(tenant: str) -> ResponseReturnValue:
    """A milestone was reached on a day; without a day it was not after all."""
    given, errors = forms.read(ReachFormSchema())
    if not errors:
        try:
            with transaction() as rows:
                if given["reached_on"] is None:
                    billing.miss_milestone(rows, tenant_here(), given["item"], given["step"], clock.now())
                else:
                    billing.reach_milestone(
                        rows, tenant_here(), given["item"], given["step"], given["reached_on"],
                        guard.principal().login_id, clock.now(),
                    )  # fmt: skip
            return redirect(url_for(".show", tenant=tenant, kept=1), 303)
        except Refused as refused:
            errors = mend(refused, "reached_on")
    return _page(tenant, errors), 422


def _page(tenant: str, errors: forms.Errors) -> str:
    rows, now = db.session(), reader()
    room = client_money.frame(rows, tenant, "milestones.show")
    currency = client_money.currency_of(room["subject"])
    projects = [
        {
            "item": project.item,
            "name": project.name,
            "price": project.price,
            "steps": [(step, units_text(step.share, "money", currency, now.language)) for step in project.steps],
        }
        for project in projects_of(rows, tenant_here())
    ]
    return render_template(
        "money/milestones.html",
        **room,
        projects=projects,
        currency=currency,
        today=now.now.astimezone(now.zone).date(),
        typed=request.form if request.method == "POST" else {},
        errors=errors,
    )
