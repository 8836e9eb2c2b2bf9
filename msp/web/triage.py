"""Mails of which no machine could say whose they are: an agent places them with a client, or lets them go."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from msp import clock, guard
from msp.errors import Refused, Stale
from msp.intake import actions as intake
from msp.intake import queries
from msp.intake.models import RawMail
from msp.keys import parse_key
from msp.reach import tenant_named
from msp.tickets import desk, lookup
from msp.tickets.schemas import DropSchema, PlaceSchema
from msp.web import forms
from msp.web.mending import mend
from tenants.actions import write_down
from tenants.db import db, transaction
from tenants.rules import DESK_KEY, Permission

pages = Blueprint("triage", __name__)
FIELDS = {"number": "ticket", "contact_id": "who"}


@pages.get("/triage")
@guard.requires(Permission.TRIAGE)
def show() -> str:
    """What waits, the longest wait first."""
    rows, who = db.session(), guard.principal()
    waiting = queries.triage(rows, _desk())
    hinted = {mail.id: sorted(queries.hinted_tenants(mail, who)) for mail in waiting}
    clients = desk.clients(rows, {one for ids in hinted.values() for one in ids})
    lines = [(mail, [clients[one] for one in hinted[mail.id] if one in clients]) for mail in waiting]
    return render_template("triage/show.html", waiting=lines)


@pages.get("/triage/<int:raw_id>")
@guard.requires(Permission.TRIAGE)
def mail(raw_id: int) -> str:
    """One mail, who it may be from, and the form that places it."""
    typed = {"caller": request.args.get("caller", "")}
    return _page(db.session(), _raw(db.session(), raw_id), typed, {})


@pages.post("/triage/<int:raw_id>/place")
@guard.requires(Permission.TRIAGE)
def place(raw_id: int) -> ResponseReturnValue:
    """Hand it to a client; there it joins a ticket or opens one, with the clock from when it arrived."""
    given, errors = forms.read(PlaceSchema())
    key = parse_key(given["ticket"]) if given.get("ticket") else None
    if key is not None and key[0] != given["client"]:
        errors = {"ticket": [_("This is a ticket of another client.")]}
    if not errors:
        tenant_id = tenant_named(given["client"])
        try:
            with transaction() as rows:
                intake.place(
                    rows,
                    _raw(rows, raw_id, lock=True),
                    guard.principal(),
                    tenant_id,
                    clock.now(),
                    contact_id=given["contact"],
                    name=given["new_contact"],
                    number=key[1] if key else None,
                )
            return redirect(url_for(".show", placed=given["client"]), 303)
        except Stale:
            raise
        except Refused as refused:
            errors = {FIELDS.get(name, name): said for name, said in mend(refused, "client").items()}
    return _mended(raw_id, errors)


@pages.post("/triage/<int:raw_id>/drop")
@guard.requires(Permission.TRIAGE)
def drop(raw_id: int) -> ResponseReturnValue:
    """It needs no ticket; why is written down, and the mail itself is kept."""
    given, errors = forms.read(DropSchema())
    if errors:
        return _mended(raw_id, errors)
    with transaction() as rows:
        raw = _raw(rows, raw_id, lock=True)
        intake.drop(raw)
        subject = f"raw_mail:{raw.id}"
        write_down(rows, raw.tenant_id, guard.principal(), "triage.dropped", clock.now(), subject, detail=given)
    return redirect(url_for(".show", dropped=1), 303)


def _mended(raw_id: int, errors: forms.Errors) -> ResponseReturnValue:
    """The form again, with what was typed and what does not fit."""
    rows = db.session()
    return make_response(_page(rows, _raw(rows, raw_id), request.form.to_dict(), errors), 422)


def _page(rows: Session, raw: RawMail, typed: dict[str, str], errors: forms.Errors) -> str:
    who = guard.principal()
    hinted = queries.hinted_tenants(raw, who)
    known = [one for one in desk.every_client(rows, who) if one.key != DESK_KEY]
    by_id = {one.id: one for one in known}
    found = list(lookup.people_of_address(rows, who.tenants, raw.sender)) if raw.sender else []
    if typed.get("caller"):
        found += lookup.people_named(rows, who.tenants, typed["caller"])
    return render_template(
        "triage/mail.html",
        raw=raw,
        hinted=[one for one in known if one.id in hinted],
        client_options=[(one.key, one.name) for one in sorted(known, key=lambda one: one.id not in hinted)],
        callers=[(person, by_id[person.tenant_id]) for person in found if person.tenant_id in by_id],
        typed=typed,
        errors=errors,
    )


def _raw(rows: Session, raw_id: int, lock: bool = False) -> RawMail:
    """A mail that waits, or 404; what a colleague has seen to is not there any more."""
    return queries.raw_mail(rows, _desk(), raw_id, lock) or abort(404)


def _desk() -> int:
    return tenant_named(DESK_KEY)
