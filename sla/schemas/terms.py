"""What may come in about a contract's terms: targets, calendars, pauses, ladder, goals, credits; and about packs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load, validate

from sla.rules.contract import METRICS, MODES, ON_REOPEN
from sla.schemas import steps
from sla.schemas.spans import local_instant, plain, read_length, read_number, said

PRIORITIES: Final = ("P1", "P2", "P3", "P4")
PAUSES: Final = ("pending_client", "pending_vendor", "scheduled")
CREDITS: Final = range(4)
LISTS: Final = (*(f"pause_{metric}" for metric in METRICS), *steps.LISTS)
"""The fields of the form that come more than once."""
OWN_KEYS: Final = frozenset(
    {
        *("calendar", "calendar_by_priority", "targets", "pause_on", "on_reopen", "on_priority_change"),
        *("reopen_days", "escalations", "goals", "credits", "credit_cap"),
    }
)

_FIELDS: dict[str, Any] = {
    "calendar": fields.String(load_default=""),
    "on_reopen": fields.String(load_default="resume", validate=validate.OneOf(ON_REOPEN)),
    "on_priority_change": fields.String(load_default="carry", validate=validate.OneOf(MODES)),
    "reopen_days": fields.String(load_default=""),
    "credit_cap": fields.String(load_default=""),
    "since": fields.String(load_default=""),
    **{f"calendar_{priority}": fields.String(load_default="") for priority in PRIORITIES},
    **{
        f"{priority}_{metric}": fields.Function(deserialize=read_length, load_default=None)
        for priority in PRIORITIES
        for metric in METRICS
    },
    **{
        f"pause_{metric}": fields.List(fields.String(validate=validate.OneOf(PAUSES)), load_default=list)
        for metric in METRICS
    },
    **{f"goal_{metric}": fields.String(load_default="") for metric in METRICS},
    **steps.FIELDS,
    **{f"credit_{n}_{what}": fields.String(load_default="") for n in CREDITS for what in ("below", "percent")},
}


class _Terms(Schema.from_dict(_FIELDS)):  # type: ignore[misc]
    """The fields all forms about terms share. What the form does not show stays as it was `before`."""

    class Meta:
        unknown = EXCLUDE

    def __init__(self, zone: str, before: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.zone, self.before = zone, before or {}

    @pre_load
    def trimmed(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}

    def terms(self, data: Mapping[str, Any], errors: dict[str, list[str]]) -> dict[str, Any]:
        """The format of sla.md 5."""
        terms: dict[str, Any] = {name: value for name, value in self.before.items() if name not in OWN_KEYS}
        terms |= targets_of(data)
        terms["calendar"] = data["calendar"] or None
        terms["pause_on"] = {metric: data[f"pause_{metric}"] for metric in METRICS if data[f"pause_{metric}"]}
        terms["on_reopen"], terms["on_priority_change"] = data["on_reopen"], data["on_priority_change"]
        terms["escalations"] = steps.read(data, self.before.get("escalations") or (), errors)
        goals = {metric: _percent(data, f"goal_{metric}", errors) for metric in METRICS}
        terms["goals"] = {metric: goal for metric, goal in goals.items() if goal is not None}
        terms["credits"] = _credits(data, errors)
        days = read_number(data, "reopen_days", errors, 0, 365)
        cap = _percent(data, "credit_cap", errors)
        terms |= {name: value for name, value in (("reopen_days", days), ("credit_cap", cap)) if value is not None}
        if not terms["targets"]:
            errors.setdefault(
                f"P1_{METRICS[0]}", said(ValidationError("Promise something: fill in at least one target."))
            )
        if not terms["calendar"] and set(terms["targets"]) - set(terms["calendar_by_priority"]):
            errors.setdefault("calendar", said(ValidationError("Choose the calendar in whose hours the promises run.")))
        return terms


class VersionSchema(_Terms):
    """The form of a contract's next version: {"terms", "mode", "since"}; `since` None for now."""

    mode = fields.String(load_default="pinned", validate=validate.OneOf(MODES))

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Raises ValidationError with the sentence at the field that must be mended."""
        errors: dict[str, list[str]] = {}
        made = {
            "terms": self.terms(data, errors),
            "mode": data["mode"],
            "since": _since(data, "since", self.zone, errors),
        }
        if errors:
            raise ValidationError(errors)
        return made


class PackSchema(_Terms):
    """The form of a surge pack: what becomes of `sla.actions.Offer`."""

    name = fields.String(required=True, validate=validate.Length(1, 80, error="Give it a name."))
    starts_at = fields.String(load_default="")
    ends_at = fields.String(load_default="")
    price = fields.String(load_default="")
    item_key = fields.String(load_default="")
    message = fields.String(load_default="", validate=validate.Length(max=2000))

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Raises ValidationError with the sentence at the field that must be mended."""
        errors: dict[str, list[str]] = {}
        terms = {name: value for name, value in targets_of(data).items() if value}
        if data["calendar"]:
            terms["calendar"] = data["calendar"]
        if not terms:
            errors[f"P1_{METRICS[0]}"] = ["Fill in what the pack improves."]
        starts, ends = (_since(data, name, self.zone, errors) for name in ("starts_at", "ends_at"))
        for name, at in (("starts_at", starts), ("ends_at", ends)):
            if at is None:
                errors.setdefault(name, said(ValidationError("Say when.")))
        price = _decimal(data, "price", errors)
        if errors:
            raise ValidationError(errors)
        return {name: data[name] for name in ("name", "item_key", "message")} | {
            "starts_at": starts,
            "ends_at": ends,
            "terms": terms,
            "price": price,
        }


