"""What an agent types, kept while he types it, and looked over for other clients' words when he pastes."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from msp import clock, guard
from msp.guard import TicketKey
from msp.reach import tenant_here
from msp.tickets import actions, queries
from msp.tickets.models import Ticket
from msp.tickets.others import client_names, words_of_others
from msp.tickets.schemas import DraftSchema
from msp.web import forms
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("drafts", __name__)


@pages.post("/tickets/<ticket:key>/draft")
@guard.requires(Permission.WORK_TICKETS)
def keep(key: TicketKey) -> ResponseReturnValue:
    """Keep the draft. A note kept as a reply has been turned by its author, so the note itself goes."""
    given, errors = forms.read(DraftSchema())
    who = guard.principal()
    with transaction() as rows:
        ticket = _ticket(key)
        if errors or who.login_id is None:
            return "", 422
        actions.keep_draft(rows, ticket, who.login_id, given["kind"], given["body"], clock.now())
        note = queries.drafts_of(rows, ticket.tenant_id, ticket.id, who.login_id).get("note")
        if given["kind"] == "reply" and note is not None and note.text.strip() == given["body"].strip():
            rows.delete(note)
    return "", 204


@pages.post("/tickets/<ticket:key>/check")
@guard.requires(Permission.WORK_TICKETS)
def check(key: TicketKey) -> ResponseReturnValue:
    """Other clients' words in what was just pasted, as a banner; nothing where there are none."""
    given, _errors = forms.read(DraftSchema())
    rows = db.session()
    ticket = _ticket(key)
    words = words_of_others(rows, ticket, client_names(rows, guard.principal()), given.get("body", ""))
    return render_template("tickets/_found_words.html", words=words) if words else ""


def _ticket(key: TicketKey) -> Ticket:
    return queries.ticket(db.session(), tenant_here(), key.number) or abort(404)
