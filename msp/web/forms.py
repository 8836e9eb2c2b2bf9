"""How a form becomes facts, or sentences at its fields in the reader's language."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext
from marshmallow import Schema, ValidationError

Errors = dict[str, list[str]]


def read(schema: Schema) -> tuple[dict[str, Any], Errors]:
    """The posted form as the schema loads it, and the sentences for what does not fit; one of the two is empty."""
    try:
        return schema.load(request.form.to_dict()), {}
    except ValidationError as problem:
        return {}, said(problem.messages_dict)


def said(messages: dict[str, Any]) -> Errors:
    """Msgids by field as sentences by field."""
    return {name: [gettext(str(one)) for one in _sentences(found)] for name, found in messages.items()}


def _sentences(found: Any) -> list[Any]:
    """Those of a field of several values stand under the places of the wrong ones."""
    if isinstance(found, dict):
        return [each for inner in found.values() for each in _sentences(inner)]
    return found if isinstance(found, list) else [found]
