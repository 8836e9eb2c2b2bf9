"""Payments and the bank's lines as pages show them, and whose a line seems to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from billing.models import Allocation, BankImport, BankLine, BillingAccount, Document, Payment
from billing.queries.receivables import open_ones, owed
from billing.rules.ageing import Claim
from billing.rules.matching import Match, Payer, match
from billing.rules.money import Money
from tenants.models import Tenant

MOST_FEE = {"JPY": Decimal(990)}
"""What a transfer costs at most where it is kept back: banks' fees for 30,000 yen and more, with tax."""


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment with what it pays now (document -> amount, fee), and whether it was taken back.

    `back` is how much of it went back to the client; a refund itself is a payment below zero.
    """

    payment: Payment
    shares: dict[int, tuple[Decimal, Decimal, str]]
    voided: bool
    back: Decimal = Decimal(0)

    @property
    def free(self) -> Decimal:
        taken = sum((amount for amount, _fee, _reason in self.shares.values()), Decimal(0))
        return Decimal(0) if self.voided or self.refund else self.payment.amount - taken - self.back

    @property
    def refund(self) -> bool:
        return self.payment.refunds_id is not None


def payments(session: Session, tenant_id: int | None = None, limit: int = 100) -> list[Paid]:
    """The newest first, of one client or of all the caller sees; reversals stand with what they took back."""
    back = aliased(Payment)
    asked = (
        select(Payment, back.id)
        .outerjoin(back, (back.tenant_id == Payment.tenant_id) & (back.voids_id == Payment.id))
        .where(Payment.voids_id.is_(None))
        .order_by(Payment.paid_on.desc(), Payment.id.desc())
        .limit(limit)
    )
    if tenant_id is not None:
        asked = asked.where(Payment.tenant_id == tenant_id)
    rows = session.execute(asked).all()
    found = [payment for payment, _ in rows]
    shares, gone = _shares(session, found), _gone_back(session, found)
    return [
        Paid(one, shares[one.tenant_id, one.id], voided is not None, gone[one.tenant_id, one.id])
        for one, voided in rows
    ]


def payment(session: Session, tenant_id: int, payment_id: int) -> Paid | None:
    """One payment; None for one that is none of this client's, and for a reversal."""
    found = session.get(Payment, (tenant_id, payment_id))
    if found is None or found.voids_id is not None:
        return None
    voided = session.scalar(select(Payment.id).where(Payment.tenant_id == tenant_id, Payment.voids_id == payment_id))
    key = (tenant_id, payment_id)
    return Paid(found, _shares(session, [found])[key], voided is not None, _gone_back(session, [found])[key])


def allocations_of(session: Session, tenant_id: int, document_id: int) -> Sequence[tuple[Allocation, Payment]]:
    """What came in on a document, row by row."""
    rows = session.execute(
        select(Allocation, Payment)
        .join(Payment, (Payment.tenant_id == Allocation.tenant_id) & (Payment.id == Allocation.payment_id))
        .where(Allocation.tenant_id == tenant_id, Allocation.document_id == document_id)
        .order_by(Allocation.made_at, Allocation.id)
    )
    return [(allocation, paid) for allocation, paid in rows]


def numbers_of(session: Session, documents: Sequence[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """The numbers of documents by (tenant, id)."""
    ids = sorted({document_id for _, document_id in documents})
    rows = session.execute(select(Document.tenant_id, Document.id, Document.number).where(Document.id.in_(ids)))
    return {(tenant, document_id): number for tenant, document_id, number in rows}


def open_lines(session: Session, limit: int = 100) -> Sequence[BankLine]:
    """Lines of the bank's that are nobody's yet, oldest first."""
    return session.scalars(
        select(BankLine)
        .where(BankLine.taken_at.is_(None), BankLine.passed_at.is_(None))
        .order_by(BankLine.on_date, BankLine.id)
        .limit(limit)
    ).all()


def imports(session: Session, limit: int = 5) -> Sequence[BankImport]:
    """The files that came last."""
    return session.scalars(select(BankImport).order_by(BankImport.id.desc()).limit(limit)).all()


def matches(session: Session, lines: Sequence[BankLine]) -> dict[int, Match]:
    """Whose each line seems to be, by its id; an open document is proposed for one line only."""
    if not lines:
        return {}
    payers, found = payers_of(session), {}
    for line in lines:
        amount = Money(line.amount, line.currency)
        one = match(line.payer, amount, payers, Money(MOST_FEE.get(line.currency, Decimal(0)), line.currency))
        if one is not None:
            found[line.id] = one
            payers = [_without(payer, one.numbers) if payer.tenant == one.tenant else payer for payer in payers]
    return found


def payers_of(session: Session) -> list[Payer]:
    """Every client the caller sees that is billed, with its names and what is open."""
    claims: defaultdict[int, list[Claim]] = defaultdict(list)
    for one in open_ones(owed(session)):
        claims[one.tenant_id].append(one.claim)
    rows = session.execute(
        select(Tenant.tenant_id, Tenant.name, Tenant.kana, BillingAccount.recipient)
        .join(BillingAccount, BillingAccount.tenant_id == Tenant.tenant_id)
        .order_by(Tenant.tenant_id)
    )
    return [
        Payer(tenant, tuple(name for name in names if name), tuple(claims[tenant])) for tenant, *names in rows.all()
    ]


def _without(payer: Payer, numbers: Sequence[str]) -> Payer:
    left = tuple(claim for claim in payer.claims if claim.number not in numbers)
    return Payer(payer.tenant, payer.names, left)


def _gone_back(session: Session, found: Sequence[Payment]) -> defaultdict[tuple[int, int], Decimal]:
    """How much of each payment was paid back, less what of that was taken back."""
    gone: defaultdict[tuple[int, int], Decimal] = defaultdict(Decimal)
    if not found:
        return gone
    back = aliased(Payment)
    rows = session.execute(
        select(Payment.tenant_id, Payment.refunds_id, func.sum(-Payment.amount - func.coalesce(back.amount, 0)))
        .outerjoin(back, (back.tenant_id == Payment.tenant_id) & (back.voids_id == Payment.id))
        .where(Payment.refunds_id.in_(sorted({one.id for one in found})))
        .group_by(Payment.tenant_id, Payment.refunds_id)
    )
    for tenant, payment_id, amount in rows:
        gone[tenant, payment_id or 0] = amount
    return gone


def _shares(
    session: Session, found: Sequence[Payment]
) -> defaultdict[tuple[int, int], dict[int, tuple[Decimal, Decimal, str]]]:
    shares: defaultdict[tuple[int, int], dict[int, tuple[Decimal, Decimal, str]]] = defaultdict(dict)
    if not found:
        return shares
    rows = session.execute(
        select(
            Allocation.tenant_id,
            Allocation.payment_id,
            Allocation.document_id,
            func.sum(Allocation.amount),
            func.sum(Allocation.fee),
            func.max(Allocation.reason),
        )
        .where(Allocation.payment_id.in_(sorted({one.id for one in found})))
        .group_by(Allocation.tenant_id, Allocation.payment_id, Allocation.document_id)
    )
    for tenant, payment_id, document_id, amount, fee, reason in rows:
        if amount or fee:
            shares[tenant, payment_id][document_id] = (amount, fee, reason)
    return shares
