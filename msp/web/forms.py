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
    return {
        name: [gettext(str(one)) for one in (found if isinstance(found, list) else [found])]
        for name, found in messages.items()
    }
