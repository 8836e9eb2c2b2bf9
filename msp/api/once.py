"""Unsafe requests: one transaction each, and answered once however often they are sent (Idempotency-Key)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from flask import Response, g, json, request
from marshmallow import Schema
from sqlalchemy.orm import Session

from msp import bearer, clock, guard
from msp.errors import Refused
from tenants.actions.tokens import ANSWERS_LAST
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rows import insert_once
from tenants.rules import job
from tenants.tokens import KeptAnswer

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,200}")
PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "Sent again with the same key within 24 hours, the request is answered again and not done again.",
    "schema": {"type": "string", "maxLength": 200},
}


class Made(NamedTuple):
    """What a request made, and where it is to be found from now on."""

    thing: object
    location: str = ""


def answered_once(view: Callable[..., Made], status: int, shape: type[Schema]) -> Callable[..., Response]:
    """The view gets the session of a transaction first; what it made is answered in this shape.

    With an idempotency key the answer is kept in the same transaction. A second request with the key waits for the
    first one's commit and gets its answer; where the first was refused nothing was kept, and it is tried anew.
    """

    @wraps(view)
    def answered(*args: Any, **kwargs: Any) -> Response:
        with transaction() as rows:
            kept = _kept(rows)
            if kept is not None and kept.status:
                g.replayed = True
                return _said(kept.body, kept.status, kept.location)
            made = view(rows, *args, **kwargs)
            rows.flush()
            body = json.dumps(shape().dump(made.thing))
            if kept is not None:
                with acting_as(job(kept.tenant_id)):
                    kept.status, kept.body, kept.location = status, body, made.location
        return _said(body, status, made.location)

    return answered


def _kept(rows: Session) -> KeptAnswer | None:
    """The row of this request's key, held until the commit; one without a status was made just now.

    Raises Refused where the key came with another request before.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if KEY.fullmatch(key) is None:
        words = "An idempotency key has up to 200 visible ASCII signs."
        raise Refused(words, {HEADER: [words]})
    now, tenant_id, digest = clock.now(), guard.principal().tenant or 0, _digest()
    named = {"tenant_id": tenant_id, "caller": _caller(), "route": request.endpoint or "", "key": key}
    with acting_as(job(tenant_id)):
        fresh = {"at": now, "digest": digest, "status": 0, "location": "", "body": ""}
        insert_once(rows, KeptAnswer, named | fresh)
        kept = rows.get_one(KeptAnswer, tuple(named.values()), with_for_update=True, populate_existing=True)
        if now - kept.at >= ANSWERS_LAST:
            kept.at, kept.digest, kept.status = now, digest, 0
        elif kept.digest != digest:
            raise Refused("This idempotency key came with another request before.")
    return kept


def _caller() -> str:
    token = bearer.program()
    return f"token:{token.id}" if token else f"login:{guard.principal().login_id}"


def _digest() -> str:
    """What makes two requests the same one: where they go, and every byte they say."""
    return hashlib.sha256(request.full_path.encode() + b"\n" + request.get_data()).hexdigest()


def _said(body: str, status: int, location: str) -> Response:
    response = Response(body, status, mimetype="application/json")
    if location:
        response.headers["Location"] = location
    if g.get("replayed"):
        response.headers["Idempotency-Replayed"] = "true"
    return response
