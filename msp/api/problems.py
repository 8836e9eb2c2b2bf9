"""The one place that turns a refusal or a fault into application/problem+json (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from flask import Response, g
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from msp import guard
from msp.api.frame import LARGEST_BODY
from msp.bearer import TooNarrow
from msp.errors import Refused
from tenants.db import db

log = structlog.get_logger()
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
KINDS = {
    400: ("bad-request", "Bad request"),
    401: ("unauthorized", "Unauthorized"),
    403: ("forbidden", "Forbidden"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "Method not allowed"),
    409: ("conflict", "Conflict"),
    412: ("stale", "Precondition failed"),
    413: ("too-large", "Content too large"),
    415: ("unsupported-media-type", "Unsupported media type"),
    422: ("unprocessable", "Unprocessable content"),
    429: ("too-many-requests", "Too many requests"),
    500: ("fault", "Internal server error"),
    503: ("unavailable", "Service unavailable"),
}
"""By status: what programs may tell problems apart by, and its title."""
Errors = list[dict[str, str]]


def problem(status: int, sentence: str = "", errors: Errors | None = None, kind: str = "") -> Response:
    """A problem in the reader's language. A 404 is always the same bytes, whatever was asked for."""
    usual, title = KINDS.get(status) or KINDS[500 if status >= 500 else 400]
    facts: dict[str, Any] = {
        "type": f"urn:msp:problem:{kind or usual}",
        "title": title,
        "status": status,
        "detail": sentence or sentence_of(status),
    }
    if errors:
        facts["errors"] = errors
    if status >= 500:
        facts["request_id"] = g.get("request_id", "")
    return Response(json.dumps(facts, ensure_ascii=False), status, mimetype="application/problem+json")


def sentence_of(status: int) -> str:
    """What a status means here."""
    words = {
        400: _("This request cannot be read."),
        401: _("Send a token that holds: Authorization: Bearer msp_…"),
        403: _("Your role does not include this."),
        404: _("There is nothing here."),
        405: _("This address does not take this method."),
        409: _("This changed while you were at it. Look again, then decide."),
        412: _("This has changed since you read it, so nothing was done."),
        413: _("A request may have up to %(mb)s MB.", mb=LARGEST_BODY // 1024**2),
        415: _("Send JSON: Content-Type: application/json"),
        422: _("Something is missing or does not fit; “errors” says what."),
        429: _("Too many requests came in a short time. Wait as long as Retry-After says."),
        503: _("The desk is busy or being looked after. Try again in a few seconds."),
    }
    return str(words.get(status) or (_("That was our mistake; it has been recorded.") if status >= 500 else words[400]))


def field_errors(messages: object, before: str = "") -> Iterator[dict[str, str]]:
    """Marshmallow's messages, however deep, as a flat list of {"field", "detail"}."""
    if isinstance(messages, Mapping):
        for name, found in messages.items():
            inner = before if name in ("json", "query", "_schema") and not before else f"{before}.{name}".strip(".")
            yield from field_errors(found, inner)
    elif isinstance(messages, list | tuple):
        for found in messages:
            yield from field_errors(found, before)
    else:
        yield {"field": before, "detail": _said(str(messages))}


def _said(message: str) -> str:
    """A sentence of ours, or of the library where a shape left it to that, in the reader's language."""
    if not message:
        return ""
    own = {
        "Unknown field.": _("There is no such field here."),
        "Invalid input type.": _("Send a JSON object."),
        "Invalid JSON body.": _("This is no JSON."),
        "Missing data for required field.": _("This is needed."),
        "Field may not be null.": _("This is needed."),
        "Not a valid string.": _("Send text."),
        "Not a valid boolean.": _("Send true or false."),
        "Not a valid integer.": _("Enter a whole number."),
    }
    return str(own.get(message) or _(message))


def _refused(error: Refused) -> Response:
    return problem(error.status, _(error.sentence, **error.facts), list(field_errors(error.fields)))


def _http(error: HTTPException) -> Response:
    whole = error.get_response()
    if error.code is None or error.code < 400:
        return Response(whole.get_data(), status=whole.status_code, headers=dict(whole.headers))
    if isinstance(error, TooNarrow):
        said = problem(403, _("This token was not made for this (%(scope)s).", scope=error.wanted), kind="scope")
    else:
        found: Mapping[str, Any] = getattr(error, "data", None) or {}
        said = problem(error.code, "", list(field_errors(found.get("messages", {}))))
    for name in KEPT_HEADERS:
        if name in whole.headers:
            said.headers[name] = whole.headers[name]
    return said


def _csrf(_error: CSRFError) -> Response:
    return problem(400, _("A browser’s session needs the header X-CSRFToken here; programs send a token."), kind="csrf")


def _stale(_error: StaleDataError) -> Response:
    return problem(412)


def _unfit(_error: DataError) -> Response:
    db.session.rollback()
    return problem(400)


def _gone(error: OperationalError | InterfaceError) -> Response:
    db.session.rollback()
    guard.ask_no_more()
    log.error("database_gone", error=str(error)[:300])
    said = problem(503)
    said.headers["Retry-After"] = "5"
    return said


def _fault(error: Exception) -> Response:
    db.session.rollback()
    log.error("fault", error=type(error).__name__, exc_info=error)
    return problem(500)


HANDLERS: dict[type[Exception], Any] = {
    Refused: _refused,
    CSRFError: _csrf,
    HTTPException: _http,
    StaleDataError: _stale,
    DataError: _unfit,
    OperationalError: _gone,
    InterfaceError: _gone,
    Exception: _fault,
}
