"""What the interface answers about tickets, their words and clocks, and what it takes for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, fields, pre_load, validate

from msp.api.paging import PageQuery
from msp.tickets.rules import PRIORITIES, Level, Status, TicketKind
from tenants.rules import KEY
from tenants.schemas import CHOICE, EMPTY, TOO_LONG, choice, words

LONGEST_TEXT = 100_000
DATE = "Enter an instant such as 2026-06-01T00:00:00Z."
STATES = (*Status, "undone", "done")
CHANNELS = ("phone", "desk", "chat")
METRICS = ("first_response", "next_response", "resolution")
STAFF = "For the desk’s people only."


class Instant(fields.AwareDateTime):
    """An instant as text: 2026-06-01T00:00:00Z, to the second."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:  # noqa: ARG002
        return None if value is None else written(value)


def written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class TakenShape(Schema):
    """What comes in; a field we do not know is a mistake that should be noticed."""

    @pre_load
    def trim(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}


class TicketQuery(PageQuery):
    """Which tickets, in which order of their last change."""

    client = fields.String(
        load_default=None,
        validate=validate.Regexp(KEY, error=CHOICE),
        metadata={"description": "The client’s key."},
    )
    status = fields.String(
        load_default=None,
        validate=validate.OneOf(STATES, error=CHOICE),
        metadata={"description": "One status, or undone, or done."},
    )
    priority = fields.String(load_default=None, validate=validate.OneOf(PRIORITIES, error=CHOICE))
    mine = fields.Boolean(load_default=False, metadata={"description": f"Those this token’s person owns. {STAFF}"})
    changed_since = Instant(
        load_default=None, error_messages={"invalid": DATE}, metadata={"description": "Changed then or later."}
    )
    order = fields.String(
        load_default="newest",
        validate=validate.OneOf(("newest", "oldest"), error=CHOICE),
        metadata={"description": "By the last change; oldest first to follow what happens."},
    )


class TicketShape(Schema):
    """A ticket without its words."""

    key = fields.String(metadata={"example": "ACME-1042"})
    client = fields.String(metadata={"example": "ACME"})
    title = fields.String()
    kind = fields.String(validate=validate.OneOf(tuple(TicketKind)))
    category = fields.String(allow_none=True)
    status = fields.String(validate=validate.OneOf(tuple(Status)))
    priority = fields.String(validate=validate.OneOf(PRIORITIES))
    impact = fields.String(validate=validate.OneOf(tuple(Level)))
    urgency = fields.String(validate=validate.OneOf(tuple(Level)))
    channel = fields.String()
    requester = fields.String()
    opened_at = Instant()
    changed_at = Instant()
    resolved_at = Instant(allow_none=True)
    resolution = fields.String()
    due_at = Instant(allow_none=True, metadata={"description": "When the next unmet promise falls due."})
    due_metric = fields.String(allow_none=True)
    clock = fields.String(validate=validate.OneOf(("running", "paused", "stopped", "none")))
    breached = fields.Boolean()
    version = fields.Integer(metadata={"description": "For If-Match."})
    owner = fields.String(metadata={"description": STAFF})
    tier = fields.Integer(metadata={"description": STAFF})
    follow_up_at = Instant(allow_none=True, metadata={"description": STAFF})


class FileShape(Schema):
    """A file that hangs on words."""

    name = fields.String()
    size = fields.Integer(metadata={"description": "Bytes."})
    content_type = fields.String()


class WordsShape(Schema):
    """A message both sides read, or a note of the desk."""

    kind = fields.String(validate=validate.OneOf(("message", "note")))
    at = Instant()
    by = fields.String(validate=validate.OneOf(("client", "agent", "system", "vendor")))
    name = fields.String()
    channel = fields.String(allow_none=True)
    text = fields.String()
    files = fields.List(fields.Nested(FileShape))


class WholeTicketShape(TicketShape):
    """A ticket with its thread, oldest first, as the caller may see it."""

    thread = fields.List(fields.Nested(WordsShape))
    labels = fields.List(fields.String(), metadata={"description": STAFF})


class TicketPageShape(Schema):
    """A page of tickets."""

    items = fields.List(fields.Nested(TicketShape))
    next = fields.String(allow_none=True, metadata={"description": "The cursor of the next page; null on the last."})


class NewTicketShape(TakenShape):
    """A new matter. For a client’s person it is his own."""

    title = words(300, needed=True)
    text = words(LONGEST_TEXT, needed=True)
    kind = choice(tuple(TicketKind), TicketKind.TROUBLE)
    impact = choice(tuple(Level), Level.LOW)
    urgency = choice(tuple(Level), Level.MEDIUM)
    contact = fields.Email(
        load_default=None,
        allow_none=True,
        error_messages={"invalid": "Enter an e-mail address."},
        metadata={"description": f"The address of the person whose matter it is. {STAFF}"},
    )
    channel = fields.String(
        load_default="desk", validate=validate.OneOf(CHANNELS, error=CHOICE), metadata={"description": STAFF}
    )


class ReplyShape(TakenShape):
    """Words for the other side."""

    text = words(LONGEST_TEXT, needed=True)
    then = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf((Status.OPEN, Status.PENDING_CLIENT, Status.RESOLVED), error=CHOICE),
        metadata={"description": f"The status it leaves behind. {STAFF}"},
    )
    confirm = fields.Boolean(
        load_default=False,
        metadata={"description": f"Send it although words of other clients stand in it. {STAFF}"},
    )


class NoteShape(TakenShape):
    """Words for the desk alone."""

    text = words(LONGEST_TEXT, needed=True)


class StatusShape(TakenShape):
    """Where the ticket shall stand."""

    status = fields.String(
        required=True,
        validate=validate.OneOf(
            (Status.OPEN, Status.PENDING_CLIENT, Status.PENDING_VENDOR, Status.CLOSED, Status.CANCELLED), error=CHOICE
        ),
        error_messages={"required": EMPTY},
    )


class PriorityShape(TakenShape):
    """How many are hit and how soon it hurts; the priority follows from both."""

    impact = choice(tuple(Level))
    urgency = choice(tuple(Level))


class ResolutionShape(TakenShape):
    """How it was resolved; the client reads it."""

    resolution = fields.String(
        required=True,
        validate=[validate.Length(min=1, error=EMPTY), validate.Length(max=4000, error=TOO_LONG)],
        error_messages={"required": EMPTY},
    )
