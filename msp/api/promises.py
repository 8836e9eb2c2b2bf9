"""/sla: a ticket's clocks with their traces, contracts, cases evaluated, months folded under other terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Response, request

from msp import clock, guard
from msp.api import reach
from msp.api.agreed import calendars_now, contracts_told
from msp.api.documents import plain
from msp.api.frame import scope
from msp.api.routes import ask, get, lines
from msp.api.shapes_sla import ClocksQuery, ClocksShape, ContractsShape, WhatIfShape, WhatIfTaken
from msp.errors import Refused
from msp.guard import TicketKey
from msp.reach import tenant_here, tenant_named
from msp.reports import what_if as replayed
from msp.reports.sums import WhatIf
from msp.tickets import queries
from msp.tickets.facts import clock_events
from sla import queries as promises
from sla.actions import read_clocks
from sla.evaluate import evaluate as answers
from sla.queries import Book
from sla.rules.clock import Clock
from sla.rules.contract import METRICS
from sla.rules.cycle import Cycle
from sla.rules.trace import Segment, explain
from tenants.db import db
from tenants.isolation import acting_as
from tenants.rules import Permission

NDJSON = "application/x-ndjson"
CASES = {
    "type": "object",
    "description": 'One case, or {"vectors": [...]}; each is answered on a line of its own.',
    "example": {"op": "eod", "tz": "Asia/Tokyo", "start": "2026-06-01T00:00:00Z", "days": 0},
}


@get("/tickets/<ticket:key>/clocks", "Promises", ClocksShape, ClocksQuery)
@guard.requires(Permission.SEE_TICKETS, Permission.OWN_TICKETS)
@scope("sla:read")
def show_clocks(query: dict[str, Any], key: TicketKey) -> dict[str, Any]:
    """Read a ticket’s clocks

    Folded anew from its events; with `trace` every second from a promise’s start is explained.
    """
    rows, now = db.session(), clock.now()
    ticket = reach.ticket_seen(rows, guard.principal(), key)
    book = promises.book(rows, ticket.tenant_id)
    events = clock_events(queries.events_of(rows, ticket.tenant_id, ticket.id))
    names = (
        {str(each.id): each.name for each in promises.calendars_of(rows, ticket.tenant_id)} if query["trace"] else None
    )
    read = sorted(read_clocks(book, events, now), key=lambda each: METRICS.index(each.metric))
    return {"ticket": ticket.key, "at": now, "clocks": [_clock(each, book, names, now) for each in read]}


@get("/clients/<tenant:tenant>/contracts", "Promises", ContractsShape)
@guard.requires(Permission.SEE_CONTRACTS, Permission.OWN_PROMISES)
@scope("sla:read")
def list_contracts(tenant: str) -> dict[str, Any]:  # noqa: ARG001 - the guard has read it
    """Read a client’s contracts with all their versions"""
    rows, tenant_id, now = db.session(), tenant_here(), clock.now()
    return {"items": contracts_told(rows, tenant_id, now), "calendars": calendars_now(rows, tenant_id, now)}


@lines("/sla/evaluate", "Promises", CASES, NDJSON)
@guard.requires(Permission.SEE_CONTRACTS)
@scope("sla:read")
def evaluate() -> Response:
    """Evaluate cases of the file format

    Pure: it looks at nothing of the desk. A case that cannot be read is answered with its error, and the others go on.
    """
    said = "".join(f"{line}\n" for line in answers(request.get_data().decode(errors="replace")))
    return Response(said, mimetype=NDJSON)


@ask("/sla/what-if", "Promises", WhatIfTaken, WhatIfShape)
@guard.requires(Permission.SEE_CONTRACTS)
@scope("sla:read")
def what_if(given: dict[str, Any]) -> dict[str, Any]:
    """Fold real months of a client again under other terms

    Nothing is written.
    """
    tenant_id = tenant_named(given["client"])
    who = replace(guard.principal(), tenants=frozenset({tenant_id}), tenant=tenant_id)
    try:
        with acting_as(who):
            found = replayed.what_if(
                db.session(), tenant_id, given["months"], given["terms"], given["calendars"], clock.now()
            )
    except ValueError as unreadable:
        raise Refused("These terms cannot be read.", {"terms": [str(unreadable)]}) from unreadable
    return _replayed(found)


def _clock(clock_: Clock, book: Book, names: Mapping[str, str] | None, now: datetime) -> dict[str, Any]:
    return {
        "metric": clock_.metric,
        "status": clock_.state,
        "cycles": [_cycle(cycle, book, names, now) for cycle in clock_.cycles],
    }


def _cycle(cycle: Cycle, book: Book, names: Mapping[str, str] | None, now: datetime) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "start": _at(cycle.start),
        "stop": _at(cycle.stop),
        "elapsed": cycle.elapsed,
        "target": cycle.target,
        "due": _at(cycle.due_at),
        "breached_at": _at(cycle.breached_at),
    }
    if names is not None:
        since = {version.terms: version.starts for version in book.contract.versions}
        read_at = max(int(now.timestamp()), cycle.start)
        facts["trace"] = [_stretch(each, since, names) for each in explain(cycle, read_at)]
    return facts


def _stretch(segment: Segment, since: Mapping[str, int], names: Mapping[str, str]) -> dict[str, Any]:
    """The contract's version by its start and the calendar by its name, since nobody knows our ids."""
    return {
        "begin": _at(segment.begin),
        "end": _at(segment.end),
        "kind": segment.kind,
        "why": segment.why,
        "seconds": segment.seconds,
        "terms_since": _at(since.get(segment.terms)),
        "calendar": names.get(segment.calendar.partition("@")[0]),
    }


def _replayed(found: WhatIf) -> dict[str, Any]:
    cells = sorted({*found.before, *found.after}, key=lambda cell: (METRICS.index(cell[0]), cell[1]))
    return {
        "months": found.months,
        "tickets": found.tickets,
        "cells": [
            {
                "metric": metric,
                "priority": priority,
                "before": _kept(found.before.get((metric, priority), (0, 0))),
                "after": _kept(found.after.get((metric, priority), (0, 0))),
            }
            for metric, priority in cells
        ],
        "flips": [
            {
                "ticket": flip.key,
                "metric": flip.metric,
                "priority": flip.priority,
                "cycle": flip.number,
                "before": flip.before,
                "after": flip.after,
            }
            for flip in found.flips
        ],
        "opened": {priority: list(seconds) for priority, seconds in found.opened.items()},
        "fee": None if found.fee is None else plain(found.fee),
    }


def _kept(counts: Sequence[int]) -> dict[str, int]:
    return {"kept": counts[0], "missed": counts[1]}


def _at(instant: int | None) -> datetime | None:
    return None if instant is None else datetime.fromtimestamp(instant, UTC)
