"""How well promises are watched: due, late, reached, noticed how late; and which clock processes live."""

from __future__ import annotations

from flask import Blueprint, render_template

from msp import clock, guard
from msp.reports.clocks import watch
from tenants.db import db
from tenants.rules import Permission

pages = Blueprint("clocks", __name__)


@pages.get("/clocks")
@guard.requires(Permission.SEE_WORK)
def index() -> str:
    """One look tells whether every promise is noticed when it should be."""
    now = clock.now()
    return render_template("clocks/index.html", watch=watch(db.session(), now), now=now)
