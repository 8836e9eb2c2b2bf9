"""Verbs on what is counted: units day by day, jumps somebody confirms, milestones, tickets, items chosen by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.actions.entries import let_all_drafts_follow
from billing.models import (
    ContractItem,
    CountedTicket,
    CountTick,
    DocumentSource,
    MilestoneReached,
    TicketItem,
    TicketTally,
    UnitCount,
)
from billing.queries.contracts import contracts_of
from billing.queries.counted import quantity_of, snapshots_of
from billing.queries.facts import closed_periods, subject_of
from billing.rules.invoice.items import TIME_KINDS, Milestones, PerUnit
from billing.schemas import read_item
from tenants.errors import Refused
from tenants.rows import put_many

INVOICED = "This day is in a period that is invoiced already."


@dataclass(frozen=True, slots=True)
class TicketTold:
    """A ticket as billing counts it; `closed_at` is when it was resolved."""

    ticket_id: int
    key: str
    kind: str
    opened_at: datetime
    closed_at: datetime | None


def put_counts(
    session: Session,
    tenant_id: int,
    product: str,
    counts: Mapping[date, int],
    by_id: int | None,
    at: datetime,
    source: str = "typed",
) -> None:
    """How many there were on each day; said again for a day it is corrected, as long as its period is open."""
    subject = subject_of(session, tenant_id)
    if subject is not None:
        issued = closed_periods(session, subject)
        if any(day in period for period in issued for day in counts):
            raise Refused(INVOICED, {"on_date": [INVOICED]})
    rows = [
        {
            "tenant_id": tenant_id,
            "product": product,
            "on_date": day,
            "quantity": quantity,
            "source": source,
            "by_id": by_id,
            "at": at,
        }
        for day, quantity in sorted(counts.items())
    ]
    put_many(session, UnitCount, rows)
    let_all_drafts_follow(session, tenant_id, at)


def tick_count(session: Session, tenant_id: int, item: str, day: date, by_id: int | None, at: datetime) -> CountTick:
    """Somebody looked at an item's count in the period of a day and says that its jump is right.

    It holds for the quantity that was looked at; another one needs another tick.
    """
    subject = subject_of(session, tenant_id)
    if subject is None:
        raise Refused("Nobody has said yet how this client is billed.")
    period = subject.period(day)
    contracts = contracts_of(session, tenant_id, subject.tenant.billing_zone, subject.account)
    items = {
        each.key: each
        for contract in contracts
        for version in contract.versions
        if version.begin < period.end
        for each in version.items
        if isinstance(each.kind, PerUnit)
    }
    if item not in items:
        raise Refused("There is nothing here.")
    kind = items[item].kind
    product = kind.product if isinstance(kind, PerUnit) else ""
    quantity = quantity_of(items[item], snapshots_of(session, tenant_id, [product]), period)
    if quantity is None:
        raise Refused("Nothing was counted yet.")
    tick = session.get(CountTick, (tenant_id, item, period.begin)) or CountTick(
        tenant_id=tenant_id, item=item, period_start=period.begin
    )
    tick.quantity, tick.by_id, tick.at = quantity, by_id, at
    session.add(tick)
    session.flush()
    let_all_drafts_follow(session, tenant_id, at)
    return tick


def reach_milestone(
    session: Session, tenant_id: int, item: str, step: str, day: date, by_id: int | None, at: datetime
) -> MilestoneReached:
    """A milestone was reached on a day of a period that is not invoiced yet."""
    kind = read_item(_newest(session, tenant_id, item)).kind
    if not isinstance(kind, Milestones) or step not in {each.key for each in kind.steps}:
        raise Refused("There is nothing here.")
    _milestone_open(session, tenant_id, item, step)
    subject = subject_of(session, tenant_id)
    if subject is not None and any(day in period for period in closed_periods(session, subject)):
        raise Refused(INVOICED, {"reached_on": [INVOICED]})
    row = session.get(MilestoneReached, (tenant_id, item, step)) or MilestoneReached(
        tenant_id=tenant_id, item=item, step=step
    )
    row.reached_on, row.by_id, row.at = day, by_id, at
    session.add(row)
    session.flush()
    let_all_drafts_follow(session, tenant_id, at)
    return row


def miss_milestone(session: Session, tenant_id: int, item: str, step: str, at: datetime) -> None:
    """It was not reached after all; refused once it is invoiced."""
    _milestone_open(session, tenant_id, item, step)
    row = session.get(MilestoneReached, (tenant_id, item, step))
    if row is not None:
        session.delete(row)
        session.flush()
        let_all_drafts_follow(session, tenant_id, at)


def choose_for_ticket(
    session: Session, tenant_id: int, ticket_id: int, item: str | None, by_id: int | None, at: datetime
) -> None:
    """All time on a ticket that names no item itself goes to this one; None: by the contract's order again."""
    row = session.get(TicketItem, (tenant_id, ticket_id))
    if item is None:
        if row is not None:
            session.delete(row)
    else:
        if not isinstance(read_item(_newest(session, tenant_id, item)).kind, TIME_KINDS):
            raise Refused("No time is charged to this item.", {"item": ["Choose one of these."]})
        row = row or TicketItem(tenant_id=tenant_id, ticket_id=ticket_id)
        row.item, row.by_id, row.at = item, by_id, at
        session.add(row)
    session.flush()
    let_all_drafts_follow(session, tenant_id, at)


def tell_tickets(session: Session, tenant_id: int, tickets: Iterable[TicketTold], through: datetime) -> None:
    """The room above says which tickets were opened and closed, all of them up to an instant."""
    rows = [
        {
            "tenant_id": tenant_id,
            "ticket_id": told.ticket_id,
            "key": told.key,
            "kind": told.kind,
            "opened_at": told.opened_at,
            "closed_at": told.closed_at,
        }
        for told in tickets
    ]
    put_many(session, CountedTicket, rows)
    put_many(session, TicketTally, [{"tenant_id": tenant_id, "through": through}])
    if rows:
        let_all_drafts_follow(session, tenant_id, through)


def _newest(session: Session, tenant_id: int, key: str) -> ContractItem:
    row = session.scalar(
        select(ContractItem)
        .where(ContractItem.tenant_id == tenant_id, ContractItem.key == key)
        .order_by(ContractItem.id.desc())
        .limit(1)
    )
    if row is None:
        raise Refused("There is no such item.", {"item": ["Choose one of these."]})
    return row


def _milestone_open(session: Session, tenant_id: int, item: str, step: str) -> None:
    billed = session.scalar(
        select(DocumentSource.id).where(
            DocumentSource.tenant_id == tenant_id,
            DocumentSource.kind == "milestone",
            DocumentSource.part.startswith(f"{item}-{step}:", autoescape=True),
            DocumentSource.live,
        )
    )
    if billed is not None:
        raise Refused("This milestone is invoiced already.")
