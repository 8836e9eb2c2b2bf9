"""What may come in about tickets; one schema reads the form and the JSON. Messages are msgids of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate, validates_schema

from billing.schemas.time_form import Spent
from msp.keys import parse_key
from msp.tickets.rules import Level, Status, TicketKind

EMPTY = "This is needed."
NUMBER = "Enter a whole number."
CHOICE = "Choose one of these."
DATE = "Enter a date and a time."
TIERS = "There are tiers 1, 2 and 3."
LONGEST_TEXT = 100_000
LINKS = ("related", "caused_by", "follows")
Sentences = dict[str, str | list[Any] | dict[Any, Any]]
OUTCOMES = ("", Status.OPEN, Status.PENDING_CLIENT, Status.RESOLVED)


def _text(longest: int, needed: bool = False, **more: Any) -> fields.String:
    sentences: Sentences = {"required": EMPTY, "null": EMPTY, "invalid": EMPTY}
    checks = [validate.Length(max=longest, error="This is too long.")]
    if needed:
        checks.append(validate.Length(min=1, error=EMPTY))
        return fields.String(required=True, validate=checks, error_messages=sentences, **more)
    return fields.String(load_default="", validate=checks, error_messages=sentences, **more)


def _one_of(values: tuple[str, ...], **more: Any) -> fields.String:
    sentences: Sentences = {"required": CHOICE, "null": CHOICE, "invalid": CHOICE}
    return fields.String(validate=validate.OneOf(values, error=CHOICE), error_messages=sentences, **more)


def _number(least: int, most: int, *, error: str, **more: Any) -> fields.Integer:
    sentences: Sentences = {"required": EMPTY, "null": EMPTY, "invalid": NUMBER}
    span = validate.Range(least, most, error=error)
    return fields.Integer(validate=span, error_messages=sentences, **more)


class FormSchema(Schema):
    """A form sends what it does not know as empty text; spaces around a text are nobody's wish."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def tidy(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        plain = {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}
        return {name: value for name, value in plain.items() if value != "" or self._may_be_empty(name)}

    def _may_be_empty(self, name: str) -> bool:
        field = self.fields.get(name)
        return isinstance(field, fields.String) and not isinstance(field, fields.Email)


class WorkedSchema(FormSchema):
    """Time typed with an answer, a note or a call: `25`, `0:25`, or from when to when, `10:05-10:30`."""

    minutes = Spent(load_default=None, allow_none=True)
    work_type = _text(40)

    @validates_schema
    def has_a_kind(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("minutes") and not data.get("work_type"):
            raise ValidationError("Say what kind of work it was.", "work_type")


class AnswerSchema(WorkedSchema):
    """A reply or a note, and what becomes of the ticket with it. `then` is the button, `after` the choice beside it."""

    kind = _one_of(("reply", "note"), required=True)
    body = _text(LONGEST_TEXT, needed=True)
    cc = _text(2000)
    then = _one_of(("", "solve"), load_default="")
    after = _one_of(OUTCOMES, load_default="")
    resolution = _text(4000)
    tile = _text(8)
    send_token = _text(2000)
    confirm = _text(8000)


class DraftSchema(FormSchema):
    """What has been typed so far."""

    kind = _one_of(("reply", "note"), required=True)
    body = _text(LONGEST_TEXT)


class WhoseSchema(FormSchema):
    """Whose matter it is. `who` is a person found, as `ACME:17`; it stands for `client` and `contact`."""

    who = _text(40)
    client = _text(10, needed=True)
    contact = fields.Integer(load_default=None, allow_none=True, error_messages={"invalid": CHOICE})
    new_contact = _text(100)

    @pre_load
    def know_who(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        client, found, contact = str(data.get("who") or "").partition(":")
        return dict(data) | ({"client": client, "contact": contact} if found else {})


class NewTicketSchema(WhoseSchema, WorkedSchema):
    """A matter told on the phone: whose, what, how bad, and the minutes it took."""

    email = fields.Email(load_default=None, allow_none=True, error_messages={"invalid": "Enter an e-mail address."})
    phone = _text(40)
    title = _text(300)
    text = _text(LONGEST_TEXT, needed=True)
    kind = _one_of(tuple(TicketKind), load_default=TicketKind.TROUBLE)
    category = _text(60)
    impact = _one_of(tuple(Level), load_default=Level.LOW)
    urgency = _one_of(tuple(Level), load_default=Level.MEDIUM)
    channel = _one_of(("phone", "desk", "chat"), load_default="phone")
    occasion = _text(40)


class DescribeSchema(FormSchema):
    """What a ticket is called and what sort of matter it is."""

    title = _text(300, needed=True)
    kind = _one_of(tuple(TicketKind), required=True)
    category = _text(60)


class WeighSchema(FormSchema):
    """Impact and urgency."""

    impact = _one_of(tuple(Level), required=True)
    urgency = _one_of(tuple(Level), required=True)


class AssignSchema(FormSchema):
    """Whose ticket it is, by the agent's login."""

    owner = fields.Integer(required=True, error_messages={"required": CHOICE, "invalid": CHOICE, "null": CHOICE})


class TierSchema(FormSchema):
    """Which tier works on it."""

    tier = _number(1, 3, error=TIERS, required=True)


class ResolveSchema(FormSchema):
    """How it was resolved."""

    resolution = _text(4000, needed=True)


class LabelsSchema(FormSchema):
    """All labels of a ticket, set apart by commas of either width."""

    labels = _text(1000)


class LinkSchema(FormSchema):
    """Another ticket of the same client, by its key."""

    other = _text(30, needed=True)
    kind = _one_of(LINKS, load_default="related")

    @validates_schema
    def is_a_key(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("other") and parse_key(data["other"]) is None:
            raise ValidationError("Enter a ticket’s number, such as ACME-1042.", "other")


class FollowUpSchema(FormSchema):
    """When to look again, in the reader's own zone; nothing forgets it. `agreed`: the client expects us then."""

    agreed = fields.Boolean(load_default=False)
    on = fields.NaiveDateTime(load_default=None, allow_none=True, error_messages={"invalid": DATE})


class FollowerSchema(FormSchema):
    """A person of the client who shall follow."""

    contact = fields.Integer(required=True, error_messages={"required": CHOICE, "invalid": CHOICE, "null": CHOICE})


class PlaceSchema(WhoseSchema):
    """Where a mail that waited belongs: a client, there a new or a known person, and perhaps a ticket."""

    ticket = _text(30)

    @validates_schema
    def is_a_key(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("ticket") and parse_key(data["ticket"]) is None:
            raise ValidationError("Enter a ticket’s number, such as ACME-1042.", "ticket")


class DropSchema(FormSchema):
    """Why a mail is nobody's matter."""

    why = _text(300, needed=True)
