"""What the interface answers about clients, people, worked time and documents, and what it takes for them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from billing.schemas.time import DAY_SECONDS
from msp.api.paging import PageQuery
from msp.api.shapes import DATE, STAFF, Instant, TakenShape
from tenants.schemas import NUMBER, words

DAY = "Enter a day such as 2026-06-01."


class ClientShape(Schema):
    """A client company."""

    key = fields.String(metadata={"example": "ACME"})
    name = fields.String()
    short = fields.String()
    language = fields.String()
    zone = fields.String(metadata={"example": "Asia/Tokyo"})
    closed_at = Instant(allow_none=True)


class ClientsShape(Schema):
    """The clients you may see."""

    items = fields.List(fields.Nested(ClientShape))


class ContactShape(Schema):
    """A person at a client."""

    name = fields.String()
    kana = fields.String()
    email = fields.String(allow_none=True)
    phone = fields.String()
    role = fields.String()
    language = fields.String()
    site = fields.String(allow_none=True)


class ContactsShape(Schema):
    """People of a client who have not left."""

    items = fields.List(fields.Nested(ContactShape))


class MeShape(Schema):
    """Whom a request acts for, and what it may do."""

    name = fields.String()
    kind = fields.String(validate=validate.OneOf(("staff", "client")))
    role = fields.String()
    language = fields.String()
    zone = fields.String()
    token = fields.String(allow_none=True, metadata={"description": "The token’s prefix; null for a browser."})
    scopes = fields.List(fields.String(), allow_none=True)
    clients = fields.List(fields.String(), metadata={"description": "Keys of the clients it sees."})


class TimeQuery(PageQuery):
    """Which worked time, by day."""

    since = fields.Date(load_default=None, error_messages={"invalid": DAY})
    until = fields.Date(
        load_default=None, error_messages={"invalid": DAY}, metadata={"description": "Days before this one."}
    )


class EntryShape(Schema):
    """Work of one agent on one ticket; all lengths are seconds."""

    ticket = fields.String(metadata={"example": "ACME-1042"})
    agent = fields.String()
    work_type = fields.String()
    mode = fields.String()
    worked_on = fields.Date()
    started_at = Instant(allow_none=True)
    ended_at = Instant(allow_none=True)
    seconds = fields.Integer(metadata={"description": "What was worked."})
    billable_seconds = fields.Integer(metadata={"description": "What may be charged."})
    charged_seconds = fields.Integer(allow_none=True, metadata={"description": "What was charged, once billed."})
    rule = fields.String(allow_none=True)
    text = fields.String()
    state = fields.String()


class EntryPageShape(Schema):
    """A page of worked time, oldest work first."""

    items = fields.List(fields.Nested(EntryShape))
    next = fields.String(allow_none=True)


class NewEntryShape(TakenShape):
    """Time as it was worked: from an instant to another, or a length on a day."""

    work_type = words(40, needed=True)
    started_at = Instant(load_default=None, allow_none=True, error_messages={"invalid": DATE})
    ended_at = Instant(load_default=None, allow_none=True, error_messages={"invalid": DATE})
    worked_on = fields.Date(load_default=None, allow_none=True, error_messages={"invalid": DAY})
    seconds = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, DAY_SECONDS, error="Up to a day at once."),
        error_messages={"invalid": NUMBER},
    )
    billable = fields.Boolean(load_default=None, allow_none=True)
    text = words(2000)
    note = fields.String(
        load_default="", validate=validate.Length(max=2000), metadata={"description": f"Told to nobody else. {STAFF}"}
    )

    @validates_schema
    def has_a_length(self, data: dict[str, Any], **_: Any) -> None:
        start, end = data["started_at"], data["ended_at"]
        if start and end and end < start:
            raise ValidationError("The end lies before the start.", "ended_at")
        if data["seconds"] is None and not (start and end):
            raise ValidationError("Say from when to when, or how long.", "seconds")
        if start is None and data["worked_on"] is None:
            raise ValidationError("Say on which day.", "worked_on")


class DocumentShape(Schema):
    """An issued document. Amounts are decimal text with all places of the currency."""

    number = fields.String()
    kind = fields.String()
    issued_on = fields.Date()
    due_on = fields.Date()
    period_start = fields.Date(allow_none=True)
    period_end = fields.Date(allow_none=True, metadata={"description": "The day after the last one."})
    currency = fields.String(metadata={"example": "JPY"})
    net = fields.String(metadata={"example": "50000"})
    tax = fields.String()
    gross = fields.String()
    payable = fields.String()


class LineShape(Schema):
    """One line as it was issued."""

    text = fields.String()
    since = fields.Date(allow_none=True)
    until = fields.Date(allow_none=True)
    quantity = fields.String()
    unit = fields.String()
    price = fields.String()
    amount = fields.String()


class TaxShape(Schema):
    """The tax of one category and rate."""

    category = fields.String()
    rate = fields.String(metadata={"description": "Percent."})
    net = fields.String()
    tax = fields.String()


class WholeDocumentShape(DocumentShape):
    """An issued document with its lines."""

    lines = fields.List(fields.Nested(LineShape))
    taxes = fields.List(fields.Nested(TaxShape))


class DocumentsShape(Schema):
    """A client’s issued documents, newest first."""

    items = fields.List(fields.Nested(DocumentShape))
