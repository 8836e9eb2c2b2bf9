"""The desk's answers to what clients question on their invoices, and what is still in question anywhere."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.actions.kenshu import Speaker
from billing.models import Document, DocumentLine, LineWord
from billing.queries import documents
from billing.queries.kenshu import standings_of, words_of
from billing.schemas.after_forms import WordSchema
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.web import forms
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("questions", __name__)


@pages.post("/month/<tenant:tenant>/invoices/<int:document_id>/words")
@guard.requires(Permission.RUN_BILLING)
def say(tenant: str, document_id: int) -> ResponseReturnValue:
    """Answer a line's question, or settle it."""
    found = documents.document(db.session(), tenant_here(), document_id) or abort(404)
    given, errors = forms.read(WordSchema())
    if errors:
        raise Refused("Write what you want to say.", errors)
    who = guard.principal()
    speaker = Speaker(who.login_id or 0, who.name, by_desk=True)
    with transaction() as rows:
        word = billing.say(
            rows, tenant_here(), document_id, given["line"], given["kind"], given["text"], speaker, clock.now()
        )
        key = rows.get_one(DocumentLine, (found.tenant_id, word.line_id)).key
    return redirect(url_for("invoices.issued", tenant=tenant, document_id=document_id, line=key), 303)


def thread_on(rows: Session, found: Document, line: DocumentLine | None) -> dict[str, Any]:
    """What the invoice's page says of its questions: the open line's thread, and which lines are in question."""
    words: dict[int, list[LineWord]] = words_of(rows, found.tenant_id, found.id)
    now = standings_of(words)
    lines = {each.id: each for each in documents.lines_of(rows, found.tenant_id, found.id)} if words else {}
    return {
        "in_question": [lines[line_id] for line_id, state in now.items() if state == "questioned"],
        "accepted": sum(state == "accepted" for state in now.values()),
        "thread": words.get(line.id, []) if line is not None else [],
        "thread_standing": now.get(line.id, "") if line is not None else "",
        "thread_place": line.place if line is not None else 0,
    }
