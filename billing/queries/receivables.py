"""What is open: documents with what came in on them, clients' credit, ageing on any day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from billing.models import Allocation, Document, OpenDocument, Payment
from billing.queries.credits import CREDITABLE
from billing.rules.ageing import Bucket, Claim, ageing
from billing.rules.money import Money
from tenants.isolation import among

Key = tuple[int, int]
"""Tenant and document."""
Standing = Literal["paid", "part", "overdue", "open", "over"]
BUCKETS: Final[tuple[Bucket, ...]] = ("current", "1-30", "31-60", "61-90", "over 90")


@dataclass(frozen=True, slots=True)
class Owed:
    """An issued document that somebody owes. Its claim is numbered so that no other of the client has that number."""

    tenant_id: int
    document_id: int
    number: str
    kind: str
    claim: Claim

    @property
    def open(self) -> Money:
        """What is open by all that is known."""
        return self.claim.open_on(date.max)

    def standing(self, day: date) -> Standing:
        """Paid, part paid, overdue, open, or over: more came in than was owed."""
        rest, whole = self.claim.open_on(day).amount, self.claim.total.amount
        if rest < 0:
            return "over"
        if rest == 0:
            return "paid"
        if day > self.claim.due:
            return "overdue"
        return "open" if rest == whole else "part"


def owed(
    session: Session, tenant_id: int | None = None, *, also: Collection[int] = (), day: date | None = None
) -> list[Owed]:
    """Documents that are open, of one client or of all the caller sees, oldest due first; four statements.

    `also` names documents that may be settled; `day` adds those that were open at the end of a past day.
    """
    keys = _open(session, tenant_id)
    if tenant_id is not None:
        keys |= {(tenant_id, document_id) for document_id in also}
    if day is not None:
        keys |= {key for key in _moved_since(session, day) if tenant_id in (None, key[0])}
    if not keys:
        return []
    paid, credited = _paid(session, keys), _credited(session, keys)
    asked = (
        select(
            Document.tenant_id,
            Document.id,
            Document.number,
            Document.kind,
            Document.issued_on,
            Document.due_on,
            Document.payable,
            Document.currency,
        )
        .where(Document.kind.in_(CREDITABLE), *_of(Document.tenant_id, Document.id, keys))
        .order_by(Document.due_on, Document.id)
    )
    return [
        Owed(
            tenant,
            document_id,
            number,
            kind,
            Claim(
                number=f"{number}#{document_id}",
                issued=issued,
                due=due,
                total=Money(payable, currency),
                paid=_dated(paid[tenant, document_id], currency),
                credited=_dated(credited[tenant, document_id], currency),
            ),
        )
        for tenant, document_id, number, kind, issued, due, payable, currency in session.execute(asked)
        if (tenant, document_id) in keys
    ]


def open_ones(found: Iterable[Owed], currency: str | None = None) -> list[Owed]:
    """Those on which something is still to come in."""
    return [one for one in found if one.open.amount > 0 and currency in (None, one.open.currency)]


def credit_of(session: Session, tenant_id: int | None = None, day: date = date.max) -> dict[tuple[int, str], Money]:
    """What clients paid beyond what it was used for by a day, by client and currency; zero is left out."""
    came = select(Payment.tenant_id, Payment.currency, func.sum(Payment.amount)).where(Payment.paid_on <= day)
    went = select(Allocation.tenant_id, Allocation.currency, func.sum(Allocation.amount)).where(
        Allocation.on_date <= day
    )
    if tenant_id is not None:
        came, went = came.where(Payment.tenant_id == tenant_id), went.where(Allocation.tenant_id == tenant_id)
    sums: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for tenant, currency, amount in session.execute(came.group_by(Payment.tenant_id, Payment.currency)):
        sums[tenant, currency] += amount
    for tenant, currency, amount in session.execute(went.group_by(Allocation.tenant_id, Allocation.currency)):
        sums[tenant, currency] -= amount
    return {key: Money(amount, key[1]) for key, amount in sums.items() if amount}


@dataclass(frozen=True, slots=True)
class Aged:
    """What one client owes in one currency on a day, by how long it is due; `credit` is not taken off."""

    tenant_id: int
    currency: str
    buckets: dict[Bucket, Money]
    total: Money
    credit: Money


def aged(session: Session, day: date) -> list[Aged]:
    """Every client with something open, or a credit, at the end of a day."""
    by: dict[tuple[int, str], list[Claim]] = defaultdict(list)
    for one in owed(session, day=day):
        if one.claim.open_on(day).amount:
            by[one.tenant_id, one.claim.total.currency].append(one.claim)
    credit = credit_of(session, day=day)
    lines = []
    for tenant, currency in sorted({*by, *credit}):
        buckets = ageing(by[tenant, currency], day, currency)
        whole = sum(buckets.values(), Money.zero(currency))
        lines.append(Aged(tenant, currency, buckets, whole, credit.get((tenant, currency), Money.zero(currency))))
    return lines


def totals(lines: Sequence[Aged]) -> list[Aged]:
    """One line for each currency."""
    sums: dict[str, Aged] = {}
    for line in lines:
        before = sums.get(line.currency)
        sums[line.currency] = (
            replace(line, tenant_id=0)
            if before is None
            else Aged(
                0,
                line.currency,
                {name: before.buckets[name] + line.buckets[name] for name in BUCKETS},
                before.total + line.total,
                before.credit + line.credit,
            )
        )
    return [sums[currency] for currency in sorted(sums)]


def _open(session: Session, tenant_id: int | None) -> set[Key]:
    asked = select(OpenDocument.tenant_id, OpenDocument.document_id)
    if tenant_id is not None:
        asked = asked.where(OpenDocument.tenant_id == tenant_id)
    return {(tenant, document_id) for tenant, document_id in session.execute(asked)}


def _moved_since(session: Session, day: date) -> set[Key]:
    """Documents that something came in on, or was credited of, after a day."""
    came = select(Allocation.tenant_id, Allocation.document_id).where(Allocation.on_date > day)
    gone = select(Document.tenant_id, Document.refers_to_id).where(
        Document.kind == "credit_note", Document.issued_on > day
    )
    return {(tenant, document_id or 0) for asked in (came, gone) for tenant, document_id in session.execute(asked)}


def _of(
    tenant: InstrumentedAttribute[int], document: InstrumentedAttribute[Any], keys: Collection[Key]
) -> tuple[ColumnElement[bool], ...]:
    """Rows of documents that have one of these ids at one of these clients; a few too many are passed over later."""
    return among(tenant, {each for each, _ in keys}), among(document, {each for _, each in keys})


def _paid(session: Session, keys: Collection[Key]) -> defaultdict[Key, list[tuple[date, Decimal]]]:
    """What came in on each document by day, fees among it."""
    asked = select(
        Allocation.tenant_id,
        Allocation.document_id,
        Allocation.on_date,
        func.sum(Allocation.amount + Allocation.fee),
    ).where(*_of(Allocation.tenant_id, Allocation.document_id, keys))
    found = defaultdict(list)
    for tenant, document_id, on, amount in session.execute(
        asked.group_by(Allocation.tenant_id, Allocation.document_id, Allocation.on_date)
    ):
        found[tenant, document_id].append((on, amount))
    return found


def _credited(session: Session, keys: Collection[Key]) -> defaultdict[Key, list[tuple[date, Decimal]]]:
    """What was credited of each document by day."""
    asked = select(Document.tenant_id, Document.refers_to_id, Document.issued_on, Document.payable).where(
        Document.kind == "credit_note", *_of(Document.tenant_id, Document.refers_to_id, keys)
    )
    found = defaultdict(list)
    for tenant, document_id, on, amount in session.execute(asked):
        found[tenant, document_id or 0].append((on, amount))
    return found


def _dated(rows: Iterable[tuple[date, Decimal]], currency: str) -> tuple[tuple[date, Money], ...]:
    return tuple((on, Money(amount, currency)) for on, amount in sorted(rows))
