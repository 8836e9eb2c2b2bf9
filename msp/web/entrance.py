"""Coming in and going out: sign-in, invitation, reset, sign-out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user

from msp import clock, guard
from msp.web.limits import limits
from msp.web.navigation import home
from tenants import actions, queries
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.passwords import SHORTEST, token_hash
from tenants.rules import GATE, Principal

pages = Blueprint("entrance", __name__)


@pages.get("/")
@guard.public
def front() -> ResponseReturnValue:
    """The first room of whoever is signed in."""
    return redirect(_own_home() or url_for(".sign_in"))


@pages.get("/sign-in")
@guard.public
def sign_in() -> ResponseReturnValue:
    return render_template("entrance/sign_in.html", next=_own_path(request.args.get("next")))


@pages.post("/sign-in")
@guard.public
@limits.limit("10 per minute; 60 per hour")
def check_sign_in() -> ResponseReturnValue:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    there = _own_path(request.form.get("next"))
    with acting_as(GATE), transaction() as rows:
        found = actions.sign_in(rows, email, password, clock.now())
        if found is None:
            words = _("This address and password do not belong together.")
            return render_template("entrance/sign_in.html", next=there, email=email, error=words), 422
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
    return render_template("entrance/reset.html")


@pages.post("/reset")
@guard.public
@limits.limit("5 per minute; 20 per hour")
def send_reset() -> ResponseReturnValue:
    """The answer is the same whether the address is known or not."""
    actions_mail = request.form.get("email", "")
    with acting_as(GATE), transaction() as rows:
        actions.ask_reset(rows, actions_mail, clock.now())
    return render_template("entrance/reset.html", asked=True)


@pages.get("/welcome/<token>")
@guard.public
def choose(token: str) -> ResponseReturnValue:
    return render_template("entrance/choose.html", token=token, shortest=SHORTEST)


@pages.post("/welcome/<token>")
@guard.public
@limits.limit("10 per minute")
def keep_choice(token: str) -> ResponseReturnValue:
    password = request.form.get("password", "")
    if len(password) < SHORTEST:
        words = _("A password has at least %(n)s characters.", n=SHORTEST)
        return render_template("entrance/choose.html", token=token, shortest=SHORTEST, error=words), 422
    with acting_as(GATE), transaction() as rows:
        login = actions.choose_password(rows, token, password, clock.now())
        if login is None:
            return render_template("entrance/choose.html", token=token, over=True), 422
        fresh = actions.open_session(rows, login.id, clock.now())
    _carry(fresh)
    return redirect(_own_home() or url_for(".sign_in"))


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


def _own_home() -> str | None:
    with acting_as(GATE):
        caller = guard.signed_in()
    who: Principal | None = caller.principal() if caller else None
    return home(who) if who else None


def _own_path(address: str | None) -> str | None:
    """A path of ours, checked as a browser reads it; anything else is dropped."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")) or "\\" in address:
        return None
    if any(ord(sign) < 33 for sign in address):
        return None
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else None
