"""What is counted, as the engine takes it: daily snapshots, jumps somebody confirmed, tickets, milestones reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from billing.models import (
    ContractItem,
    CountedTicket,
    CountTick,
    DocumentSource,
    MilestoneReached,
    TicketItem,
    UnitCount,
)
from billing.rules.counts import NoCountsError, counted
from billing.rules.invoice import facts as engine
from billing.rules.invoice.document import Document
from billing.rules.invoice.items import Item, PerTicket, PerUnit
from billing.rules.periods import DAY, Period, previous_period

Snapshots = Mapping[str, Mapping[date, int]]
TICKET: Final = "ticket-"
LATEST_TICKETS: Final = timedelta(days=70)
"""How far before a period tickets are looked for that closed in one whose document went out without them."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Snapshots by product and day, last period's quantity by item, and the items whose jump was confirmed."""

    by_product: Snapshots = field(default_factory=dict)
    before: Mapping[str, Decimal] = field(default_factory=dict)
    ticked: frozenset[str] = frozenset()


def counts_of(
    session: Session,
    tenant_id: int,
    period: Period,
    contracts: Sequence[engine.Contract],
    closing_day: int | None,
) -> Counts:
    """What was counted up to a period's end, for the items per unit in force in it."""
    items = list(_in_force(contracts, period))
    if not items:
        return Counts()
    found = snapshots_of(session, tenant_id, {item.kind.product for item in items if isinstance(item.kind, PerUnit)})
    before = {}
    for item in items:
        quantity = quantity_of(item, found, previous_period(period, closing_day))
        if quantity is not None:
            before[item.key] = quantity
    ticks = session.scalars(
        select(CountTick).where(CountTick.tenant_id == tenant_id, CountTick.period_start == period.begin)
    )
    confirmed = {tick.item: tick.quantity for tick in ticks}
    ticked = frozenset(item.key for item in items if confirmed.get(item.key) == quantity_of(item, found, period))
    return Counts(found, before, ticked & confirmed.keys())


def quantity_of(item: Item, snapshots: Snapshots, period: Period) -> Decimal | None:
    """The billed quantity of a period, or that of its last days where the policy is daily; None before any count."""
    if not isinstance(item.kind, PerUnit):
        return None
    unit = item.kind
    try:
        found = counted(
            snapshots.get(unit.product, {}), period, unit.policy, minimum=unit.minimum, free=unit.free
        )  # fmt: skip
    except NoCountsError:
        return None
    return found.runs[-1].quantity


def snapshots_of(session: Session, tenant_id: int, products: Collection[str]) -> dict[str, dict[date, int]]:
    rows = session.execute(
        select(UnitCount.product, UnitCount.on_date, UnitCount.quantity)
        .where(UnitCount.tenant_id == tenant_id, UnitCount.product.in_(sorted(products)))
        .order_by(UnitCount.on_date)
    )
    found: defaultdict[str, dict[date, int]] = defaultdict(dict)
    for product, day, quantity in rows:
        found[product][day] = quantity
    return dict(found)


def products_of(session: Session, tenant_id: int) -> list[str]:
    """The products that were ever counted for a tenant."""
    found = session.scalars(select(UnitCount.product).where(UnitCount.tenant_id == tenant_id).distinct())
    return sorted(found.all())


def milestones_of(session: Session, tenant_id: int) -> dict[tuple[str, str], date]:
    """When each milestone was reached, by item and step."""
    rows = session.execute(
        select(MilestoneReached.item, MilestoneReached.step, MilestoneReached.reached_on).where(
            MilestoneReached.tenant_id == tenant_id
        )
    )
    return {(item, step): reached for item, step, reached in rows}


def ticket_items(session: Session, tenant_id: int, ticket_ids: Collection[int]) -> dict[int, str]:
    """The item somebody chose for a whole ticket."""
    rows = session.execute(
        select(TicketItem.ticket_id, TicketItem.item).where(
            TicketItem.tenant_id == tenant_id, TicketItem.ticket_id.in_(sorted(ticket_ids))
        )
    )
    return dict(rows.all())


