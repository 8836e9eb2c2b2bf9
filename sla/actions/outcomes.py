"""What became of each promise, as a month counts it: rows written with the fold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sla.rules.clock import NOT_APPLICABLE, Clock
from sla.rules.compliance import OPEN, Entry
from sla.rules.cycle import Cycle
from sla.rules.events import Event


def outcome_rows(
    tenant_id: int, ticket_id: int, clocks: Sequence[Clock], events: Sequence[Event]
) -> list[dict[str, Any]]:
    """What is kept of every cycle of a ticket's clocks, those still undecided as well."""
    rows = [
        _row(tenant_id, ticket_id, cycle.metric, cycle.number, cycle, events)
        for clock in clocks
        for cycle in clock.cycles
    ]
    rows += [
        _unmeasured(tenant_id, ticket_id, clock.metric, events) for clock in clocks if clock.state == NOT_APPLICABLE
    ]
    return rows


def _row(
    tenant_id: int, ticket_id: int, metric: str, number: int, cycle: Cycle, events: Sequence[Event]
) -> dict[str, Any]:
    counted = Entry(ticket_id, metric, number, cycle.state, cycle.start, cycle.stop, cycle.breached_at)
    decided = None if counted.outcome == OPEN else counted.decided_at
    return {
        "tenant_id": tenant_id,
        "ticket_id": ticket_id,
        "metric": metric,
        "cycle": number,
        "state": cycle.state,
        "priority": _priority(events, decided),
        "started_at": _instant(cycle.start),
        "stopped_at": _instant(cycle.stop),
        "breached_at": _instant(cycle.breached_at),
        "decided_at": _instant(decided),
        "target": cycle.target,
        "spent": cycle.elapsed,
        "terms": cycle.terms,
        "calendar": cycle.calendar,
    }


def _unmeasured(tenant_id: int, ticket_id: int, metric: str, events: Sequence[Event]) -> dict[str, Any]:
    opened = _instant(next(event.at for event in events if event.kind == "created"))
    return {
        "tenant_id": tenant_id,
        "ticket_id": ticket_id,
        "metric": metric,
        "cycle": 0,
        "state": NOT_APPLICABLE,
        "priority": _priority(events, None),
        "started_at": opened,
        "stopped_at": None,
        "breached_at": None,
        "decided_at": opened,
        "target": 0,
        "spent": 0,
        "terms": "",
        "calendar": "",
    }


def _priority(events: Sequence[Event], decided: int | None) -> str:
    """The priority that stood when it was decided; the present one where it is not."""
    turns = (event for event in events if event.kind in ("created", "priority"))
    said = [
        (event.at, event.priority if event.kind == "created" else event.to)
        for event in sorted(turns, key=lambda event: event.at)
    ]
    stood = [priority for at, priority in said if decided is None or at <= decided]
    return (stood or [priority for _, priority in said])[-1]


def _instant(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