def targets_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Targets in minutes and the calendars of single priorities, as the form gives them."""
    targets = {
        priority: {metric: data[f"{priority}_{metric}"] for metric in METRICS if data[f"{priority}_{metric}"]}
        for priority in PRIORITIES
    }
    return {
        "targets": {priority: metrics for priority, metrics in targets.items() if metrics},
        "calendar_by_priority": {
            priority: data[f"calendar_{priority}"] for priority in PRIORITIES if data[f"calendar_{priority}"]
        },
    }


def _credits(data: Mapping[str, Any], errors: dict[str, list[str]]) -> list[dict[str, Any]]:
    rows = []
    for n in CREDITS:
        below, percent = (_percent(data, f"credit_{n}_{what}", errors) for what in ("below", "percent"))
        if (below is None) != (percent is None):
            errors.setdefault(
                f"credit_{n}_below",
                said(ValidationError("A row needs both: below how many percent, and how much of the fee.")),
            )
        elif below is not None:
            rows.append({"below": below, "percent": percent})
    return sorted(rows, key=lambda row: row["below"], reverse=True)


def _since(data: Mapping[str, Any], name: str, zone: str, errors: dict[str, list[str]]) -> Any:
    try:
        return local_instant(data[name], zone)
    except ValidationError as wrong:
        errors[name] = said(wrong)
    return None


def _percent(data: Mapping[str, Any], name: str, errors: dict[str, list[str]]) -> int | str | None:
    """A percentage as JSON carries it exactly: a whole number, else a text."""
    typed = plain(data[name]).removesuffix("%").strip()
    if not typed:
        return None
    try:
        read = Decimal(typed)
    except InvalidOperation:
        read = Decimal(-1)
    if not 0 <= read <= 100:
        errors[name] = said(ValidationError("Write a percentage from 0 to 100."))
        return None
    return int(read) if read == int(read) else format(read.normalize(), "f")


def _decimal(data: Mapping[str, Any], name: str, errors: dict[str, list[str]]) -> Decimal | None:
    typed = plain(data[name]).replace(",", "")
    if not typed:
        return None
    try:
        read = Decimal(typed)
    except InvalidOperation:
        read = Decimal(-1)
    if not read.is_finite() or read < 0:
        errors[name] = said(ValidationError("Write an amount."))
        return None
    return read
