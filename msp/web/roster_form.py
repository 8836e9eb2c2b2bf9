"""The form of a roster: rows of shifts and quiet hours as they were typed, and as the rules read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from msp.errors import Refused
from msp.web.forms import Errors
from sla.models import Roster
from sla.rules.calendar import WEEKDAYS, span
from sla.rules.roster import read

MOST_ROWS, MOST_PEOPLE = 12, 6
HOME = "Asia/Tokyo"


@dataclass(frozen=True, slots=True)
class Row:
    """Some days of the week from one time to another, and for a shift the people who take turns."""

    days: tuple[str, ...] = ()
    begin: str = ""
    end: str = ""
    people: tuple[int, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.days or self.begin or self.end or self.people)

    def facts(self, with_people: bool) -> dict[str, Any]:
        said: dict[str, Any] = {"days": list(self.days), "from": self.begin, "to": self.end}
        return said | ({"people": list(self.people)} if with_people else {})


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form; each list ends with a row that is still empty."""

    name: str = ""
    zone: str = HOME
    since: str = ""
    hand_over_day: str = "0"
    hand_over_time: str = "09:00"
    shifts: tuple[Row, ...] = field(default=(Row(),))
    quiet: tuple[Row, ...] = field(default=(Row(),))

    def facts(self, people: Mapping[int, str]) -> dict[str, Any]:
        """As the verb takes them. Raises Refused for people who are not there."""
        shifts = [row for row in self.shifts if not row.empty]
        if any(one not in people for row in shifts for one in row.people):
            raise Refused("Choose one of these.", {"shifts": ["Choose one of these."]})
        return {
            "name": self.name,
            "zone": self.zone,
            "since": date.fromisoformat(self.since),
            "hand_over_day": int(self.hand_over_day),
            "hand_over_time": self.hand_over_time,
            "shifts": [row.facts(True) for row in shifts],
            "quiet": [row.facts(False) for row in self.quiet if not row.empty],
        }


def kept(row: Roster | None, now: datetime) -> Typed:
    """The form as a roster fills it; a new one begins today."""
    if row is None:
        return Typed(since=now.astimezone(ZoneInfo(HOME)).date().isoformat())
    return Typed(
        row.name,
        row.zone,
        row.since.isoformat(),
        str(row.hand_over_day),
        row.hand_over_time,
        (*(_kept(one) for one in row.shifts), Row()),
        (*(_kept(one) for one in row.quiet), Row()),
    )


def read_roster(form: MultiDict[str, str]) -> tuple[Typed, Errors]:
    """What was typed, and the sentences for what does not fit, by field."""
    typed = Typed(
        " ".join(form.get("name", "").split()),
        form.get("zone", HOME),
        form.get("since", ""),
        form.get("hand_over_day", "0"),
        form.get("hand_over_time", "").strip(),
        _rows(form, "shift"),
        _rows(form, "quiet"),
    )
    return typed, _errors(typed)


def _errors(typed: Typed) -> Errors:
    errors: Errors = {}
    if not typed.name or len(typed.name) > 80:
        errors["name"] = [_("This is needed.") if not typed.name else _("This is too long.")]
    if typed.zone not in available_timezones():
        errors["zone"] = [_("Choose one of these.")]
    if not _is_date(typed.since):
        errors["since"] = [_("Enter a date.")]
    if typed.hand_over_day not in {str(day) for day in range(7)}:
        errors["hand_over_day"] = [_("Choose one of these.")]
    if not _is_time(typed.hand_over_time):
        errors["hand_over_time"] = [_("Enter a time such as 09:00.")]
    shifts = [row for row in typed.shifts if not row.empty]
    if not shifts:
        errors["shifts"] = [_("A roster needs at least one shift.")]
    for row in shifts:
        if not row.days or not row.people or not _is_span(row):
            errors["shifts"] = [_("Each shift needs days, a begin, an end and at least one person.")]
    for row in typed.quiet:
        if not row.empty and (not row.days or not _is_span(row)):
            errors["quiet"] = [_("Quiet hours need days, a begin and an end.")]
    if not errors:
        facts = typed.facts({one: "" for row in shifts for one in row.people})
        hand_over = (facts["hand_over_day"], facts["hand_over_time"])
        if read(facts["zone"], facts["since"], hand_over, facts["shifts"], facts["quiet"]).leaves_at(0) is None:
            errors["quiet"] = [_("Quiet hours must end at some time.")]
    return errors


def _rows(form: MultiDict[str, str], name: str) -> tuple[Row, ...]:
    rows = [
        Row(
            tuple(day for day in form.getlist(f"{name}-{n}-days") if day in WEEKDAYS),
            form.get(f"{name}-{n}-from", "").strip(),
            form.get(f"{name}-{n}-to", "").strip(),
            tuple(dict.fromkeys(int(one) for one in form.getlist(f"{name}-{n}-people") if one.isdecimal()))[
                :MOST_PEOPLE
            ],
        )
        for n in range(MOST_ROWS)
    ]
    return (*(row for row in rows if not row.empty), Row())


def _kept(one: Mapping[str, Any]) -> Row:
    return Row(tuple(one["days"]), one["from"], one["to"], tuple(one.get("people", ())))


def _is_span(row: Row) -> bool:
    try:
        span(row.begin, row.end)
    except ValueError:
        return False
    return True


def _is_time(text: str) -> bool:
    try:
        span(text, "48:00")
    except ValueError:
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        return 1900 < date.fromisoformat(text).year < 2190
    except ValueError:
        return False
