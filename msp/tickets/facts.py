"""A ticket's events as others read them: the clocks, and whoever asks how replies left; nothing is staff-only."""

from __future__ import annotations

from collections.abc import Iterable

from msp.tickets.models import Event
from sla.rules import events as sla

KINDS = {
    "opened": "created",
    "replied": "agent_reply",
    "answered": "client_reply",
    "vendor_wrote": "vendor_reply",
    "status": "status",
    "priority": "priority",
}


def clock_events(events: Iterable[Event]) -> list[sla.Event]:
    """The events that may move a clock, in the order in which they were recorded; a reply taken back never was."""
    story = list(events)
    taken_back = {event.data["message_id"] for event in story if event.type == "taken_back"}
    return [
        _read(event)
        for event in story
        if event.type in KINDS and not (event.type == "replied" and event.data.get("message_id") in taken_back)
    ]


def without_address(events: Iterable[Event]) -> set[int]:
    """The replies, by id, that nobody could get by mail when it was last tried."""
    found: set[int] = set()
    for event in events:
        if event.type == "mail_failed" and event.data.get("why") == "no_address" and "message_id" in event.data:
            found.add(event.data["message_id"])
        elif event.type == "sent_again":
            found.discard(event.data["message_id"])
    return found


def _read(event: Event) -> sla.Event:
    return sla.Event(
        at=int(event.at.timestamp()),
        kind=KINDS[event.type],
        to=event.data.get("to", "open"),
        by=event.by,
        priority=event.data.get("priority", ""),
        mode=event.data.get("mode"),
        auto=event.data.get("auto", False),
    )
