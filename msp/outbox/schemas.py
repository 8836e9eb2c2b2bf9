"""What may come in about notices and webhooks."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate

from tenants.schemas import FormSchema, words


class SeenSchema(Schema):
    """The last notice that was on the page, by its id."""

    class Meta:
        unknown = EXCLUDE

    until = fields.Integer(required=True, validate=validate.Range(0, 2**63 - 1))


class WebhookSchema(FormSchema):
    """An address of another program; whether it may be called is asked of the network."""

    name = words(80, needed=True)
    url = words(1000, needed=True)
