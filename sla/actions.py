"""Verbs on promises: agree on hours and terms, fold a ticket's clocks; they write and never commit."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from sla import holidays, queries
from sla.models import Calendar, CalendarVersion, Clock, Contract, ContractVersion, Escalation
from sla.rules import reading
from sla.rules.clock import Clock as Folded
from sla.rules.clock import fold
from sla.rules.events import Event
from tenants.rows import insert_new, put_many
from tenants.work import later

HOLIDAY_YEARS = range(2015, 2041)
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


def add_calendar(session: Session, tenant_id: int, name: str, hours: Mapping[str, Any], since: datetime) -> Calendar:
    """A calendar in the format of sla.md 1; the dates of its holiday set are copied in. Raises ValueError."""
    calendar = Calendar(tenant_id=tenant_id, name=name)
    session.add(calendar)
    session.flush()
    change_hours(session, calendar, hours, since)
    return calendar


def change_hours(session: Session, calendar: Calendar, hours: Mapping[str, Any], since: datetime) -> CalendarVersion:
    """The calendar says this from an instant on; what came before stays measured as it was. Raises ValueError."""
    copied = copy_holidays(hours)
    reading.calendar(copied, holidays.dates)
    version = CalendarVersion(
        tenant_id=calendar.tenant_id, calendar_id=calendar.id, since=since.replace(microsecond=0), hours=copied
    )
    session.add(version)
    for contract in queries.contracts_of(session, calendar.tenant_id):
        restamp(contract)
    return version


def copy_holidays(hours: Mapping[str, Any]) -> dict[str, Any]:
    """The same calendar with its holiday set written out as dates, so that the past never changes."""
    plain = {name: value for name, value in hours.items() if name != "holiday_set"}
    named = hours.get("holiday_set")
    if named:
        dates = {day.isoformat() for year in HOLIDAY_YEARS for day in holidays.dates(named, year)}
        plain["holidays"] = sorted({*plain.get("holidays", ()), *dates})
    return plain


def agree(
    session: Session,
    tenant_id: int,
    name: str,
    terms: Mapping[str, Any],
    since: datetime,
    mode: str = "pinned",
    is_default: bool = True,
) -> Contract:
    """A new contract with its first version."""
    contract = Contract(tenant_id=tenant_id, name=name, is_default=is_default)
    session.add(contract)
    session.flush()
    add_version(session, contract, terms, since, mode)
    return contract


def add_version(
    session: Session, contract: Contract, terms: Mapping[str, Any], since: datetime, mode: str = "pinned"
) -> ContractVersion:
    """The contract says this from an instant on. `terms` names its calendars by their ids as text."""
    version = ContractVersion(
        tenant_id=contract.tenant_id,
        contract_id=contract.id,
        since=since.replace(microsecond=0),
        mode=mode,
        terms=dict(terms),
    )
    session.add(version)
    restamp(contract)
    session.flush()
    return version


def restamp(contract: Contract) -> None:
    """Whoever keeps this contract compiled must read it anew."""
    contract.stamp = secrets.token_hex(8)


def refold(session: Session, tenant_id: int, ticket_id: int, events: Sequence[Event], at: datetime) -> Standing:
    """Fold a ticket's clocks at an instant, write them and the steps they reached, and answer where the ticket stands.

    The steps' notices are left as work. Cost: one statement to find the contract, one to write the clocks.
    """
    return refold_many(session, tenant_id, {ticket_id: events}, at)[ticket_id]


def refold_many(
    session: Session, tenant_id: int, stories: Mapping[int, Sequence[Event]], at: datetime
) -> dict[int, Standing]:
    """Fold the clocks of several tickets of one tenant, by their events; as many statements as for a single one."""
    book = queries.book(session, tenant_id)
    folded = {ticket_id: read_clocks(book, events, at) for ticket_id, events in stories.items()}
    rows = [row for each, clocks in folded.items() for row in clock_rows(tenant_id, each, clocks, stories[each])]
    put_many(session, Clock, rows)
    _climb(session, tenant_id, folded, at)
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


def _climb(session: Session, tenant_id: int, folded: Mapping[int, Sequence[Folded]], at: datetime) -> None:
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
            "terms": cycle.terms,
            "calendar": cycle.calendar,
        }
        for ticket_id, clocks in folded.items()
        for clock in clocks
        for cycle in clock.cycles
        for fired, step in cycle.fired
    ]
    reached = sorted(insert_new(session, Escalation, steps))
    for start in range(0, len(reached), TOLD_AT_ONCE):
        few = reached[start : start + TOLD_AT_ONCE]
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
