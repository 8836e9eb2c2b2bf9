"""The living style guide: every component as it is, in the reader's theme."""

from __future__ import annotations

from flask import Blueprint, render_template

from msp import guard
from msp.web.language import reader
from msp.web.samples import samples
from tenants.rules import Permission

pages = Blueprint("style_guide", __name__)


@pages.get("/style-guide")
@guard.requires(Permission.OWN_PROFILE)
def show() -> str:
    return render_template("style_guide.html", **samples(reader()))
