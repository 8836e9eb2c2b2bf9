"""What may come in about notices."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate


class SeenSchema(Schema):
    """The last notice that was on the page, by its id."""

    class Meta:
        unknown = EXCLUDE

    until = fields.Integer(required=True, validate=validate.Range(0, 2**63 - 1))
