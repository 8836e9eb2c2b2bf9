"""What the interface answers about promises: clocks with their traces, contracts, months folded again."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from msp.api.shapes import METRICS, Instant, TakenShape

KINDS = ("running", "paused", "closed", "stopped")
STATES = ("running", "paused", "stopped", "cancelled", "none", "not_applicable")


class ClocksQuery(Schema):
    """How much is told of a clock."""

    trace = fields.Boolean(load_default=False, metadata={"description": "With every stretch of time explained."})


class StretchShape(Schema):
    """A stretch of time of one kind; the stretches of a cycle add up exactly."""

    begin = Instant(data_key="from")
    end = Instant(data_key="to")
    kind = fields.String(validate=validate.OneOf(KINDS))
    why = fields.String(metadata={"description": "The ticket’s status, or outside_hours."})
    seconds = fields.Integer()
    terms_since = Instant(allow_none=True, metadata={"description": "The version of the contract, by its start."})
    calendar = fields.String(allow_none=True)


class CycleShape(Schema):
    """One promise from its start to its stop; lengths are seconds of service time."""

    start = Instant()
    stop = Instant(allow_none=True)
    elapsed = fields.Integer()
    target = fields.Integer()
    due = Instant(allow_none=True)
    breached_at = Instant(allow_none=True)
    trace = fields.List(fields.Nested(StretchShape), metadata={"description": "Where the query asks for it."})


class ClockShape(Schema):
    """One promise of a ticket with all its cycles, the newest last."""

    metric = fields.String(validate=validate.OneOf(METRICS))
    status = fields.String(validate=validate.OneOf(STATES))
    cycles = fields.List(fields.Nested(CycleShape))


class ClocksShape(Schema):
    """The promises of a ticket as they stand now."""

    ticket = fields.String(metadata={"example": "ACME-1042"})
    at = Instant()
    clocks = fields.List(fields.Nested(ClockShape))


class VersionShape(Schema):
    """A contract from an instant on, until the next version; `terms` as POST /sla/evaluate takes them."""

    since = Instant()
    until = Instant(allow_none=True)
    in_force = fields.Boolean()
    mode = fields.String()
    terms = fields.Dict(metadata={"description": "Targets are minutes of service time; calendars by their names."})


class ContractShape(Schema):
    """What a client bought."""

    name = fields.String()
    is_default = fields.Boolean()
    versions = fields.List(fields.Nested(VersionShape))


class CalendarShape(Schema):
    """When promises run, as it holds now."""

    name = fields.String()
    hours = fields.Dict(metadata={"description": "In the format POST /sla/evaluate takes."})


class ContractsShape(Schema):
    """A client’s contracts and the calendars they name."""

    items = fields.List(fields.Nested(ContractShape))
    calendars = fields.List(fields.Nested(CalendarShape))


class WhatIfTaken(TakenShape):
    """Other terms for months that are over."""

    client = fields.String(required=True, metadata={"example": "ACME"})
    months = fields.List(
        fields.String(),
        required=True,
        validate=validate.Length(1, 12, error="From 1 to 12 months."),
        metadata={"example": ["2026-10"]},
    )
    terms = fields.Dict(required=True)
    calendars = fields.Dict(keys=fields.String(), values=fields.Dict(), load_default=dict[str, Any])


class KeptShape(Schema):
    """Promises kept and missed."""

    kept = fields.Integer()
    missed = fields.Integer()


class CellShape(Schema):
    """One metric and priority, as it was and as it would have been."""

    metric = fields.String(validate=validate.OneOf(METRICS))
    priority = fields.String()
    before = fields.Nested(KeptShape)
    after = fields.Nested(KeptShape)


class FlipShape(Schema):
    """A promise kept under one set of terms and missed under the other."""

    ticket = fields.String()
    metric = fields.String()
    priority = fields.String()
    cycle = fields.Integer()
    before = fields.String(validate=validate.OneOf(("met", "missed")))
    after = fields.String(validate=validate.OneOf(("met", "missed")))


class WhatIfShape(Schema):
    """Real months folded again under other terms."""

    months = fields.List(fields.String())
    tickets = fields.Integer()
    cells = fields.List(fields.Nested(CellShape))
    flips = fields.List(fields.Nested(FlipShape))
    opened = fields.Dict(metadata={"description": "Seconds of service time by priority: [before, after]."})
    fee = fields.String(allow_none=True, metadata={"description": "What a month costs now by its fixed items."})
