"""Reminders: whom one could remind of what today, sending the chosen ones, the levels and their texts."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from billing import actions as billing
from billing.models import BillingAccount
from billing.queries.dunning import LEVELS, due_reminders, levels
from billing.queries.kenshu import questioned
from billing.schemas.after_forms import LevelsSchema
from msp import clock, guard, reach
from msp.errors import Refused
from msp.tickets import desk
from msp.web import forms
from msp.web.language import reader
from tenants.db import db, transaction
from tenants.isolation import acting_as, among
from tenants.rules import Permission

pages = Blueprint("dunning", __name__)
CHOSEN = re.compile(r"([A-Z0-9]{2,10}):([0-9]{1,18})")


@pages.get("/dunning")
@guard.requires(Permission.SEE_BILLING)
def index() -> str:
    """The list of proposals: nothing leaves by itself."""
    rows = db.session()
    found = due_reminders(rows, _today())
    asked = questioned(rows)
    ids = sorted({one.tenant_id for one in found} | {tenant for tenant, _ in asked})
    return render_template(
        "after/dunning.html",
        found=found,
        in_question=sorted((tenant, document, len(lines)) for (tenant, document), lines in asked.items()),
        clients=desk.clients(rows, ids) if ids else {},
        addresses={
            one.tenant_id: one.emails
            for one in rows.scalars(select(BillingAccount).where(among(BillingAccount.tenant_id, ids)))
        },
        may_run=guard.principal().may(Permission.RUN_BILLING),
    )


@pages.post("/dunning")
@guard.requires(Permission.RUN_BILLING)
def send() -> ResponseReturnValue:
    """One mail for each client among the chosen documents, each in a transaction of its own."""
    chosen: dict[str, set[int]] = {}
    for line in request.form.getlist("document"):
        if named := CHOSEN.fullmatch(line):
            chosen.setdefault(named[1], set()).add(int(named[2]))
    if not chosen:
        raise Refused("Nothing was chosen.")
    done = 0
    for key, ids in sorted(chosen.items()):
        tenant_id = reach.tenant_named(key)
        g.written = False
        try:
            with acting_as(reach.writer_in(tenant_id)), transaction() as rows:
                billing.remind(rows, tenant_id, ids, _today(), guard.principal().login_id, clock.now())
            done += 1
        except Refused:
            continue
    return redirect(url_for(".index", done=done, left=len(chosen) - done), 303)


@pages.get("/dunning/levels")
@guard.requires(Permission.RUN_BILLING)
def texts() -> str:
    return _form({})


@pages.post("/dunning/levels")
@guard.requires(Permission.RUN_BILLING)
def keep() -> ResponseReturnValue:
    """The days and texts of each level."""
    given, errors = forms.read(LevelsSchema())
    if errors:
        return _form(errors), 422
    own = [
        {name.partition("_")[2]: value for name, value in given.items() if name.startswith(f"{place}_")}
        for place in range(1, len(LEVELS) + 1)
    ]
    with transaction() as rows:
        billing.set_levels(rows, own)
    return redirect(url_for(".texts", kept=1), 303)


def _form(errors: forms.Errors) -> str:
    steps = levels(db.session())
    typed: dict[str, Any] = {
        f"{place}_{name}": value for place, step in enumerate(steps, 1) for name, value in step.items()
    }
    if request.method == "POST":
        typed = request.form.to_dict()
    return render_template("after/dunning_levels.html", typed=typed, count=len(LEVELS), errors=errors)


def _today() -> date:
    here = reader()
    return here.now.astimezone(here.zone).date()