def ticket_key(ticket_id: int) -> str:
    """What the engine calls a ticket that is counted."""
    return f"{TICKET}{ticket_id}"


def counts_tickets(session: Session, tenant_id: int) -> bool:
    """Whether a tenant pays for anything by the ticket."""
    priced = select(ContractItem.id).where(ContractItem.tenant_id == tenant_id, ContractItem.kind == "per_ticket")
    return session.scalar(priced.limit(1)) is not None


def tickets_of(
    session: Session,
    tenant_id: int,
    period: Period,
    contracts: Sequence[engine.Contract],
    zone: str,
    issued: Collection[Period],
) -> tuple[engine.TicketFact, ...]:
    """Tickets opened or closed in a period that stand on no document yet; none where nothing is billed by the ticket.

    One that closed in a period whose document went out before it was told counts as closed on this period's first day.
    """
    priced = [
        (version, item.kind)
        for contract in contracts
        for version in contract.versions
        for item in version.items
        if isinstance(item.kind, PerTicket)
    ]
    if not priced:
        return ()
    begin, end = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (period.begin, period.end))
    earliest = begin - LATEST_TICKETS
    rows = session.scalars(
        select(CountedTicket)
        .where(
            CountedTicket.tenant_id == tenant_id,
            or_(
                CountedTicket.closed_at.between(earliest, end),
                CountedTicket.opened_at.between(begin, end),
            ),
        )
        .order_by(CountedTicket.ticket_id)
    ).all()
    billed = _billed(session, tenant_id, [row.ticket_id for row in rows])
    found = []
    for row in rows:
        closed = None if ("closed", row.ticket_id) in billed else row.closed_at
        if closed is not None and closed < begin:
            day = closed.astimezone(ZoneInfo(zone)).date()
            missed = any(day in each for each in issued) and any(
                version.holds(day) and kind.counted == "closed" for version, kind in priced
            )
            closed = begin if missed else None
        opened = row.opened_at.astimezone(UTC)
        if closed is not None or (opened >= begin and ("opened", row.ticket_id) not in billed):
            told = closed.astimezone(UTC) if closed else None
            found.append(engine.TicketFact(key=ticket_key(row.ticket_id), kind=row.kind, opened=opened, closed=told))
    return tuple(found)


def ticket_sources(document: Document, contracts: Sequence[engine.Contract]) -> Iterator[dict[str, Any]]:
    """The tickets a document counts, each once for each item: `rule` says as what, opened or closed."""
    counted_as = {
        item.key: item.kind.counted
        for contract in contracts
        for version in contract.versions
        for item in version.items
        if isinstance(item.kind, PerTicket)
    }
    for place, line in enumerate(document.lines, 1):
        if line.item in counted_as and line.role in ("tickets", "used"):
            for use in line.explain.uses:
                yield {
                    "place": place,
                    "kind": "ticket",
                    "source_id": int(use.key.removeprefix(TICKET)),
                    "part": line.item,
                    "on_date": document.period.last_day,
                    "worked": None,
                    "charged": None,
                    "rule": counted_as[line.item],
                }


def _billed(session: Session, tenant_id: int, ticket_ids: Sequence[int]) -> set[tuple[str, int]]:
    rows = session.execute(
        select(DocumentSource.rule, DocumentSource.source_id).where(
            DocumentSource.tenant_id == tenant_id,
            DocumentSource.kind == "ticket",
            DocumentSource.source_id.in_(ticket_ids),
            DocumentSource.live,
        )
    )
    return {(counted_as, ticket_id) for counted_as, ticket_id in rows}


def _in_force(contracts: Sequence[engine.Contract], period: Period) -> Iterator[Item]:
    for contract in contracts:
        for version in contract.versions:
            if period.clip(version.begin, version.end) is not None:
                yield from (item for item in version.items if isinstance(item.kind, PerUnit))


def days_without(snapshots: Mapping[date, int], period: Period, today: date) -> list[date]:
    """The days of a period up to today for which there is no count."""
    return [day for day in period if day not in snapshots and day < today + DAY]
