"""How a view becomes an operation: what it takes, what it gives, under which heading it is told of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from marshmallow import Schema

from msp.api.frame import api
from msp.api.once import PARAMETER, Made, answered_once

View = TypeVar("View", bound=Callable[..., Any])
FILE: dict[str, str] = {"type": "string", "format": "binary"}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "description": "The ticket’s `version` you have read; 412 and nothing done where it has changed since.",
    "schema": {"type": "string"},
}


def get(
    path: str, heading: str, gives: type[Schema] | None = None, takes: type[Schema] | None = None, kind: str = ""
) -> Callable[[View], View]:
    """A question. `takes` reads the query; `kind` names what comes where it is no JSON."""

    def register(view: View) -> View:
        answering: Any = api.response(200, gives or FILE, content_type=kind or None)(view)
        if takes is not None:
            answering = api.arguments(takes, location="query")(answering)
        api.route(path, tags=[heading])(answering)
        return view

    return register


def post(
    path: str,
    heading: str,
    takes: type[Schema],
    gives: type[Schema],
    status: int = 200,
    matched: bool = False,
    example: dict[str, Any] | None = None,
) -> Callable[[Callable[..., Made]], Callable[..., Made]]:
    """An act, once for each idempotency key; `matched` ones heed If-Match. An example says what the shape does not."""

    def register(view: Callable[..., Made]) -> Callable[..., Made]:
        answering: Any = api.response(status, gives)(answered_once(view, status, gives))
        answering = api.doc(parameters=[PARAMETER, *([IF_MATCH] if matched else [])])(answering)
        api.route(path, tags=[heading], methods=["POST"])(api.arguments(takes, example=example)(answering))
        return view

    return register


def ask(path: str, heading: str, takes: type[Schema], gives: type[Schema]) -> Callable[[View], View]:
    """A question too long for an address; nothing is written."""

    def register(view: View) -> View:
        answering: Any = api.arguments(takes)(api.response(200, gives)(view))
        api.route(path, tags=[heading], methods=["POST"])(answering)
        return view

    return register


def lines(path: str, heading: str, body: dict[str, Any], kind: str) -> Callable[[View], View]:
    """The same, of a view that reads its own body, of this schema, and answers in its own way."""

    def register(view: View) -> View:
        answering: Any = api.response(200, FILE, content_type=kind)(view)
        answering = api.doc(requestBody={"required": True, "content": {"application/json": {"schema": body}}})(
            answering
        )
        api.route(path, tags=[heading], methods=["POST"])(answering)
        return view

    return register
