"""What all of /api/v1 stands in: one blueprint, and what is asked of a request before its view."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request
from flask_smorest import Blueprint
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import UnsupportedMediaType

from msp import bearer, guard

PREFIX = f"{bearer.API}v1"
OFTEN = "600 per minute"
LARGEST_BODY = 2 * 1024 * 1024

api: Any = Blueprint("api", __name__, url_prefix=PREFIX)  # flask-smorest has no types
scope = bearer.scope


def check_body() -> None:
    """JSON and nothing else, of a size that is read at once; a browser's session needs its CSRF header beside it."""
    request.max_content_length = LARGEST_BODY
    if request.method not in guard.UNSAFE or g.get("principal") is None:
        return
    if (request.content_length or request.mimetype) and request.mimetype != "application/json":
        raise UnsupportedMediaType
    if bearer.program() is None and current_app.config["WTF_CSRF_ENABLED"]:
        csrf: CSRFProtect = current_app.extensions["csrf"]
        csrf.protect()


api.before_request(check_body)


def often() -> str:
    """How often one asker may ask."""
    return OFTEN


def asker() -> str:
    """Whom the rate limit counts: a token, a person, or an address nobody is known of."""
    token, who = bearer.program(), g.get("principal")
    if token is not None:
        return f"token:{token.id}"
    return f"login:{who.login_id}" if who is not None else f"address:{request.remote_addr}"
