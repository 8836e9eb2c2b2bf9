"""Pages of a list: a cursor says where the next one begins, sealed so that nobody makes one up."""

from __future__ import annotations

from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from marshmallow import Schema, fields, validate

from msp.errors import Refused
from tenants.schemas import NUMBER

MOST = 100
BAD_CURSOR = "This cursor was not given for this list."


class PageQuery(Schema):
    """Which part of a list."""

    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(1, MOST, error="From 1 to 100."),
        error_messages={"invalid": NUMBER},
        metadata={"description": "How many at most."},
    )
    cursor = fields.String(load_default=None, metadata={"description": "`next` of the page before."})


def sealed(of: str, place: list[Any]) -> str:
    """A cursor for one list, as it is filtered now."""
    return _signer(of).dumps(place)


def opened(of: str, cursor: str | None) -> list[Any] | None:
    """The place a cursor names. Raises Refused for one of another list, or of nobody's making."""
    if cursor is None:
        return None
    try:
        place: list[Any] = _signer(of).loads(cursor)
    except BadSignature:
        raise Refused(BAD_CURSOR, {"cursor": [BAD_CURSOR]}) from None
    return place


def _signer(of: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"api-cursor:{of}")
