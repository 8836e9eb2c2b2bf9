"""When the months of promises close, for all clients: a setting of the desk, in its owner's hands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from msp import guard
from msp.web import forms
from sla.actions.months import set_pace
from sla.queries.months import pace_of
from sla.rules.disputes import Pace
from sla.schemas.disputes import PaceSchema
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("month_pace", __name__)


@pages.get("/promises/months")
@guard.requires(Permission.RUN_CONTRACTS)
def show() -> str:
    return _form(asdict(pace_of(db.session())), {})


@pages.post("/promises/months")
@guard.requires(Permission.RUN_CONTRACTS)
def keep() -> ResponseReturnValue:
    """From now on; a closed month stays closed, a contest keeps its deadline."""
    given, errors = forms.read(PaceSchema())
    if errors:
        return _form(request.form, errors), 422
    with transaction() as rows:
        set_pace(rows, Pace(**given))
    return redirect(url_for(".show", kept=1), 303)


def _form(typed: Mapping[str, object], errors: forms.Errors) -> str:
    labels = {"close_after": _("A month closes"), "answer_within": _("A contest is answered within")}
    return render_template("sla/pace.html", typed=typed, errors=errors, labels=labels)
