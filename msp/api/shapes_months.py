"""What the interface answers about months of promises and disputes over them, and what it takes for these."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from msp.api.shapes import METRICS, Instant, TakenShape
from sla.rules.disputes import REASONS
from tenants.schemas import CHOICE, NUMBER, choice, words

OUTCOMES = ("met", "missed", "excluded", "cancelled", "not_applicable", "open")
LONGEST = 2000


class MonthQuery(Schema):
    """Which cycles of the month."""

    outcome = fields.String(load_default="", validate=validate.OneOf(OUTCOMES, error=CHOICE))
    metric = fields.String(load_default="", validate=validate.OneOf(METRICS, error=CHOICE))


class FigureShape(Schema):
    """How many promises were kept. Shares are percent with one decimal, rounded down."""

    metric = fields.String(validate=validate.OneOf((*METRICS, "all")))
    met = fields.Integer()
    missed = fields.Integer()
    agreed_met = fields.Integer()
    agreed_missed = fields.Integer()
    cancelled = fields.Integer()
    running = fields.Integer()
    strict = fields.String(allow_none=True, metadata={"description": "By events alone."})
    agreed = fields.String(allow_none=True, metadata={"description": "Without what both sides left out."})
    goal = fields.String(allow_none=True)


class CycleLineShape(Schema):
    """One promise of one ticket; lengths are seconds of service time."""

    ticket = fields.String(metadata={"example": "ACME-1042"})
    title = fields.String()
    metric = fields.String(validate=validate.OneOf(METRICS))
    cycle = fields.Integer()
    priority = fields.String()
    outcome = fields.String(validate=validate.OneOf(OUTCOMES))
    started_at = Instant()
    stopped_at = Instant(allow_none=True)
    breached_at = Instant(allow_none=True)
    target = fields.Integer()
    spent = fields.Integer()
    reason = fields.String(metadata={"description": "Why it was broken, by code; empty where nobody has said."})
    dispute = fields.String(metadata={"description": "open, accepted or empty."})


class MonthShape(Schema):
    """A month of a client’s promises; a closed one never changes."""

    month = fields.String(metadata={"example": "2026-10"})
    zone = fields.String()
    begin = Instant()
    end = Instant()
    closed = fields.Boolean()
    digest = fields.String(metadata={"description": "SHA-256 over the lines; what both sides can compare."})
    figures = fields.List(fields.Nested(FigureShape))
    lines = fields.List(fields.Nested(CycleLineShape))


class DisputeShape(Schema):
    """One side wants a promise left out of the agreed figure; without an answer in time it is rejected."""

    ticket = fields.String()
    metric = fields.String()
    cycle = fields.Integer()
    side = fields.String(validate=validate.OneOf(("client", "desk")))
    reason = fields.String()
    opened_at = Instant()
    opened_by = fields.String()
    deadline = Instant()
    status = fields.String(validate=validate.OneOf(("open", "accepted", "rejected", "withdrawn")))
    answer = fields.String()
    answered_at = Instant(allow_none=True)
    answered_by = fields.String()


class DisputesShape(Schema):
    """What was said about a ticket’s promises, oldest first."""

    items = fields.List(fields.Nested(DisputeShape))


class _OfCycle(TakenShape):
    metric = choice(METRICS)
    cycle = fields.Integer(
        required=True, validate=validate.Range(1, 10**6, error=CHOICE), error_messages={"invalid": NUMBER}
    )


class NewDisputeShape(_OfCycle):
    """Which promise, and why it should be left out."""

    reason = words(LONGEST, needed=True)


class ReasonShape(_OfCycle):
    """Why a promise was broken."""

    code = choice(REASONS)
    words = words(LONGEST)


class ReasonTold(Schema):
    """Why a promise was broken, as it stands."""

    metric = fields.String()
    cycle = fields.Integer()
    code = fields.String()
    words = fields.String()
