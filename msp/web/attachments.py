"""Files of tickets, and mails as they were formatted: each asked for anew, each in a cage of its own."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, Response, abort, make_response, render_template, send_file

from msp import guard
from msp.files import files
from msp.guard import TicketKey
from msp.intake.rules import markup
from msp.reach import tenant_here
from msp.tickets import desk, queries
from msp.tickets.models import Attachment, NoteAttachment, Ticket
from tenants.db import db
from tenants.rules import Permission

pages = Blueprint("attachments", __name__)
FILE_CSP = "default-src 'none'; sandbox"
MAIL_CSP = "default-src 'none'; img-src data:; style-src 'self'; frame-ancestors 'self'; sandbox allow-popups"


@pages.get("/tickets/<ticket:key>/files/<int:file_id>")
@guard.requires(Permission.SEE_TICKETS)
def of_message(key: TicketKey, file_id: int) -> Response:
    return download(desk.attachment(db.session(), _ticket(key), file_id))


@pages.get("/tickets/<ticket:key>/note-files/<int:file_id>")
@guard.requires(Permission.SEE_TICKETS)
def of_note(key: TicketKey, file_id: int) -> Response:
    return download(desk.note_attachment(db.session(), _ticket(key), file_id))


@pages.get("/tickets/<ticket:key>/messages/<int:message_id>/formatted")
@guard.requires(Permission.SEE_TICKETS)
def formatted(key: TicketKey, message_id: int) -> Response:
    """A mail's HTML, cleaned again, for a sandboxed frame; pictures from elsewhere are never fetched."""
    message = desk.message(db.session(), _ticket(key), message_id)
    if message is None or not message.html:
        abort(404)
    page = render_template("tickets/mail.html", html=markup.clean(message.html, {}), language=message.language)
    response = make_response(page)
    response.headers["Content-Security-Policy"] = MAIL_CSP
    return response


def download(file: Attachment | NoteAttachment | None) -> Response:
    """The bytes, always to be saved and never to be shown. 404 where there is no such file, or its bytes are gone."""
    if file is None:
        abort(404)
    try:
        content = files().read(file.place)
    except FileNotFoundError:
        abort(404)
    response = send_file(
        BytesIO(content), mimetype="application/octet-stream", as_attachment=True, download_name=file.name, etag=False
    )
    response.headers["Content-Security-Policy"] = FILE_CSP
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _ticket(key: TicketKey) -> Ticket:
    return queries.ticket(db.session(), tenant_here(), key.number) or abort(404)
