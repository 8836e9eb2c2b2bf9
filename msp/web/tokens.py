"""A person's tokens: the ways in of his programs. A new one's secret is shown once and never again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import fields

from msp import bearer, clock, guard, reach
from msp.errors import Refused
from msp.web import forms
from msp.web.mending import mend
from tenants import queries
from tenants.actions.tokens import make_token, revoke_token
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Tenant
from tenants.rules import GATE, Kind, Permission, Principal, Role
from tenants.schemas import FormSchema, choice, words
from tenants.tokens import SCOPES, tokens_of

pages = Blueprint("tokens", __name__)
DAYS = ("30", "90", "365")


class TokenSchema(FormSchema):
    """What a token is called, for which client it works and for how long. No client: all of the person's."""

    label = words(80, needed=True)
    client = fields.String(load_default="")
    days = choice(DAYS, "90")


@pages.get("/profile/tokens")
@guard.requires(Permission.OWN_TOKENS)
def index() -> str:
    """Every token this person ever made, and the form for a new one."""
    return _page({})


@pages.post("/profile/tokens")
@guard.requires(Permission.OWN_TOKENS)
def make() -> ResponseReturnValue:
    """A new token; the page that answers is the only one that shows it."""
    who, now = guard.principal(), clock.now()
    given, errors = forms.read(TokenSchema())
    scopes = [name for name in request.form.getlist("scopes") if name in offered(who)]
    if not errors:
        try:
            bound_to, lasts = _bound_to(who, given["client"]), timedelta(days=int(given["days"]))
            with transaction() as rows, acting_as(GATE):
                _made, secret = make_token(rows, _login_id(), given["label"], scopes, bound_to, lasts, now)
            return _page({}, secret=secret)
        except Refused as refused:
            errors = mend(refused, "label")
    return _page(errors, typed=request.form), 422


@pages.post("/profile/tokens/revoke")
@guard.requires(Permission.OWN_TOKENS)
def revoke() -> ResponseReturnValue:
    """It ends with its next request. Another's token is as absent as one that never was."""
    with transaction() as rows, acting_as(GATE):
        revoke_token(rows, _login_id(), request.form.get("token", "").replace("\0", ""), clock.now())
    return redirect(url_for(".index", said="revoked"), 303)


def offered(who: Principal) -> list[str]:
    """The scopes that open at least one route to this person."""
    opening = {
        bearer.scope_of(view)
        for view in current_app.view_functions.values()
        if any(who.may(permission) for permission in guard.permissions_of(view) or ())
    }
    return [name for name in SCOPES if name in opening]


def _page(errors: forms.Errors, typed: Mapping[str, Any] | None = None, secret: str = "") -> str:
    rows, who = db.session(), guard.principal()
    with acting_as(GATE):
        tokens = tokens_of(rows, _login_id())
    clients = _clients(who)
    return render_template(
        "profile/tokens.html",
        client=rows.get_one(Tenant, who.tenant) if who.kind is Kind.CLIENT else None,
        tokens=tokens,
        now=clock.now(),
        secret=secret,
        clients=clients,
        names=_keys(),
        staff=who.kind is Kind.STAFF,
        scopes=[(name, _words()[name]) for name in offered(who)],
        days=DAYS,
        typed=typed or {},
        chosen=request.form.getlist("scopes") if typed else [],
        errors=errors,
        said=request.args.get("said", ""),
    )


def _bound_to(who: Principal, key: str) -> int | None:
    """The client a token works for. The desk's people may leave it open; a client's person may not."""
    if who.kind is Kind.STAFF:
        return reach.tenant_named(key) if key else None
    if not key:
        return who.tenant
    if key not in dict(_clients(who)):
        abort(404)
    return next(tenant_id for tenant_id, each in _keys().items() if each == key)


def _clients(who: Principal) -> list[tuple[str, str]]:
    """(key, name) of the clients a token may be bound to: all he sees, or those whose administrator he is."""
    if who.kind is Kind.STAFF:
        return [(each.key, each.name) for each in queries.tenants_of(db.session(), who)]
    caller, keys = guard.signed_in(), _keys()
    if caller is None:
        return []
    return [
        (keys[tenant_id], keys[tenant_id])
        for tenant_id, denied, role, _contact in caller.access
        if role == Role.CLIENT_ADMIN and not denied
    ]


def _keys() -> dict[int, str]:
    """The clients' keys by id, as far as this person may know of them."""
    caller = guard.signed_in()
    return {tenant_id: key for key, tenant_id in caller.tenant_ids} if caller else {}


def _login_id() -> int:
    login_id = guard.principal().login_id
    if login_id is None:
        raise LookupError("Nobody is signed in.")
    return login_id


def _words() -> dict[str, str]:
    """What a scope lets a program do."""
    return {
        "tickets:read": _("Read tickets"),
        "tickets:write": _("Open tickets, answer and change them"),
        "clients:read": _("Read clients and their people"),
        "time:read": _("Read worked time"),
        "time:write": _("Log worked time"),
        "documents:read": _("Read invoices and download them"),
        "sla:read": _("Read contracts, clocks and months, evaluate promises"),
        "sla:write": _("Contest promises and explain them"),
    }
