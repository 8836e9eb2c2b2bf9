"""What the desk's people are told about tickets: the bell in the bar, and the page behind it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from msp import clock, guard
from msp.outbox import actions, queries
from msp.outbox.schemas import SeenSchema
from msp.tickets import desk
from msp.web import forms
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("notices", __name__)
PAGE = 50
MOST_COUNTED = 99
LAST = 2**63 - 1


@pages.get("/notices")
@guard.requires(Permission.SEE_TICKETS)
def index() -> str:
    """What happened, newest first; opening a ticket makes its notices old news."""
    rows, who = db.session(), guard.principal()
    before = min(request.args.get("before", 0, int), LAST) or None
    found = queries.notices_of(rows, who.login_id or 0, who.tenants, PAGE + 1, before)
    more, found = len(found) > PAGE, found[:PAGE]
    template = "notices/_list.html" if request.headers.get("HX-Target") == "notices" else "notices/index.html"
    return render_template(
        template,
        notices=found,
        clients=desk.clients(rows, {one.about_tenant for one in found}) if found else {},
        newest=max((one.id for one in found), default=0),
        unseen=queries.unseen_notices(rows, who.login_id or 0, who.tenants, MOST_COUNTED + 1),
        here=url_for(".index", before=before),
        older_url=url_for(".index", before=found[-1].id) if more else None,
        first_url=url_for(".index") if before else None,
    )


@pages.get("/notices/bell")
@guard.requires(Permission.SEE_TICKETS)
def bell() -> ResponseReturnValue:
    """The bell with how many are new, which every page asks for once it is there; opened by itself, the list."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".index"))
    who = guard.principal()
    unseen = queries.unseen_notices(db.session(), who.login_id or 0, who.tenants, MOST_COUNTED + 1)
    return render_template("notices/_bell.html", unseen=unseen)


@pages.post("/notices/seen")
@guard.requires(Permission.SEE_TICKETS)
def see() -> ResponseReturnValue:
    """All that the page showed is seen; what came since is not."""
    given, errors = forms.read(SeenSchema())
    who = guard.principal()
    with transaction() as rows:
        if not errors:
            actions.saw_notices(rows, who.login_id or 0, who.tenants, given["until"], clock.now())
    return redirect(url_for(".index"), 303)
