"""What may come in about a broken promise: a contest or proposal, an answer, a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, pre_load, validate

from sla.rules.contract import METRICS
from sla.rules.disputes import REASONS

EMPTY = "This is needed."
CHOOSE = "Choose one of these."
LONGEST = 2000
LONGEST_PACE = 60
DAYS = "Write a number of days from 1 to 60."


class _Said(Schema):
    class Meta:
        unknown = EXCLUDE

    @pre_load
    def tidy(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {
            name: value.replace("\0", "").strip() if isinstance(value, str) else value for name, value in data.items()
        }


class _OfCycle(_Said):
    """The cycle of a ticket that is spoken of."""

    metric = fields.String(required=True, validate=validate.OneOf(METRICS, error=CHOOSE))
    cycle = fields.Integer(required=True, validate=validate.Range(1, 10**6), error_messages={"invalid": CHOOSE})


class DisputeSchema(_OfCycle):
    """Why a promise should be left out of the agreed figure."""

    reason = fields.String(
        required=True,
        validate=[validate.Length(min=1, error=EMPTY), validate.Length(max=LONGEST, error="This is too long.")],
        error_messages={"required": EMPTY},
    )


class AnswerSchema(_Said):
    """Accepted or rejected; a rejection says why."""

    verdict = fields.String(required=True, validate=validate.OneOf(("accept", "reject"), error=CHOOSE))
    answer = fields.String(load_default="", validate=validate.Length(max=LONGEST, error="This is too long."))


class PaceSchema(_Said):
    """How many days after its end a month closes, and how many the other side has to answer; both at least one."""

    close_after = fields.Integer(
        required=True,
        validate=validate.Range(1, LONGEST_PACE, error=DAYS),
        error_messages=dict.fromkeys(("required", "null", "invalid"), DAYS),
    )
    answer_within = fields.Integer(
        required=True,
        validate=validate.Range(1, LONGEST_PACE, error=DAYS),
        error_messages=dict.fromkeys(("required", "null", "invalid"), DAYS),
    )


class ReasonSchema(_OfCycle):
    """Why a promise was broken: one of the codes, and words."""

    code = fields.String(
        required=True, validate=validate.OneOf(REASONS, error=CHOOSE), error_messages={"required": CHOOSE}
    )
    words = fields.String(load_default="", validate=validate.Length(max=LONGEST, error="This is too long."))
