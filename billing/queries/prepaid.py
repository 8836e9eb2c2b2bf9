"""What is left of what was paid ahead, now: with the work that still waits for approval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import ContractItem, EntryState, Lot, PrepaidStanding, TimeEntry
from billing.queries.facts import Subject, closed_periods, facts_of, subject_of
from billing.queries.lots import kept, lot_key
from billing.rules.invoice.document import Document
from billing.rules.invoice.engine import invoice
from billing.rules.invoice.facts import Facts
from billing.rules.invoice.items import Block, Item, PerTicket, Pool, Retainer
from billing.rules.periods import Period, open_period

COUNTS: Final = (EntryState.DRAFT, EntryState.SUBMITTED, EntryState.APPROVED)
"""Work that will be billed, whether somebody has approved it yet or not."""


@dataclass(frozen=True, slots=True)
class Balance:
    """A prepaid item in its running period. Units are minutes, money or tickets; `last_day` is when the next expire."""

    item: str
    name: str
    unit: str
    currency: str
    period: Period
    available: Fraction
    used: Fraction
    overage: Fraction
    last_day: date | None

    @property
    def left(self) -> Fraction:
        return self.available - self.used

    @property
    def share(self) -> Fraction:
        """How much of it is used, in percent; beyond all of it counts too."""
        wanted = self.used + self.overage
        if not self.available:
            return Fraction(100 if wanted else 0)
        return wanted * 100 / self.available


@dataclass(frozen=True, slots=True)
class LotStanding:
    """A lot of the desk's own acts with what issued documents have left of it."""

    lot: Lot
    left: Fraction
    sold: bool


def balances(session: Session, tenant_id: int, at: datetime) -> list[Balance]:
    """Every prepaid item of a tenant in the period that runs at an instant; none where nobody said how to bill him."""
    subject = subject_of(session, tenant_id)
    if subject is None:
        return []
    issued = closed_periods(session, subject)
    period = open_period(subject.today(at), issued, subject.account.closing_day)

    def work(span: Period) -> list[TimeEntry]:
        return _work(session, subject, span, issued)

    facts = facts_of(session, subject, period, None, work(period), work)
    return _balances(invoice(facts), facts)


def standings_of(session: Session, tenant_id: int) -> Sequence[PrepaidStanding]:
    """How a tenant's prepaid items stood when they were last reckoned; both sides may ask."""
    return session.scalars(
        select(PrepaidStanding).where(PrepaidStanding.tenant_id == tenant_id).order_by(PrepaidStanding.name)
    ).all()


def lots_of(session: Session, tenant_id: int) -> list[LotStanding]:
    """The lots somebody sold or gave, newest first, with what is left of each after the documents issued so far."""
    rows = session.scalars(select(Lot).where(Lot.tenant_id == tenant_id).order_by(Lot.since.desc(), Lot.id.desc()))
    held = kept(session, tenant_id)
    return [
        LotStanding(
            row,
            max(Fraction(), Fraction(row.units) - held.drawn.get(lot_key(row.id), Fraction())),
            row.price is not None and not held.lots[lot_key(row.id)].new,
        )
        for row in rows.all()
    ]


def prepaid_items(session: Session, tenant_id: int) -> list[ContractItem]:
    """The newest row of each item of a kind that lots can be drawn from."""
    rows = session.scalars(
        select(ContractItem)
        .where(ContractItem.tenant_id == tenant_id, ContractItem.kind.in_(("pool", "block", "retainer", "per_ticket")))
        .order_by(ContractItem.id)
    )
    return list({row.key: row for row in rows.all()}.values())


def unit_of(item: Item) -> str | None:
    """What an item's lots are counted in; None where it has none."""
    match item.kind:
        case Pool() | Block():
            return "minutes"
        case Retainer():
            return "money"
        case PerTicket():
            return "tickets"
        case _:
            return None


def _work(session: Session, subject: Subject, period: Period, issued: frozenset[Period]) -> list[TimeEntry]:
    rows = session.scalars(
        select(TimeEntry)
        .where(
            TimeEntry.tenant_id == subject.tenant_id,
            TimeEntry.state.in_(COUNTS),
            TimeEntry.worked_on < period.end,
            TimeEntry.billable_seconds > 0,
        )
        .order_by(TimeEntry.worked_on, TimeEntry.started_at, TimeEntry.id)
    )
    closing_day = subject.account.closing_day
    return [row for row in rows.all() if open_period(row.worked_on, issued, closing_day) == period]


def _balances(document: Document, facts: Facts) -> list[Balance]:
    period = document.period
    items = {
        item.key: item
        for contract in facts.contracts
        for version in contract.versions
        if version.begin < period.end
        for item in version.items
    }
    found = []
    for key, ledger in document.ledgers.items():
        unit = unit_of(items[key])
        available = ledger.carried_in + ledger.granted + ledger.purchased
        if unit is None or not (available or (ledger.overage and unit != "tickets")):
            continue
        found.append(
            Balance(
                item=key,
                name=items[key].name,
                unit=unit,
                currency=document.currency,
                period=period,
                available=available,
                used=ledger.drawn,
                overage=ledger.overage,
                last_day=_next_expiry(document, facts, key),
            )
        )
    return found


def _next_expiry(document: Document, facts: Facts, item: str) -> date | None:
    left = {paid.lot.key: Fraction(paid.left) for paid in facts.lots if paid.item == item}
    lots = {paid.lot.key: paid.lot for paid in facts.lots if paid.item == item}
    for lot in document.new_lots.get(item, ()):
        lots[lot.key], left[lot.key] = lot, Fraction(lot.units)
    for draw in document.ledgers[item].draws:
        if draw.lot is not None:
            left[draw.lot] -= draw.weighted
    days = [lot.last_day for key, lot in lots.items() if left[key] > 0 and lot.last_day is not None]
    return min(days, default=None)
