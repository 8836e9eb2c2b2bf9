"""Kenshu: a client's invoice line by line, each opening down to the work behind it, accepted or questioned there."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.actions.kenshu import Speaker
from billing.models import Document, DocumentLine
from billing.queries import documents
from billing.queries.credits import CREDITABLE
from billing.queries.kenshu import standings_of, words_of
from billing.queries.receivables import owed
from billing.schemas.after_forms import WordSchema
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.reports import month as behind
from msp.web import forms
from msp.web.calculation import calculation, entries_of, shown
from msp.web.format import DAY
from msp.web.language import reader
from msp.web.mending import mend
from msp.web.portal import frame, note_opening
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("portal_invoice", __name__)


@pages.get("/portal/<tenant:tenant>/invoices/<int:document_id>")
@guard.requires(Permission.OWN_INVOICES)
def show(tenant: str, document_id: int) -> str:
    """The lines of a document; with one named, how it came about and what was said of it."""
    found = _found(document_id)
    note_opening(found.tenant_id, found.id)
    return _page(tenant, found, {})


@pages.post("/portal/<tenant:tenant>/invoices/<int:document_id>/words")
@guard.requires(Permission.OWN_INVOICES)
def say(tenant: str, document_id: int) -> ResponseReturnValue:
    """Accept a line or all, question one, answer, or take the question back."""
    found, who = _found(document_id), guard.principal()
    given, errors = forms.read(WordSchema())
    if not errors:
        speaker = Speaker(who.contact_id or 0, who.name, by_desk=False)
        try:
            with transaction() as rows:
                if given["line"] == 0 and given["kind"] == "accept":
                    billing.accept_all_lines(rows, tenant_here(), document_id, speaker, clock.now())
                else:
                    billing.say(
                        rows,
                        tenant_here(),
                        document_id,
                        given["line"],
                        given["kind"],
                        given["text"],
                        speaker,
                        clock.now(),
                    )
            line = given["line"] or None
            return redirect(url_for(".show", tenant=tenant, document_id=document_id, line=line), 303)
        except Refused as refused:
            errors = mend(refused, "text")
    return _page(tenant, found, errors), 422


def lines_of(rows: Session, found: Document) -> list[dict[str, Any]]:
    """Each line with where it stands and its thread."""
    words = words_of(rows, found.tenant_id, found.id)
    now, here = standings_of(words), reader()
    return [
        {
            "place": line.place,
            "shown": shown(line, line.text, here),
            "standing": now.get(line.id, ""),
            "words": words.get(line.id, ()),
            "row": line,
        }
        for line in documents.lines_of(rows, found.tenant_id, found.id)
    ]


def _page(tenant: str, found: Document, errors: forms.Errors) -> str:
    rows, who, here = db.session(), guard.principal(), reader()
    lines = lines_of(rows, found)
    place = request.values.get("line", 0, int)
    opened = next((line for line in lines if line["place"] == place), None)
    row: DocumentLine | None = opened["row"] if opened else None
    return render_template(
        "portal/invoice.html",
        **frame(rows, who),
        tenant=tenant,
        document=found,
        lines=lines,
        opened=opened,
        calculation=calculation(row, row.text, behind.worked(rows, found.tenant_id, entries_of([row])), here)
        if row is not None
        else None,
        owed=next((one for one in owed(rows, found.tenant_id, also=[found.id]) if one.document_id == found.id), None),
        today=here.now.astimezone(here.zone).date(),
        kept=documents.rendering(rows, found.tenant_id, found.id),
        may_say=found.kind in CREDITABLE,
        fresh=sum(not line["standing"] for line in lines),
        typed=request.form if request.method == "POST" else {},
        errors=errors,
        labels={"text": _("Message")},
        one_day=DAY,
    )


def _found(document_id: int) -> Document:
    return documents.document(db.session(), tenant_here(), document_id) or abort(404)
