"""What may come in about a calendar: hours of each weekday, holidays proposed and struck out, special days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load, validate

from sla import holidays
from sla.rules import reading
from sla.rules.calendar import WEEKDAYS, overlap
from sla.rules.zones import DAY, zone
from sla.schemas.spans import each_day, hours_of, local_instant, read_date, read_days, read_spans, said

OVERLAP = "These hours overlap."
INTO_NEXT = "These hours run into those of the next day."
NEVER = "This calendar never opens. Give at least one day hours."


class CalendarSchema(Schema):
    """A calendar's form: {"name", "hours", "since"}; `hours` is the format of sla.md 1, `since` None for now.

    `before` are the hours the form was made from: holidays of years that were not shown stay as they are in it.
    """

    class Meta:
        unknown = EXCLUDE

    name = fields.String(required=True, validate=validate.Length(1, 80, error="Give it a name."))
    zone = fields.String(required=True)
    holiday_set = fields.String(load_default="")
    shown = fields.List(fields.String(), load_default=list)
    used = fields.List(fields.String(), load_default=list)
    own = fields.String(load_default="")
    special = fields.String(load_default="")
    special_from = fields.String(load_default="")
    special_to = fields.String(load_default="")
    special_hours = fields.String(load_default="")
    since = fields.String(load_default="")
    mon, tue, wed, thu, fri, sat, sun = (fields.Function(deserialize=hours_of, load_default=list) for _ in WEEKDAYS)

    def __init__(self, before: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.before = before or {}

    @pre_load
    def trimmed(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Raises ValidationError with the sentence at the field that must be mended."""
        errors: dict[str, list[str]] = {}
        named = _tried(errors, "zone", lambda: zone(data["zone"]).name)
        own = _tried(
            errors, "own", lambda: [day for first, last, _ in read_days(data["own"]) for day in each_day(first, last)]
        )
        special = _tried(errors, "special", lambda: _special(data["special"])) or {}
        special |= _tried(errors, "special_from", lambda: self._more(data)) or {}
        proposed = _tried(errors, "holiday_set", lambda: self._holidays(data))
        weekly = {day: data[day] for day in WEEKDAYS}
        _check_week(weekly, errors)
        if not any(weekly.values()) and not any(special.values()) and not errors:
            errors["mon"] = said(ValidationError(NEVER))
        since = _tried(errors, "since", lambda: local_instant(data["since"], named or "UTC"))
        if errors:
            raise ValidationError(errors)
        hours: dict[str, Any] = {
            "tz": named,
            "weekly": {day: spans for day, spans in weekly.items() if spans},
            "holidays": sorted({day.isoformat() for day in own or ()} | set(proposed or ())),
            "special": dict(sorted(special.items())),
        }
        if data["holiday_set"]:
            hours["holidays_from"] = data["holiday_set"]
        return {"name": data["name"], "hours": hours, "since": since}

    def _holidays(self, data: Mapping[str, Any]) -> set[str]:
        """The set's dates that are not struck out; of years not shown those the calendar had, else all."""
        chosen = data["holiday_set"]
        if not chosen:
            return set()
        shown = {read_date(day).isoformat() for day in data["shown"]}
        years = {int(day[:4]) for day in shown}
        kept = set(self.before.get("holidays", ())) if self.before.get("holidays_from") == chosen else None
        found = shown & set(data["used"])
        for year in holidays.YEARS:
            if year not in years:
                offered = {day.isoformat() for day in holidays.dates(chosen, year)}
                found |= offered if kept is None else offered & kept
        return found

    @staticmethod
    def _more(data: Mapping[str, Any]) -> dict[str, list[list[str]]]:
        """The days from one date to another, closed or with hours of their own, in one act."""
        if not data["special_from"]:
            return {}
        first = read_date(data["special_from"])
        last = read_date(data["special_to"] or data["special_from"])
        return _special(f"{first} - {last}: {data['special_hours']}")


class RestatementSchema(CalendarSchema):
    """A correction of the past: the same form with a reason, from an instant that has passed."""

    reason = fields.String(required=True, validate=validate.Length(1, 500, error="Say why the past is corrected."))

    @post_load
    def made(self, data: dict[str, Any], **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = super().made(data, **more)
        if made["since"] is None:
            raise ValidationError({"since": ["Say from when on the past is corrected."]})
        return made | {"reason": data["reason"]}


class DueSchema(Schema):
    """The tester's question: a start on the calendar's wall clock, and how long."""

    class Meta:
        unknown = EXCLUDE

    start = fields.String(required=True, validate=validate.Length(1, error="Say when it starts."))
    length = fields.String(load_default="")
    promise = fields.String(load_default="")


def _special(text: str) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for first, last, typed in read_days(text):
        spans = read_spans(typed)
        if overlap(reading.spans(spans)):
            raise ValidationError(OVERLAP)
        found |= {day.isoformat(): spans for day in each_day(first, last)}
    return found


def _check_week(weekly: Mapping[str, list[list[str]]], errors: dict[str, list[str]]) -> None:
    read = {day: reading.spans(spans) for day, spans in weekly.items()}
    for place, day in enumerate(WEEKDAYS):
        following = read[WEEKDAYS[(place + 1) % 7]]
        tail = max((end for _, end in read[day]), default=0) - DAY
        if overlap(read[day]):
            errors[day] = said(ValidationError(OVERLAP))
        elif any(begin < tail for begin, _ in following):
            errors[day] = said(ValidationError(INTO_NEXT))


def _tried(errors: dict[str, list[str]], name: str, read: Any) -> Any:
    """What a reader makes of a field, or None and its sentence kept."""
    try:
        return read()
    except ValidationError as wrong:
        errors[name] = said(wrong)
    except ValueError:
        errors[name] = said(ValidationError("This is not known here."))
    return None


def own_dates(hours: Mapping[str, Any]) -> list[date]:
    """The holidays that are no proposal of the calendar's set."""
    chosen = hours.get("holidays_from")
    offered = {day for year in holidays.YEARS for day in holidays.dates(chosen, year)} if chosen else set()
    return sorted({date.fromisoformat(day) for day in hours.get("holidays", ())} - offered)
