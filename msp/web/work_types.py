"""The desk's kinds of work: what they are called, how they count, what is offered when their time is kept."""

from __future__ import annotations

import re

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from billing import actions as billing
from billing.models import WorkType
from billing.models.prices import MODES
from billing.queries.rates import work_types
from billing.schemas.time_form import WorkTypeFormSchema
from msp import guard
from msp.web import forms
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("work_types", __name__)
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


@pages.get("/settings/work-types")
@guard.requires(Permission.RUN_BILLING)
def index() -> str:
    return render_template("time/work_types.html", types=work_types(db.session()), told=request.args.get("told", ""))


@pages.get("/settings/work-types/new")
@guard.requires(Permission.RUN_BILLING)
def form() -> str:
    return _form(None, {})


@pages.post("/settings/work-types/new")
@guard.requires(Permission.RUN_BILLING)
def create() -> ResponseReturnValue:
    """A kind of the desk's own; its code stands on entries and rates for good."""
    given, errors = forms.read(WorkTypeFormSchema())
    code = request.form.get("code", "").strip()
    if not CODE.fullmatch(code):
        errors["code"] = [_("Use small letters, digits and underscores; a letter first.")]
    elif db.session().get(WorkType, code) is not None:
        errors["code"] = [_("There is such a code already.")]
    if errors:
        return make_response(_form(None, errors), 422)
    with transaction() as rows:
        billing.add_work_type(rows, code, given.pop("name_ja"), given.pop("name_en"), **given)
    return redirect(url_for(".index", told="added"), 303)


@pages.get("/settings/work-types/<code>")
@guard.requires(Permission.RUN_BILLING)
def edit(code: str) -> str:
    return _form(db.session().get(WorkType, code) or abort(404), {})


@pages.post("/settings/work-types/<code>")
@guard.requires(Permission.RUN_BILLING)
def keep(code: str) -> ResponseReturnValue:
    """Keep it; open drafts follow in the coming night."""
    found = db.session().get(WorkType, code) or abort(404)
    given, errors = forms.read(WorkTypeFormSchema())
    if errors:
        return make_response(_form(found, errors), 422)
    with transaction() as rows:
        billing.change_work_type(rows, code, given)
    return redirect(url_for(".index", told="kept"), 303)


def _form(found: WorkType | None, errors: forms.Errors) -> str:
    return render_template(
        "time/work_type.html",
        found=found,
        modes=MODES,
        typed=request.form if request.method == "POST" else None,
        errors=errors,
    )
