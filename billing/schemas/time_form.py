"""Time, timers and work types as forms send them. Messages are msgids of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from billing.models.prices import MODES
from billing.queries.settings import WAYS
from billing.rules import typed
from billing.schemas.amounts import Places
from tenants.schemas import EMPTY, NUMBER, FormSchema, Sentences, choice, words

SPENT = "Enter minutes, hours and minutes, or from when to when: 25, 0:25, 10:05-10:30."
LENGTH = "Enter minutes, or hours and minutes: 25, 0:25."
DAY = "Enter a date."
STEPS = "Enter minutes from 0 to 1440."
FACTOR = "Enter a number with up to 4 decimals, 0 or more."
MOMENT = "Enter a date and a time."


class Spent(fields.Field[typed.Typed]):
    """Worked time as people type it (`billing.rules.typed`)."""

    def __init__(self, spans: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.spans = spans

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002 - marshmallow's own signature
        data: Mapping[str, Any] | None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> typed.Typed:
        found = typed.read(str(value))
        if found is None or (found.is_span and not self.spans):
            raise ValidationError(SPENT if self.spans else LENGTH)
        return found


def _moment(**options: Any) -> fields.AwareDateTime:
    said: Sentences = {"required": MOMENT, "null": MOMENT, "invalid": MOMENT, "invalid_awareness": MOMENT}
    return fields.AwareDateTime(error_messages=said, **options)


def _whole(most: int, sentence: str, **options: Any) -> fields.Integer:
    span = validate.Range(0, most, error=sentence)
    return fields.Integer(validate=span, error_messages={"invalid": NUMBER}, **options)


class EntryFormSchema(FormSchema):
    """One entry: `spent` as typed on `day`; `charge` is what may be charged where that is something else.

    `item` is the contract's item it is charged to, empty for the contract's own order; not said, it stays as it was.
    """

    day = fields.Date(required=True, error_messages={"required": EMPTY, "invalid": DAY})
    spent = Spent(required=True, error_messages={"required": EMPTY})
    charge = Spent(spans=False, load_default=None, allow_none=True)
    work_type = words(40, needed=True)
    billable = fields.Boolean(load_default=False)
    text = words(2000)
    note = words(2000)
    item = fields.String(load_default=None, validate=validate.Length(max=100))
    version = fields.Integer(load_default=None, allow_none=True)


def entry_facts(given: Mapping[str, Any], zone: str, *, as_it_was: bool = False) -> dict[str, Any]:
    """What `EntryFormSchema` loaded as the verbs take it; `as_it_was` leaves begin, end and length alone."""
    facts = {name: given[name] for name in ("work_type", "billable", "text", "note")}
    spent, charge = given["spent"], given["charge"]
    if not as_it_was and spent.is_span:
        facts["started_at"], facts["ended_at"] = typed.on_day(spent, given["day"], zone)
    elif not as_it_was:
        facts |= {"started_at": None, "ended_at": None, "worked_on": given["day"], "seconds": spent.minutes * 60}
    if given["item"] is not None:
        facts["item_key"] = given["item"] or None
    if charge is not None:
        facts["billable_seconds"] = charge.minutes * 60
    return facts


class StopSchema(FormSchema):
    """A timer's end: what was worked and may be charged, and since when the count was in view."""

    spent = Spent(spans=False, required=True, error_messages={"required": EMPTY})
    charge = Spent(spans=False, required=True, error_messages={"required": EMPTY})
    work_type = words(40, needed=True)
    billable = fields.Boolean(load_default=False)
    text = words(2000)
    note = words(2000)
    seen_at = _moment(load_default=None, allow_none=True)


def stop_facts(given: Mapping[str, Any]) -> dict[str, Any]:
    """What `StopSchema` loaded as `stop_timer` takes it."""
    facts = {name: given[name] for name in ("work_type", "billable", "text", "note")}
    return facts | {"minutes": given["spent"].minutes, "billable_seconds": given["charge"].minutes * 60}


class SpanSchema(FormSchema):
    """A proposed span as the agent takes it; `until` is where a neighbour ends that joins it."""

    begin = _moment(required=True)
    end = _moment(required=True)
    until = _moment(load_default=None, allow_none=True)

    @validates_schema
    def is_a_span(self, data: Mapping[str, datetime], **_: Any) -> None:
        if data["end"] <= data["begin"]:
            raise ValidationError("The end lies before the start.", "end")


class ReasonSchema(FormSchema):
    """Why, and of how much; without minutes it is about the whole."""

    reason = words(500, needed=True)
    spent = Spent(spans=False, load_default=None, allow_none=True)


class ApprovalSchema(FormSchema):
    """Who says that time may be billed."""

    how = choice(WAYS)
    four_eyes = fields.Boolean(load_default=False)


class WorkTypeFormSchema(FormSchema):
    """A kind of work: its names, how it counts and what is offered when its time is kept."""

    name_ja = words(100, needed=True)
    name_en = words(100, needed=True)
    mode = choice(MODES)
    billable = fields.Boolean(load_default=False)
    multiplier = fields.Decimal(
        load_default=None,
        allow_none=True,
        validate=[validate.Range(Decimal(0), Decimal(100), error=FACTOR), Places(4)],
        error_messages={"invalid": FACTOR, "special": FACTOR},
    )
    step = _whole(1440, STEPS, load_default=None, allow_none=True)
    minimum = _whole(1440, STEPS, load_default=None, allow_none=True)
    place = _whole(9999, STEPS, load_default=0)
    retired = fields.Boolean(load_default=False)
