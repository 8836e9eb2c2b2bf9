"""What may come in once documents are issued: how they are sent. Messages are msgids."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from billing.queries.sending import TEXTS
from billing.rules.covering import strange
from tenants.schemas import NUMBER, FormSchema, words


class SendingSchema(FormSchema):
    """The undo window in minutes and the covering texts; an empty text is the one that comes with the house."""

    undo_minutes = fields.Integer(
        required=True,
        validate=validate.Range(0, 1440, error="Enter a number from 0 to 1440."),
        error_messages={"required": NUMBER, "null": NUMBER, "invalid": NUMBER},
    )
    locals().update({name: words(300 if "_subject_" in name else 4000) for name in TEXTS})

    @validates_schema
    def knows_its_places(self, data: dict[str, Any], **_: Any) -> None:
        wrong = {name: ["There is no such place to fill."] for name in TEXTS if strange(data.get(name, ""))}
        if wrong:
            raise ValidationError(wrong)
