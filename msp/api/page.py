"""The OpenAPI document, the page that shows it to people, and the rest of /api/v1, where nothing is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import MapAdapter

from msp import guard
from msp.api.frame import PREFIX
from msp.api.openapi import METHODS, spec_of
from msp.settings import Settings

pages = Blueprint("api_page", __name__, url_prefix=PREFIX)
SAMPLES = {"string": "…", "integer": 1, "boolean": True, "array": [], "object": {}}
PATHS = {"key": "ACME-1042", "tenant": "ACME", "document": "INV-000042", "month": "2026-10"}


@pages.get("/openapi.json")
@guard.public
def document() -> Response:
    """The OpenAPI document."""
    return Response(json.dumps(spec_of(current_app), ensure_ascii=False), mimetype="application/json")


@pages.get("/")
@guard.public
def show() -> str:
    """Operations, shapes and examples, for people."""
    whole, said = spec_of(current_app), words()
    headings: dict[str, list[dict[str, Any]]] = {}
    for heading, operation in _operations(whole):
        headings.setdefault(said[heading], []).append(operation | {"summary": said[operation["summary"]]})
    shapes = {name: _fields(shape) for name, shape in sorted(whole["components"]["schemas"].items())}
    return render_template("api/page.html", headings=headings, shapes=shapes)


@pages.route("/<path:rest>", methods=[method.upper() for method in METHODS])
@guard.public
def nothing(rest: str) -> Response:
    """Whatever else is asked for under /api/v1: absent, or there for another method."""
    adapter = current_app.create_url_adapter(request)
    others = [each.upper() for each in METHODS if adapter and _is_there(adapter, f"{PREFIX}/{rest}", each.upper())]
    if others:
        raise MethodNotAllowed(valid_methods=others)
    abort(404)


def words() -> dict[str, str]:
    """What headings and operations are called in the reader's language; the document itself is in English."""
    return {
        "Tickets": _("Tickets"),
        "Clients": _("Clients"),
        "Time": _("Time"),
        "Documents": _("Documents"),
        "Promises": _("Promises"),
        "Ask whom a token acts for": _("Ask whom a token acts for"),
        "List the clients you may see": _("List the clients you may see"),
        "Read a client": _("Read a client"),
        "List the people of a client": _("List the people of a client"),
        "List tickets": _("List tickets"),
        "Read a ticket": _("Read a ticket"),
        "Open a ticket": _("Open a ticket"),
        "Write to the other side": _("Write to the other side"),
        "Write a note for the desk alone": _("Write a note for the desk alone"),
        "Say where a ticket stands": _("Say where a ticket stands"),
        "Weigh a ticket anew": _("Weigh a ticket anew"),
        "Resolve a ticket": _("Resolve a ticket"),
        "List the time worked for a client": _("List the time worked for a client"),
        "List the time worked on a ticket": _("List the time worked on a ticket"),
        "Log time on a ticket": _("Log time on a ticket"),
        "List a client’s documents": _("List a client’s documents"),
        "Read a document": _("Read a document"),
        "Download a document as PDF": _("Download a document as PDF"),
        "Read a ticket’s clocks": _("Read a ticket’s clocks"),
        "Read a client’s contracts with all their versions": _("Read a client’s contracts with all their versions"),
        "Read a month of a client’s promises": _("Read a month of a client’s promises"),
        "List what was said about a ticket’s promises": _("List what was said about a ticket’s promises"),
        "Contest a promise, or propose to leave it out": _("Contest a promise, or propose to leave it out"),
        "Say why a promise was broken": _("Say why a promise was broken"),
        "Evaluate cases of the file format": _("Evaluate cases of the file format"),
        "Fold real months of a client again under other terms": _(
            "Fold real months of a client again under other terms"
        ),
    }


def _is_there(adapter: MapAdapter, path: str, method: str) -> bool:
    try:
        return bool(adapter.match(path, method=method)[0] != f"{pages.name}.{nothing.__name__}")
    except HTTPException:
        return False


def _operations(whole: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(heading, operation) in the order of the document."""
    for path, methods in whole["paths"].items():
        for method in METHODS:
            if method in methods:
                found = methods[method]
                yield (
                    found["tags"][0],
                    {
                        "id": found["operationId"],
                        "method": method.upper(),
                        "path": path,
                        "summary": found["summary"],
                        "description": found.get("description", ""),
                        "scope": found.get("x-scope", ""),
                        "parameters": found.get("parameters", []),
                        "takes": _shape_named(found.get("requestBody", {}).get("content", {})),
                        "gives": [(status, _shape_named(each.get("content", {}))) for status, each in _good(found)],
                        "example": _curl(whole, path, method, found),
                    },
                )


def _good(operation: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(status, each) for status, each in operation["responses"].items() if status.startswith("2")]


def _shape_named(content: Mapping[str, Any]) -> str:
    """The shape behind a body, or the kind of content where it has none of a name."""
    for kind, each in content.items():
        named: str = each.get("schema", {}).get("$ref", "")
        return named.rpartition("/")[2] or kind
    return ""


def _fields(shape: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A shape's fields as rows of a table."""
    needed = shape.get("required", [])
    return [
        {
            "name": name,
            "kind": _kind(field),
            "needed": name in needed,
            "values": field.get("enum", []),
            "description": field.get("description", ""),
        }
        for name, field in shape.get("properties", {}).items()
    ]


def _kind(field: Mapping[str, Any]) -> str:
    """A field's type in a word."""
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "allOf" in field:
        return _kind(field["allOf"][0])
    if field.get("type") == "array":
        return f"[{_kind(field['items'])}]"
    return str(field.get("format") or field.get("type") or "object")


def _curl(whole: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> str:
    """The operation as one types it."""
    settings: Settings = current_app.extensions["settings"]
    lines = [f"curl {settings.base_url}{path.format_map(PATHS)}", "-H 'Authorization: Bearer msp_…'"]
    if method != "get":
        lines += ["-H 'Content-Type: application/json'", f"-d '{_sample(whole, operation)}'"]
    return " \\\n  ".join(lines)


def _sample(whole: Mapping[str, Any], operation: Mapping[str, Any]) -> str:
    """A body with what is needed, in the first value each field takes."""
    content = next(iter(operation["requestBody"]["content"].values()))
    schema = content["schema"]
    example = content.get("example") or schema.get("example")
    if example:
        return json.dumps(example, ensure_ascii=False)
    shape = whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    needed = {name: shape["properties"][name] for name in shape.get("required", [])}
    return json.dumps({name: _value(field) for name, field in needed.items()}, ensure_ascii=False)


def _value(field: Mapping[str, Any]) -> Any:
    return field.get("example") or next(iter(field.get("enum", [])), SAMPLES[field.get("type", "object")])
