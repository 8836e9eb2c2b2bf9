"""Replies and notes leaving the composer, and taking a reply back before it left."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from msp import clock, guard
from msp.errors import Refused
from msp.guard import TicketKey
from msp.reach import tenant_here
from msp.settings import Settings
from msp.tickets import actions, desk, shelves
from msp.tickets.actions.answer import answer, take_answer_back
from msp.tickets.composed import Composed, composed
from msp.tickets.models import Message, Ticket
from msp.tickets.queries import ticket as ticket_of
from msp.tickets.rules import Status
from msp.tickets.schemas import AnswerSchema
from msp.web import forms, ticket_page
from msp.web.mending import mend
from msp.web.scrutiny import Scrutiny, scrutinise
from msp.web.tickets import address_of, chosen_shelf
from msp.web.time_typed import log_typed
from msp.web.uploads import received
from tenants.db import db, transaction
from tenants.rules import Permission, Principal

pages = Blueprint("answers", __name__)
_ANSWER = AnswerSchema()


@pages.post("/tickets/<ticket:key>/answer")
@guard.requires(Permission.WORK_TICKETS)
def send(key: TicketKey) -> ResponseReturnValue:
    """A reply to the client or a note for the desk; what must be looked at first comes back with the text kept."""
    given, errors = forms.read(_ANSWER)
    who, now = guard.principal(), clock.now()
    message: Message | None = None
    place: shelves.After | None = None
    try:
        with transaction() as rows:
            here = composed(rows, who, tenant_here(), key.number) or abort(404)
            ticket, found = here.ticket, _look_over(rows, here, who, given, errors)
            if found.then == "solve":
                place = shelves.after_row(chosen_shelf().view, ticket)
            if not found.holds:
                message = _give(rows, here, who, given, found, now)
            else:
                _keep_draft(rows, ticket, who, now)
    except Refused as refused:
        found = Scrutiny(errors=mend(refused, "body"), status=refused.status)
        with transaction() as rows:
            ticket = held(rows, key)
            _keep_draft(rows, ticket, who, now)
    if found.holds:
        return _held_back(ticket, who, found, now)
    return _sent(ticket, who, message, place, now)


@pages.post("/tickets/<ticket:key>/messages/<int:message_id>/undo")
@guard.requires(Permission.WORK_TICKETS)
def undo(key: TicketKey, message_id: int) -> ResponseReturnValue:
    """Take a reply back that has not left; its text is the draft again."""
    who, now = guard.principal(), clock.now()
    with transaction() as rows:
        ticket = held(rows, key)
        message = desk.message(rows, ticket, message_id) or abort(404)
        take_answer_back(rows, ticket, message, actions.actor_of(who), now)
    return shown(ticket, who, now, _("Taken back. Nothing left."))


def held(rows: Session, key: TicketKey) -> Ticket:
    """The ticket of the address, held until the commit; 404 where there is none."""
    return desk.held_ticket(rows, tenant_here(), key.number) or abort(404)


def shown(ticket: Ticket, who: Principal, now: datetime, toast: str, **more: Any) -> ResponseReturnValue:
    """The whole ticket anew: for htmx in its place with a word of what happened, else by its own address."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for("tickets.show", key=ticket.key), 303)
    facts = ticket_page.facts(db.session(), who, ticket, now)
    response = make_response(render_template("tickets/_detail.html", **facts, toast_text=toast, **more))
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#detail", "innerHTML"
    response.headers["HX-Trigger"] = "queue-changed"
    return response


def _look_over(rows: Session, here: Composed, who: Principal, given: dict[str, Any], errors: forms.Errors) -> Scrutiny:
    if errors:
        return Scrutiny(errors=errors, status=422)
    files = [file.filename or "" for file in request.files.getlist("files")]
    return scrutinise(rows, who, here, given, files)


def _give(
    rows: Session, here: Composed, who: Principal, given: dict[str, Any], found: Scrutiny, now: datetime
) -> Message | None:
    """Write it with its time: a note stays here, a reply leaves when the time to undo is over."""
    ticket = here.ticket
    actor, files = actions.actor_of(who), received(ticket.tenant_id)
    log_typed(rows, ticket, who, given, now, found.occasion)
    if given["kind"] == "note":
        actions.note(rows, ticket, actor, given["body"], now, files)
        return None
    chosen = Status.RESOLVED if given["then"] == "solve" else given["after"]
    said = actions.Answer(
        given["body"],
        ticket.last_message_id,
        Status(chosen) if chosen else None,
        given["resolution"],
        found.followers,
        files,
        actions.Known(here.message_id, "reply" in here.drafts, here.story),
    )
    return answer(rows, ticket, actor, said, now, timedelta(seconds=_settings().undo_seconds))


def _sent(
    ticket: Ticket, who: Principal, message: Message | None, place: shelves.After | None, now: datetime
) -> ResponseReturnValue:
    """Say so, with the way back; who sends and solves goes on to the next ticket of the view."""
    if not request.headers.get("HX-Request"):
        return shown(ticket, who, now, "")
    rows = db.session()
    if message is None:
        return shown(ticket, who, now, _("Note kept."))
    client = desk.clients(rows, [ticket.tenant_id])[ticket.tenant_id]
    words = _("%(key)s: sent to %(client)s", key=ticket.key, client=client.name)
    undo_url = url_for(".undo", key=ticket.key, message_id=message.id) if _settings().undo_seconds else None
    following = _next(rows, who, place, now) if place else None
    if following is None:
        return shown(ticket, who, now, words, undo_url=undo_url)
    response = make_response(shown(following, who, now, words, undo_url=undo_url))
    address = f"{url_for('tickets.queue')}?{address_of(chosen_shelf(), ticket=following.key)}"
    response.headers["HX-Push-Url"] = address
    return response


def _next(rows: Session, who: Principal, place: shelves.After, now: datetime) -> Ticket | None:
    """The ticket behind this one in the view it was opened from, else the first of the view."""
    shelf = chosen_shelf()
    for after in (place, None):
        found = shelves.rows(rows, who, shelves.Shelf(shelf.view, shelf.tenant_id, after), now, 1)
        if found:
            return ticket_of(rows, found[0].tenant_id, int(found[0].key.rpartition("-")[2]))
    return None


def _held_back(ticket: Ticket, who: Principal, found: Scrutiny, now: datetime) -> ResponseReturnValue:
    """Why it did not leave, with all that was typed: the composer as a whole for htmx, else the page."""
    facts = ticket_page.facts(db.session(), who, ticket, now, request.form.to_dict())
    if not request.headers.get("HX-Request"):
        return render_template("tickets/show.html", **facts, warning=found), found.status
    response = make_response(render_template("tickets/_composer.html", **facts, warning=found), found.status)
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#composer-slot", "innerHTML"
    return response


def _keep_draft(rows: Session, ticket: Ticket, who: Principal, now: datetime) -> None:
    kind, text = request.form.get("kind", ""), request.form.get("body", "")
    if kind in ("reply", "note") and who.login_id is not None and text.strip():
        actions.keep_draft(rows, ticket, who.login_id, kind, text, now)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
