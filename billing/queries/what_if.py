"""What a real month would have cost under other items, beside what it does cost; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import Document as IssuedRow
from billing.models import DocumentLine as IssuedLine
from billing.models import EntryState, TimeEntry
from billing.queries.contracts import items_of
from billing.queries.facts import Subject, facts_of, subject_of
from billing.rules.invoice.document import Document, DocumentLine
from billing.rules.invoice.engine import invoice
from billing.rules.invoice.facts import Contract, Facts, PaidLot, Version
from billing.rules.invoice.items import Fixed, Item, PerUnit, Pool
from billing.rules.money import round_to
from billing.rules.periods import Period
from billing.rules.timesheet.parts import TimeTerms
from billing.schemas import read_item, read_terms
from tenants.errors import Refused

LONG_BEFORE: Final = timedelta(days=400)
PRICE_PLACES: Final = 6
MEANT: Final = (EntryState.DRAFT, EntryState.SUBMITTED, EntryState.APPROVED, EntryState.BILLED)
ELSEWHERE: Final = "what-if"


@dataclass(frozen=True, slots=True)
class SideLine:
    """One line as it stands or would stand. `price` is per `base_quantity` of the unit."""

    key: str
    role: str
    name: str
    work_type: str | None
    band: str | None
    quantity: Decimal
    unit: str
    base_quantity: Decimal
    price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Side:
    """What a month amounts to. `findings` are (level, fault, subject): what could not be priced or decided."""

    net: Decimal
    tax: Decimal
    gross: Decimal
    lines: tuple[SideLine, ...]
    findings: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The same work, counts and tickets twice: as agreed (`issued` where its document is out), and under other items.

    `seconds` is the month's billable time.
    """

    period: Period
    currency: str
    seconds: int
    issued: bool
    real: Side
    other: Side

    @property
    def change(self) -> Decimal:
        return self.other.net - self.real.net

    def told(self) -> dict[str, Any]:
        """Plain facts for JSON; amounts as text, the period's end exclusive."""
        return {
            "period_start": self.period.begin.isoformat(),
            "period_end": self.period.end.isoformat(),
            "currency": self.currency,
            "billable_seconds": self.seconds,
            "issued": self.issued,
            "real": _told(self.real),
            "other": _told(self.other),
            "change": str(self.change),
        }


def what_if(
    session: Session,
    tenant_id: int,
    period: Period,
    items: Sequence[Mapping[str, Any]],
    *,
    time: TimeTerms | None = None,
    lots: Sequence[PaidLot] = (),
    counts: Mapping[str, Mapping[date, int]] | None = None,
) -> WhatIf:
    """A month under other items: mappings of key, kind, name, terms and options as `add_item` takes them.

    Fees paid ahead or for several months count with their share of one month; nothing is carried in but `lots`. Time
    is counted as the tenant's own contract does, units as they were counted, unless told. Raises marshmallow's
    `ValidationError` for terms nobody can bill, `Refused` where nobody said how to bill the tenant.
    """
    read = [
        read_terms(item["key"], item["kind"], item["name"], item["terms"], item.get("options") or {}) for item in items
    ]
    return _replayed(session, tenant_id, period, read, time, lots, counts)


def what_if_version(session: Session, tenant_id: int, period: Period, version_id: int) -> WhatIf:
    """A month under the items of another version of any of the tenant's contracts."""
    read = [read_item(row) for row in items_of(session, tenant_id, version_id)]
    return _replayed(session, tenant_id, period, read, None, (), None)


def _replayed(
    session: Session,
    tenant_id: int,
    period: Period,
    items: Sequence[Item],
    time: TimeTerms | None,
    lots: Sequence[PaidLot],
    counts: Mapping[str, Mapping[date, int]] | None,
) -> WhatIf:
    subject = subject_of(session, tenant_id)
    if subject is None:
        raise Refused("Nobody has said yet how this client is billed.")
    work = _work(session, tenant_id, period)
    facts = facts_of(session, subject, period, None, work, lambda span: _work(session, tenant_id, span))
    issued = _issued(session, subject, period)
    elsewhere = facts if counts is None else replace(facts, counts=counts)
    return WhatIf(
        period=period,
        currency=facts.terms.currency,
        seconds=sum(entry.billable_seconds for entry in work),
        issued=issued is not None,
        real=issued or _side(invoice(facts)),
        other=_side(invoice(_under(elsewhere, items, time, lots))),
    )


