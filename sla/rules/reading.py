"""Read calendars, terms and events from plain JSON facts; what cannot be read is refused with a sentence."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sla.rules import contract
from sla.rules.calendar import WEEKDAYS, Calendar, Span, span
from sla.rules.contract import METRICS, MODES, Terms
from sla.rules.events import KINDS, OPENERS, STATUSES, Event
from sla.rules.hours import Hours
from sla.rules.ladder import Rung
from sla.rules.zones import zone

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST: Final = 10**12
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

HolidaySet = Callable[[str, int], frozenset[date]]


def instant(value: object) -> int:
    """Epoch seconds of "2026-06-01T00:00:00Z" or the same with an offset; a whole second."""
    read = _text(value, "an instant")
    try:
        moment = datetime.fromisoformat(read)
    except ValueError:
        raise ValueError(f"not an instant: {read!r}") from None
    if moment.tzinfo is None or moment.microsecond:
        raise ValueError(f"an instant is a whole second with its offset, not {read!r}")
    return (moment - _EPOCH) // timedelta(seconds=1)


def written(at: int) -> str:
    """The instant as text, in UTC."""
    return (_EPOCH + timedelta(seconds=at)).isoformat().replace("+00:00", "Z")


def whole(value: object, what: str) -> int:
    """A whole number, as 3 or 3.0."""
    return _counted(value, what, 1, "number")


def seconds(value: object, what: str, unit: int = 1) -> int:
    """A length in whole seconds from a number of units; a part of a unit counts if it is whole seconds."""
    return _counted(value, what, unit, "number of seconds")


def _counted(value: object, what: str, unit: int, counted: str) -> int:
    if value is None:
        raise ValueError(f"{what} is missing")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"{what}: {value!r} is no number")
    if not Decimal(value).is_finite() or not -_LONGEST <= value <= _LONGEST or value * unit != int(value * unit):
        raise ValueError(f"{what}: {value} is no whole {counted}")
    return int(value * unit)


def calendar(facts: object, holiday_set: HolidaySet) -> Calendar:
    """A calendar from its keys tz, weekly, holidays, holiday_set, special."""
    read = mapping(facts, "a calendar")
    weekly = mapping(read.get("weekly"), "weekly")
    named = read.get("holiday_set")
    name = zone(_text(read.get("tz"), "tz")).name
    days = frozenset(day(value) for value in _list(read.get("holidays"), "holidays"))
    special = {day(key): spans(value) for key, value in mapping(read.get("special"), "special").items()}
    weekdays = tuple(spans(weekly.get(weekday)) for weekday in WEEKDAYS)
    if named is None:
        return Calendar(name, weekdays, days, special)
    set_name = _text(named, "holiday_set")
    holiday_set(set_name, 2000)
    return Calendar(name, weekdays, days, special, lambda year: holiday_set(set_name, year))


def spans(value: object) -> tuple[Span, ...]:
    """A day's spans from [["09:00", "12:00"], ...]."""
    read = []
    for pair in _list(value, "a day's spans"):
        match pair:
            case [str(begin), str(end)]:
                read.append(span(begin, end))
            case _:
                raise ValueError(f"not a span: {pair!r}")
    return tuple(read)


def day(value: object) -> date:
    """A date from "2026-12-29"."""
    read = _text(value, "a date")
    try:
        if _DATE.fullmatch(read):
            return date.fromisoformat(read)
    except ValueError:
        pass
    raise ValueError(f"not a date: {read!r}")


def terms(name: str, facts: object, hours: Mapping[str, Hours]) -> Terms:
    """A version's terms; targets are minutes. A priority with a target needs a calendar."""
    read = mapping(facts, "terms")
    targets = {
        priority: {
            metric: seconds(minutes, f"{name}: the target of {metric} for {priority}", 60)
            for metric, minutes in mapping(of_priority, "targets").items()
            if metric in METRICS and minutes is not None
        }
        for priority, of_priority in mapping(read.get("targets"), "targets").items()
    }
    pauses = mapping(read.get("pause_on"), "pause_on")
    compiled = contract.terms(
        name,
        hours,
        _optional(read.get("calendar"), "calendar"),
        targets,
        calendar_by_priority={
            priority: _text(named, "calendar_by_priority")
            for priority, named in mapping(read.get("calendar_by_priority"), "calendar_by_priority").items()
        },
        pause_on={
            metric: [one_of(status, STATUSES, "a status") for status in _list(pauses.get(metric), "pause_on")]
            for metric in METRICS
        },
        on_reopen=_optional(read.get("on_reopen"), "on_reopen") or "resume",
        on_priority_change=_optional(read.get("on_priority_change"), "on_priority_change") or "carry",
        ladder=[_rung(step) for step in _list(read.get("escalations"), "escalations")],
    )
    if any(not promise.calendar for promise in compiled.promises.values()):
        raise ValueError(f"{name}: no calendar")
    return compiled


def event(facts: object) -> Event:
    """An event from its keys at, type, to, by, priority, status, mode, auto."""
    read = mapping(facts, "an event")
    at = instant(read.get("at"))
    kind = one_of(read.get("type"), KINDS, "an event's type")
    if kind == "created":
        status = one_of(read.get("status") or "open", STATUSES, "a status")
        opener = one_of(read.get("by"), OPENERS, "who created it")
        return Event(at, kind, to=status, by=opener, priority=_text(read.get("priority"), "a priority"))
    if kind == "status":
        return Event(at, kind, to=one_of(read.get("to"), STATUSES, "a status"))
    if kind in ("priority", "terms"):
        mode = read.get("mode")
        return Event(
            at,
            kind,
            to=_text(read.get("to"), f"the new {kind}"),
            mode=None if mode is None else one_of(mode, MODES, "a mode"),
        )
    auto = read.get("auto") or False
    if not isinstance(auto, bool):
        raise ValueError(f"auto is true or false, not {auto!r}")
    return Event(at, kind, auto=auto)


def mapping(value: object, what: str) -> Mapping[str, Any]:
    """A JSON object, empty if absent."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{what}: not an object")
    return value


def one_of(value: object, allowed: tuple[str, ...], what: str) -> str:
    """One of the words allowed."""
    if value is None:
        raise ValueError(f"{what} is missing")
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{what}: {value!r} is none of {', '.join(allowed)}")
    return value


def _rung(facts: object) -> Rung:
    """Who hears of it and how is the desk's own affair: what of that cannot be read counts as not said."""
    read = mapping(facts, "an escalation")
    metric, step = _text(read.get("metric"), "an escalation's metric"), _text(read.get("step"), "an escalation's step")
    then = read.get("then")
    following = [_hearing(metric, step, one, ()) for one in then] if isinstance(then, list) else []
    return _hearing(metric, step, read, tuple(following))


def _hearing(metric: str, step: str, facts: object, then: tuple[Rung, ...]) -> Rung:
    read = facts if isinstance(facts, dict) else {}
    minutes = read.get("ack_minutes")
    waits = minutes * 60 if isinstance(minutes, int) and not isinstance(minutes, bool) and minutes > 0 else None
    return Rung(
        metric,
        step,
        _words(read.get("tell")),
        tuple(word.replace("-", "_") for word in _words(read.get("via"))),
        _words(read.get("act")),
        read.get("urgent") is True,
        waits,
        then,
    )


def _words(value: object) -> tuple[str, ...]:
    return tuple(word for word in value if isinstance(word, str)) if isinstance(value, list) else ()


def _list(value: object, what: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{what}: not a list")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{what} is missing" if value is None else f"{what}: {value!r}")
    return value


def _optional(value: object, what: str) -> str | None:
    return None if value is None else _text(value, what)
