"""What may come in about rosters. Messages are msgids of the catalogue."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from tenants.schemas import FormSchema, chosen, words

_INSTANT = "Enter a day and a time."
_SAID: dict[str, Any] = {"required": _INSTANT, "null": _INSTANT, "invalid": _INSTANT, "format": _INSTANT}


class SwapSchema(FormSchema):
    """Somebody stands in from one wall time of the roster's zone to another."""

    login_id = chosen(needed=True)
    begins = fields.NaiveDateTime(required=True, format="%Y-%m-%dT%H:%M", error_messages=_SAID)
    ends = fields.NaiveDateTime(required=True, format="%Y-%m-%dT%H:%M", error_messages=_SAID)
    why = words(200)
