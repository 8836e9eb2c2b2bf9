"""The OpenAPI document, made of the blueprint once a process."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_smorest import Api
from marshmallow import Schema, fields

from msp.api.frame import api
from msp.bearer import scope_of
from msp.guard import TenantConverter, TicketConverter

METHODS = ("get", "post", "put", "patch", "delete")
ABOUT = """Everything here is JSON over one address. A token stands in `Authorization: Bearer msp_…`; it acts as the
person who made it, narrowed to its scopes and, where it is bound to one, to one client. What is absent and what is not
yours answer alike. Errors are `application/problem+json` (RFC 9457)."""
NAMES = {
    "key": "The ticket’s key, such as ACME-1042.",
    "tenant": "The client’s key, such as ACME.",
    "document": "The document’s number.",
    "month": "A month, such as 2026-10, in the contract’s zone.",
}


class ProblemErrorShape(Schema):
    """What is wrong with one field."""

    field = fields.String()
    detail = fields.String()


class ProblemShape(Schema):
    """Why something was not done (RFC 9457)."""

    type = fields.String(metadata={"example": "urn:msp:problem:not-found"})
    title = fields.String()
    status = fields.Integer()
    detail = fields.String(metadata={"description": "A sentence in the reader’s language."})
    errors = fields.List(fields.Nested(ProblemErrorShape))
    request_id = fields.String(metadata={"description": "With faults of ours."})


class Door(Api):  # type: ignore[misc]  # flask-smorest has no types
    """The library's registry of operations; errors are answered in our own way."""

    ERROR_SCHEMA = ProblemShape

    def _register_error_handlers(self) -> None:
        """Ours stand at the blueprint; those of the pages stay the application's."""


def install(app: Flask) -> None:
    """Register the blueprint with all its operations."""
    door = Door(
        spec_kwargs={
            "title": "Desk",
            "version": "v1",
            "openapi_version": "3.0.3",
            "info": {"description": ABOUT},
            "security": [{"token": []}],
        }
    )
    for converter in (TicketConverter, TenantConverter):
        door.register_converter(converter, lambda each: {"type": "string", "pattern": f"^{each.regex}$"})
    door.init_app(app)
    door.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    door.register_blueprint(api)
    app.extensions["openapi"] = door


def spec_of(app: Flask) -> dict[str, Any]:
    """The document; it says nothing of the desk, so everybody may read it."""
    door = app.extensions["openapi"]
    if isinstance(door, dict):
        return door
    whole: dict[str, Any] = door.spec.to_dict()
    whole.pop("tags", None)
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(f"{api.name}."):
            operations = whole["paths"][door.flask_plugin.flaskpath2openapi(rule.rule)]
            for parameter in operations.get("parameters", ()):
                parameter.setdefault("description", NAMES[parameter["name"]])
            for method in {each.lower() for each in rule.methods or ()} & set(METHODS):
                scope = scope_of(app.view_functions[rule.endpoint]) or ""
                operations[method] |= {"operationId": rule.endpoint.rpartition(".")[2], "x-scope": scope}
    for answer in whole["components"].get("responses", {}).values():
        if "application/json" in answer.get("content", {}):
            answer["content"] = {"application/problem+json": answer["content"]["application/json"]}
    app.extensions["openapi"] = whole
    return whole
