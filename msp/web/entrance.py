"""Coming in and going out: sign-in, invitation, reset, sign-out."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from sqlalchemy import select

from msp import clock, guard
from msp.serve import example
from msp.web.addresses import own_path
from msp.web.limits import limits
from msp.web.navigation import home
from tenants import actions, queries
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Tenant
from tenants.passwords import SHORTEST, token_hash
from tenants.rules import GATE, Principal, job

pages = Blueprint("entrance", __name__)


@pages.get("/")
@guard.public
def front() -> ResponseReturnValue:
    """The first room of whoever is signed in."""
    return redirect(_own_home() or url_for(".sign_in"))


@pages.get("/sign-in")
@guard.public
def sign_in() -> ResponseReturnValue:
    """The way in; whoever is in already goes on to where he wanted."""
    there = own_path(request.args.get("next"))
    inside = _own_home()
    return redirect(there or inside) if inside else _sign_in_page(there)


@pages.post("/sign-in")
@guard.public
@limits.limit("10 per minute; 60 per hour")
def check_sign_in() -> ResponseReturnValue:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    there = own_path(request.form.get("next"))
    missing = _missing(email=email, password=password)
    if missing:
        return _sign_in_page(there, email, missing), 422
    with acting_as(GATE), transaction() as rows:
        found = actions.sign_in(rows, email, password, clock.now())
    if found is None:
        wrong = {"email": _("This address and password do not belong together.")}
        return _sign_in_page(there, email, wrong), 422
    _carry(found[1])
    return redirect(there or _own_home() or url_for(".sign_in"))


@pages.post("/sign-out")
@guard.public
def sign_out() -> ResponseReturnValue:
    if current_user.is_authenticated:
        with acting_as(GATE), transaction() as rows:
            actions.sign_out(rows, current_user.token)
        logout_user()
        session.clear()
    return redirect(url_for(".sign_in"))


@pages.get("/reset")
@guard.public
def ask_reset() -> ResponseReturnValue:
    return render_template("entrance/reset.html", email=request.args.get("email", ""), errors={})


@pages.post("/reset")
@guard.public
@limits.limit("5 per minute; 20 per hour")
def send_reset() -> ResponseReturnValue:
    """The answer is the same whether the address is known or not."""
    email = request.form.get("email", "").strip()
    if missing := _missing(email=email):
        return render_template("entrance/reset.html", email=email, errors=missing), 422
    with acting_as(GATE), transaction() as rows:
        actions.ask_reset(rows, email, clock.now())
    return render_template("entrance/reset.html", asked=email)


@pages.get("/welcome/<token>")
@guard.public
def choose(token: str) -> ResponseReturnValue:
    return render_template("entrance/choose.html", token=token, shortest=SHORTEST, errors={})


@pages.post("/welcome/<token>")
@guard.public
@limits.limit("10 per minute")
def keep_choice(token: str) -> ResponseReturnValue:
    password = request.form.get("password", "")
    if len(password) < SHORTEST:
        short = {"password": _("A password has at least %(n)s characters.", n=SHORTEST)}
        return render_template("entrance/choose.html", token=token, shortest=SHORTEST, errors=short), 422
    with acting_as(GATE), transaction() as rows:
        login = actions.choose_password(rows, token, password, clock.now())
        fresh = actions.open_session(rows, login.id, clock.now()) if login else None
    if fresh is None:
        return render_template("entrance/choose.html", over=True), 422
    _carry(fresh)
    return redirect(_own_home() or url_for(".sign_in"))


def _sign_in_page(there: str | None, email: str = "", errors: dict[str, str] | None = None) -> str:
    """The form; a desk to try out says who may come in."""
    session["desk"] = _desk_name()
    shown = example.sign_ins(current_app.extensions["settings"])
    return render_template("entrance/sign_in.html", next=there, email=email, errors=errors or {}, sign_ins=shown)


def _missing(**given: str) -> dict[str, str]:
    """The sentence for each field that was left empty."""
    sentences = {"email": _("Enter your e-mail address."), "password": _("Enter your password.")}
    return {name: sentences[name] for name, text in given.items() if not text.strip()}


def _carry(token: str) -> None:
    """The browser carries the token from here on; nothing of an earlier session stays."""
    kept = {name: session[name] for name in ("language", "theme") if name in session}
    session.clear()
    session.update(kept)
    with acting_as(GATE):
        caller = queries.caller(db.session(), token_hash(token), clock.now())
    if caller is None:
        raise LookupError("A session that was just opened is not there.")
    login_user(guard.SignedInUser(token, caller))
    who = caller.principal()
    if who is not None:
        with acting_as(who):
            session["name"] = queries.name_of(db.session(), who)
    session["desk"] = _desk_name()


def _desk_name() -> str:
    """For the frames of everybody: a client's people see no row of the desk, so they carry its name themselves."""
    rows = db.session()
    with acting_as(GATE):
        desk_id = actions.tenant_of_desk(rows)
    if desk_id is None:
        return ""
    with acting_as(job(desk_id)):
        return rows.scalar(select(Tenant.name).where(Tenant.tenant_id == desk_id)) or ""


def _own_home() -> str | None:
    with acting_as(GATE):
        caller = guard.signed_in()
    who: Principal | None = caller.principal() if caller else None
    return home(who) if who else None
