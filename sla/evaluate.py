"""Evaluate cases of the file format: one case or {"vectors": [...]} in, one JSON object a line out."""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from sla import holidays
from sla.rules import reading
from sla.rules.clock import Clock, fold
from sla.rules.contract import METRICS, Terms
from sla.rules.cycle import Cycle
from sla.rules.events import Event
from sla.rules.hours import Hours
from sla.rules.trace import Segment, explain

_LONGEST_ERROR = 300
_OPS = ("elapsed", "add", "sub", "eod", "holidays", "sla")
_YEARS = range(1, 10_000)

Facts = Mapping[str, Any]


def evaluate(text: str) -> Iterator[str]:
    """A JSON line for each case of a file: {"id", "answer"}, {"id", metrics, "escalations"} or {"id", "error"}.

    Pure: reads no clock, database or setting. A case that cannot be read answers its error and the others go on.
    """
    try:
        document = json.loads(
            text.removeprefix("\ufeff"), parse_int=_number, parse_float=_number, parse_constant=Decimal
        )
    except (ValueError, RecursionError) as unreadable:
        yield _line({"id": None, "error": f"not JSON: {unreadable}"})
        return
    cases = document.get("vectors", [document]) if isinstance(document, dict) else document
    for case in cases if isinstance(cases, list) else [cases]:
        yield _line(answer(case))


def answer(case: object) -> dict[str, Any]:
    """The answer to one case, as plain JSON facts."""
    if not isinstance(case, dict):
        return {"id": None, "error": "a case is an object"}
    named = {"id": case.get("id")}
    try:
        if case.get("op") == "sla":
            return named | _ticket(case)
        return named | {"answer": _calendar(case)}
    except (ValueError, OverflowError) as refused:
        return named | {"error": str(refused)[:_LONGEST_ERROR]}


def _calendar(case: Facts) -> int | str | list[str] | None:
    op = reading.one_of(case.get("op"), _OPS, "op")
    if op == "holidays":
        return [day.isoformat() for day in sorted(_holidays_of(case))]
    hours = Hours(reading.calendar(case, holidays.dates))
    start = reading.instant(case.get("start"))
    if op == "elapsed":
        return hours.elapsed(start, reading.instant(case.get("end")))
    found: int | None
    if op == "eod":
        found = hours.end_of_day(start, reading.whole(case.get("days"), "days"))
    else:
        exact = case.get("seconds")
        minutes = case.get("minutes")
        length = reading.seconds(minutes, "minutes", 60) if exact is None else reading.seconds(exact, "seconds")
        if op == "add":
            late = reading.one_of(case.get("side") or "early", ("early", "late"), "side") == "late"
            found = hours.add_late(start, length) if late else hours.add(start, length)
        else:
            far = reading.one_of(case.get("side") or "near", ("near", "far"), "side") == "far"
            found = hours.sub_far(start, length) if far else hours.sub(start, length)
    return _written(found)


def _holidays_of(case: Facts) -> frozenset[date]:
    country, year = case.get("country"), reading.whole(case.get("year"), "a year")
    if not isinstance(country, str):
        raise ValueError("a country is missing" if country is None else f"a country: {country!r}")
    if year not in _YEARS:
        raise ValueError(f"a year: {year}")
    return holidays.dates(country, year)


class Ticket(NamedTuple):
    """A ticket case, read: what the fold takes."""

    events: list[Event]
    terms: dict[str, Terms]
    start_terms: str
    now: int


def ticket(case: Facts) -> Ticket:
    """Read a ticket case; ValueError says what is wrong with it."""
    hours = {
        name: Hours(reading.calendar(facts, holidays.dates))
        for name, facts in reading.mapping(case.get("calendars"), "calendars").items()
    }
    terms = {
        name: reading.terms(name, facts, hours) for name, facts in reading.mapping(case.get("terms"), "terms").items()
    }
    facts = case.get("events")
    if not isinstance(facts, list):
        raise ValueError("events are missing")
    events = [reading.event(fact) for fact in facts]
    for event in events:
        if event.kind == "terms":
            reading.one_of(event.to, tuple(terms), "terms")
    start_terms = reading.one_of(case.get("start_terms"), tuple(terms), "start_terms")
    return Ticket(events, terms, start_terms, reading.instant(case.get("now")))


def _ticket(case: Facts) -> dict[str, Any]:
    read = ticket(case)
    told = fold(*read)
    explained = case.get("explain") is True
    clocks: dict[str, Any] = {metric: _clock(told.clocks[metric], read.now, explained) for metric in METRICS}
    return clocks | {
        "escalations": [[reading.written(at), metric, step] for at, metric, step in told.escalations],
    }


def _clock(clock: Clock, now: int, explained: bool) -> dict[str, Any]:
    newest = clock.newest
    facts: dict[str, Any] = {
        "status": clock.state,
        "due": newest and _written(newest.due_at),
        "elapsed": newest.elapsed if newest else 0,
        "breached": newest is not None and newest.breached_at is not None,
        "breached_at": newest and _written(newest.breached_at),
        "cycles": [_cycle(cycle, now, explained) for cycle in clock.cycles],
    }
    if explained:
        facts["trace"] = [_segment(segment) for segment in explain(newest, now)] if newest else []
    return facts


def _cycle(cycle: Cycle, now: int, explained: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "start": _written(cycle.start),
        "stop": _written(cycle.stop),
        "elapsed": cycle.elapsed,
        "breached": cycle.breached_at is not None,
    }
    if explained:
        facts["trace"] = [_segment(segment) for segment in explain(cycle, now)]
    return facts


def _segment(segment: Segment) -> dict[str, str]:
    return {
        "from": reading.written(segment.begin),
        "to": reading.written(segment.end),
        "kind": segment.kind,
        "why": segment.why,
        "terms": segment.terms,
        "calendar": segment.calendar,
    }


def _written(at: int | None) -> str | None:
    return None if at is None else reading.written(at)


def _line(facts: dict[str, Any]) -> str:
    return json.dumps(facts, default=_echoed)


def _number(text: str) -> int | Decimal:
    """A number of any length; one that nothing can hold is the trouble of its own case, not of the file."""
    try:
        return int(text) if text.lstrip("-").isdecimal() else Decimal(text)
    except (ValueError, InvalidOperation):
        return Decimal("NaN")


def _echoed(part_of_id: Decimal) -> object:
    number = json.loads(str(part_of_id))
    return number if math.isfinite(number) else str(part_of_id)