def _under(facts: Facts, items: Sequence[Item], time: TimeTerms | None, lots: Sequence[PaidLot]) -> Facts:
    """The same facts with one contract that has held for long; what was chosen by hand names items that are gone."""
    own = next((contract.on(facts.period.last_day) for contract in facts.contracts if contract.default), None)
    version = Version(
        begin=facts.period.begin - LONG_BEFORE,
        items=tuple(_monthly(item) for item in items),
        time=time or (own.time if own else facts.desk_time),
        travel=own.travel if own else (),
    )
    return replace(
        facts,
        contracts=(Contract(ELSEWHERE, (version,), default=True),),
        entries=tuple(replace(entry, contract=None, item=None, ticket_item=None) for entry in facts.entries),
        visits=tuple(replace(visit, contract=None) for visit in facts.visits),
        tickets=tuple(replace(ticket, contract=None) for ticket in facts.tickets),
        lots=tuple(lots),
        ahead=(),
        counted_before={},
    )


def _monthly(item: Item) -> Item:
    """The item's share of one month, billed afterwards; prices to 6 decimals."""
    months = item.months

    def share(price: Decimal) -> Decimal:
        return price if months == 1 else round_to(Fraction(price) / months, PRICE_PLACES, "half_up")

    kind = item.kind
    if isinstance(kind, Fixed | Pool):
        kind = replace(kind, price=share(kind.price))
    elif isinstance(kind, PerUnit):
        price = None if kind.price is None else share(kind.price)
        kind = replace(kind, price=price, tiers=tuple(replace(tier, price=share(tier.price)) for tier in kind.tiers))
    cap = None if item.cap is None else share(item.cap)
    return replace(item, kind=kind, timing="arrears", months=1, minimum=share(item.minimum), cap=cap)


def _work(session: Session, tenant_id: int, period: Period) -> list[TimeEntry]:
    rows = session.scalars(
        select(TimeEntry)
        .where(
            TimeEntry.tenant_id == tenant_id,
            TimeEntry.state.in_(MEANT),
            TimeEntry.worked_on >= period.begin,
            TimeEntry.worked_on < period.end,
            TimeEntry.billable_seconds > 0,
        )
        .order_by(TimeEntry.worked_on, TimeEntry.started_at, TimeEntry.id)
    )
    return list(rows.all())


def _issued(session: Session, subject: Subject, period: Period) -> Side | None:
    """What the month's document says, where it is out."""
    row = session.scalar(
        select(IssuedRow).where(
            IssuedRow.tenant_id == subject.tenant_id,
            IssuedRow.kind == "invoice",
            IssuedRow.period_start == period.begin,
            IssuedRow.currency == subject.account.currency,
        )
    )
    if row is None:
        return None
    lines = session.scalars(
        select(IssuedLine)
        .where(IssuedLine.tenant_id == subject.tenant_id, IssuedLine.document_id == row.id)
        .order_by(IssuedLine.place)
    )
    return Side(row.net, row.tax, row.gross, tuple(_of_row(line) for line in lines.all()))


def _of_row(line: IssuedLine) -> SideLine:
    return SideLine(
        line.key, line.role, line.text, line.work_type, line.band, line.quantity, line.unit, line.base_quantity,
        line.price, line.amount,
    )  # fmt: skip


def _side(document: Document) -> Side:
    foot = document.totals
    findings = [("error", finding) for finding in document.errors]
    findings += [("decision", finding) for finding in document.decisions]
    return Side(
        foot.net,
        foot.tax,
        foot.gross,
        tuple(_of_engine(line) for line in document.lines),
        tuple((level, finding.fault, finding.subject) for level, finding in findings),
    )


def _of_engine(line: DocumentLine) -> SideLine:
    return SideLine(
        line.key, line.role, line.name, line.work_type, line.band, line.line.quantity, line.unit,
        line.line.base_quantity, line.line.price, line.amount,
    )  # fmt: skip


def _told(side: Side) -> dict[str, Any]:
    return {
        "net": str(side.net),
        "tax": str(side.tax),
        "gross": str(side.gross),
        "lines": [
            {
                "key": line.key,
                "role": line.role,
                "name": line.name,
                "work_type": line.work_type,
                "band": line.band,
                "quantity": str(line.quantity),
                "unit": line.unit,
                "base_quantity": str(line.base_quantity),
                "price": str(line.price),
                "amount": str(line.amount),
            }
            for line in side.lines
        ],
        "findings": [{"level": level, "fault": fault, "subject": subject} for level, fault, subject in side.findings],
    }
