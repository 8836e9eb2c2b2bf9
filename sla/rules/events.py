"""The facts about a ticket that bear on its clocks."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

STATUSES: Final = (
    "new",
    "open",
    "pending_client",
    "pending_vendor",
    "scheduled",
    "resolved",
    "closed",
    "cancelled",
    "merged",
)
DONE: Final = frozenset({"resolved", "closed"})
OVER: Final = frozenset({"cancelled", "merged"})

OPENERS: Final = ("client", "agent", "system")
KINDS: Final = (
    "created",
    "agent_reply",
    "client_reply",
    "vendor_reply",
    "note",
    "status",
    "priority",
    "terms",
)

_MOVING = frozenset({"created", "status", "priority", "terms"})
_REPLIES = frozenset({"agent_reply", "client_reply"})


@dataclass(frozen=True, slots=True)
class Event:
    """One fact at an instant (epoch seconds).

    created: `by`, `priority` and `to`, the status it is born in. status, priority, terms: `to`, and for the last two
    the `mode` (None: the contract's for a priority, carry for terms). `auto` marks a reply written by a machine.
    """

    at: int
    kind: str
    to: str = "open"
    by: str = "client"
    priority: str = ""
    mode: str | None = None
    auto: bool = False

    @property
    def bears_on_clocks(self) -> bool:
        """Notes, vendors and what machines write move no clock."""
        return self.kind in _MOVING or (self.kind in _REPLIES and not self.auto)


def in_order(events: Iterable[Event]) -> list[Event]:
    """By instant, then as recorded; nothing happens before the ticket was created. ValueError without one creation."""
    ordered = sorted(events, key=lambda event: event.at)
    born = [event for event in ordered if event.kind == "created"]
    if len(born) != 1:
        raise ValueError("a ticket is created once")
    created = born[0]
    later = (event for event in ordered if event is not created)
    return [created, *(event if event.at >= created.at else replace(event, at=created.at) for event in later)]
