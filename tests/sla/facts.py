"""A calendar, terms and a ticket's story in few words, for the tests of the clocks."""

from collections.abc import Mapping
from typing import Any

from sla.evaluate import answer
from sla.rules.reading import instant

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = {"tz": "Asia/Tokyo", "weekly": {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in WEEKDAYS}}
ALWAYS = {"tz": "UTC", "weekly": {day: [["00:00", "24:00"]] for day in (*WEEKDAYS, "sat", "sun")}}
CALENDARS = {"office": OFFICE, "always": ALWAYS, "never": {"tz": "UTC"}}

TARGETS = {"P1": {"first_response": 30, "next_response": 60, "resolution": 240}, "P2": {"resolution": 480}}
PLAIN: dict[str, Any] = {"calendar": "always", "targets": TARGETS}


def at(clock: str, day: str = "2026-06-01") -> str:
    """An instant of Monday 1 June 2026, or another day, UTC."""
    return f"{day}T{clock}:00Z"


def created(clock: str = "00:00", by: str = "client", priority: str = "P1", **more: str) -> dict[str, Any]:
    """The creation of a ticket."""
    return {"at": at(clock), "type": "created", "by": by, "priority": priority} | more


def agent(clock: str, **more: object) -> dict[str, Any]:
    """A public reply of the desk."""
    return {"at": at(clock), "type": "agent_reply"} | more


def client(clock: str, **more: object) -> dict[str, Any]:
    """A message of the client."""
    return {"at": at(clock), "type": "client_reply"} | more


def status(clock: str, to: str) -> dict[str, Any]:
    """Another status."""
    return {"at": at(clock), "type": "status", "to": to}


def priority(clock: str, to: str, mode: str) -> dict[str, Any]:
    """Another priority."""
    return {"at": at(clock), "type": "priority", "to": to, "mode": mode}


def turn(clock: str, to: str, mode: str) -> dict[str, Any]:
    """Other terms."""
    return {"at": at(clock), "type": "terms", "to": to, "mode": mode}


def case(*events: Mapping[str, Any], now: str, terms: Mapping[str, Any] = PLAIN, **others: Any) -> dict[str, Any]:
    """A ticket's case under `terms`; `others` are more terms by name."""
    return {
        "op": "sla",
        "calendars": CALENDARS,
        "terms": {"std": terms} | others,
        "start_terms": "std",
        "events": list(events),
        "now": at(now) if len(now) == 5 else now,
    }


def told(*events: Mapping[str, Any], now: str, terms: Mapping[str, Any] = PLAIN, **others: Any) -> dict[str, Any]:
    """What the engine tells of the case."""
    return answer(case(*events, now=now, terms=terms, **others))


def epoch(clock: str, day: str = "2026-06-01") -> int:
    """Epoch seconds of an instant."""
    return instant(at(clock, day))
