"""Fold tickets' clocks, write them and the steps they reached."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from sla import queries
from sla.actions.outcomes import outcome_rows
from sla.models import Clock, CycleOutcome, Escalation, Step
from sla.rules.clock import Clock as Folded
from sla.rules.clock import fold
from sla.rules.events import Event
from tenants.gathered import Manner, gather
from tenants.rows import insert_many, insert_new
from tenants.work import later

TOLD_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a ticket stands with its promises: the binding one, and the next instant at which a fold will say more."""

    clock: str = "none"
    due_at: datetime | None = None
    due_metric: str | None = None
    due_target: int | None = None
    due_calendar: str | None = None
    next_due_at: datetime | None = None
    breached: bool = False


def refold(
    session: Session,
    tenant_id: int,
    ticket_id: int,
    events: Sequence[Event],
    at: datetime,
    book: queries.Book | None = None,
    reached: Collection[Step] = (),
) -> Standing:
    """Fold a ticket's clocks at an instant, write them and the steps they reached, and answer where the ticket stands.

    The steps' notices are left as work. Cost: a statement to find the contract where the caller does not bring the
    `book`; what is written goes with the next flush. `reached` are steps that are written already: without them all
    that were ever reached are tried anew.
    """
    known = {(ticket_id, *step) for step in reached}
    return refold_many(session, tenant_id, {ticket_id: events}, at, book=book, reached=known)[ticket_id]


def refold_many(
    session: Session,
    tenant_id: int,
    stories: Mapping[int, Sequence[Event]],
    at: datetime,
    silent: Collection[int] = (),
    book: queries.Book | None = None,
    reached: Collection[tuple[int, *Step]] = (),
) -> dict[int, Standing]:
    """Fold the clocks of several tickets of one tenant, by their events; as many statements as for a single one.

    Of the `silent` tickets new steps are kept as told, and nobody hears of them. `reached` are written already.
    """
    book = book or queries.book(session, tenant_id)
    folded = {ticket_id: read_clocks(book, events, at) for ticket_id, events in stories.items()}
    for each, clocks in folded.items():
        for row in clock_rows(tenant_id, each, clocks, stories[each]):
            gather(session, Clock, row, Manner.OVER)
        for row in outcome_rows(tenant_id, each, clocks, stories[each]):
            gather(session, CycleOutcome, row, Manner.OVER)
    _climb(session, tenant_id, folded, silent, reached, at)
    return {ticket_id: standing(clocks) for ticket_id, clocks in folded.items()}


def read_clocks(book: queries.Book, events: Sequence[Event], at: datetime) -> list[Folded]:
    """A ticket's clocks at an instant, under the versions it lived through. Writes nothing."""
    opened = next(event.at for event in events if event.kind == "created")
    now = max(int(at.timestamp()), opened)
    changes = [
        Event(change.at, "terms", to=change.terms, mode=change.mode) for change in book.contract.changes(opened, now)
    ]
    read = fold([*changes, *events], book.terms, book.contract.holds(opened) or "", now)
    return list(read.clocks.values())


def clock_rows(
    tenant_id: int, ticket_id: int, clocks: Sequence[Folded], events: Sequence[Event]
) -> list[dict[str, Any]]:
    """What is kept of the fold, a row for each metric."""
    folded = sum(event.bears_on_clocks for event in events)
    return [_row(tenant_id, ticket_id, clock, folded) for clock in clocks]


def _climb(
    session: Session,
    tenant_id: int,
    folded: Mapping[int, Sequence[Folded]],
    silent: Collection[int],
    reached: Collection[tuple[int, *Step]],
    at: datetime,
) -> None:
    """Write each step once; whoever must hear of it is told by work, many steps in one piece."""
    steps = [
        {
            "tenant_id": tenant_id,
            "ticket_id": ticket_id,
            "metric": cycle.metric,
            "cycle": cycle.number,
            "step": step,
            "at": _instant(fired),
            "noticed_at": at,
            "told_at": at if ticket_id in silent else None,
            "terms": cycle.terms,
            "calendar": cycle.calendar,
        }
        for ticket_id, clocks in folded.items()
        for clock in clocks
        for cycle in clock.cycles
        for fired, step in cycle.fired
        if (ticket_id, cycle.metric, cycle.number, step) not in reached
    ]
    if steps:  # they hang on a ticket that may not be written yet
        session.flush()
    insert_many(session, Escalation, [step for step in steps if step["told_at"]], once=True)
    fresh = sorted(insert_new(session, Escalation, [step for step in steps if not step["told_at"]]))
    for start in range(0, len(fresh), TOLD_AT_ONCE):
        few = fresh[start : start + TOLD_AT_ONCE]
        later(session, "escalations.tell", tenant_id, *few, at=at, key=str(few[0]))


def _row(tenant_id: int, ticket_id: int, clock: Folded, folded: int) -> dict[str, Any]:
    newest = clock.newest
    return {
        "tenant_id": tenant_id,
        "ticket_id": ticket_id,
        "metric": clock.metric,
        "cycle": newest.number if newest else 0,
        "status": clock.state,
        "started_at": _instant(newest.start) if newest else None,
        "due_at": _instant(newest.due_at) if newest else None,
        "next_due_at": _instant(newest.next_at) if newest else None,
        "target": newest.target if newest else None,
        "spent": newest.elapsed if newest else 0,
        "breached_at": _instant(newest.breached_at) if newest else None,
        "terms": newest.terms if newest else "",
        "calendar": newest.calendar if newest else "",
        "folded": folded,
    }


def standing(clocks: Sequence[Folded]) -> Standing:
    """The promise that binds is the one due first of those still open."""
    cycles = [clock.newest for clock in clocks if clock.newest is not None]
    due = min(
        (cycle for cycle in cycles if cycle.due_at is not None), key=lambda cycle: cycle.due_at or 0, default=None
    )
    states = {cycle.state for cycle in cycles}
    return Standing(
        clock=next((state for state in ("running", "paused", "stopped") if state in states), "none"),
        due_at=_instant(due.due_at) if due else None,
        due_metric=due.metric if due else None,
        due_target=due.target if due else None,
        due_calendar=due.calendar if due else None,
        next_due_at=min((at for cycle in cycles if (at := _instant(cycle.next_at))), default=None),
        breached=any(cycle.breached_at is not None for clock in clocks for cycle in clock.cycles),
    )


def _instant(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
