"""The one place that turns a refusal or a fault into a page or a fragment, with a sentence and the next step."""

from __future__ import annotations

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from msp import guard
from msp.errors import Refused
from tenants.db import db

log = structlog.get_logger()


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, lambda _error: problem(400, "csrf"))
    app.register_error_handler(HTTPException, lambda error: _http(error))
    app.register_error_handler(StaleDataError, lambda _error: problem(412))
    app.register_error_handler(DataError, _unfit)
    app.register_error_handler(OperationalError, _gone)
    app.register_error_handler(InterfaceError, _gone)
    app.register_error_handler(Exception, _fault)


def problem(status: int, reason: str = "", sentence: str = "") -> Response:
    """A whole page for a browser's navigation, a fragment for htmx. A 404 is always the same bytes."""
    fragment = bool(request.headers.get("HX-Request"))
    template = "_problem.html" if fragment else "problem.html"
    body = render_template(
        template,
        status=status,
        reason=reason,
        sentence=sentence,
        request_id="" if status in (403, 404) else g.get("request_id", ""),
    )
    response = make_response(body, status)
    if fragment:
        response.headers["HX-Retarget"] = "#toasts"
        response.headers["HX-Reswap"] = "beforeend"
    return response


def _refused(error: Refused) -> Response:
    return problem(error.status, "refused", gettext(error.sentence, **error.facts))


def _http(error: HTTPException) -> Response:
    response = error.get_response()
    if error.code is None or error.code < 400:
        return Response(response.get_data(), status=response.status_code, headers=dict(response.headers))
    shown = problem(error.code)
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in response.headers:
            shown.headers[name] = response.headers[name]
    return shown


def _unfit(_error: Exception) -> Response:
    """A value no column holds, as a NUL in a text or a number beyond all numbers: no form of ours sends it."""
    db.session.rollback()
    return problem(400)


def _gone(error: Exception) -> Response:
    """The database does not answer: nothing was kept, and the person may simply try again."""
    db.session.rollback()
    guard.ask_no_more()
    log.error("database_gone", error=str(error)[:300])
    response = problem(503)
    response.headers["Retry-After"] = "5"
    return response


def _fault(error: Exception) -> Response:
    db.session.rollback()
    log.error("fault", error=type(error).__name__, exc_info=error)
    return problem(500)
