"""A person's own settings: language, zone, colours, keys, sessions."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from msp import guard
from msp.web.addresses import own_path
from msp.web.language import LANGUAGES
from tenants import actions
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Tenant
from tenants.rules import GATE, Kind, Permission

pages = Blueprint("profile", __name__)
THEMES = ("auto", "light", "dark")


@pages.get("/profile")
@guard.requires(Permission.OWN_PROFILE)
def show() -> str:
    who = guard.principal()
    served = who.tenant if who.kind is Kind.CLIENT else None
    return render_template(
        "profile/show.html",
        client=db.session().get_one(Tenant, served) if served is not None else None,
        caller=guard.signed_in(),
        zones=sorted(available_timezones()),
        kept="kept" in request.args,
    )


@pages.post("/profile")
@guard.requires(Permission.OWN_PROFILE)
def keep() -> ResponseReturnValue:
    form = request.form
    with transaction() as rows, acting_as(GATE):
        actions.set_preferences(
            rows,
            _login_id(),
            language=form["language"] if form.get("language") in LANGUAGES else "ja",
            zone=form["zone"] if form.get("zone") in available_timezones() else "Asia/Tokyo",
            theme=form["theme"] if form.get("theme") in THEMES else "auto",
            single_keys="single_keys" in form,
        )
    return redirect(url_for(".show", kept=1))


@pages.post("/profile/theme")
@guard.public
def theme() -> ResponseReturnValue:
    """Light, dark or as the system; for those who are not signed in it lives in the cookie."""
    wish = request.form.get("theme", "auto")
    if wish in THEMES:
        session["theme"] = wish
        with acting_as(GATE):
            caller = guard.signed_in()
            if caller is not None:
                with transaction() as rows:
                    actions.set_preferences(rows, caller.login_id, theme=wish)
    return "", 204


@pages.post("/profile/language")
@guard.public
def language() -> ResponseReturnValue:
    wish = request.form.get("language", "ja")
    if wish in LANGUAGES:
        session["language"] = wish
    return redirect(own_path(request.form.get("next")) or url_for("entrance.sign_in"))


@pages.post("/profile/sign-out-everywhere")
@guard.requires(Permission.OWN_PROFILE)
def sign_out_everywhere() -> ResponseReturnValue:
    with transaction() as rows, acting_as(GATE):
        actions.sign_out_everywhere(rows, _login_id())
    logout_user()
    session.clear()
    return redirect(url_for("entrance.sign_in"))


def _login_id() -> int:
    caller = guard.signed_in()
    if caller is None:
        raise LookupError("Nobody is signed in.")
    return caller.login_id
