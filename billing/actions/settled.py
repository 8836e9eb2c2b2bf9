"""What a payment pays and has left, and which documents are open: what every verb on payments stands on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from billing.models import Allocation, OpenDocument, Payment
from billing.queries.receivables import owed
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Share:
    """So much of a payment for a document; `fee` is what the bank kept of it, closed with the reason."""

    document_id: int
    amount: Decimal
    fee: Decimal = Decimal(0)
    reason: str = ""


def hold_client(session: Session, tenant_id: int) -> None:
    """Nobody else spreads this client's money until the transaction ends."""
    session.execute(select(Tenant.tenant_id).where(Tenant.tenant_id == tenant_id).with_for_update())


def write_share(
    session: Session,
    payment: Payment,
    document_id: int,
    amount: Decimal,
    fee: Decimal,
    reason: str,
    on: date,
    by_id: int | None,
    at: datetime,
) -> None:
    """A row of what a payment pays; one that takes back has the opposite sign."""
    session.add(
        Allocation(
            tenant_id=payment.tenant_id,
            payment_id=payment.id,
            document_id=document_id,
            on_date=on,
            amount=amount,
            fee=fee,
            currency=payment.currency,
            reason=reason,
            made_at=at,
            by_id=by_id,
        )
    )


def pays_now(session: Session, payment: Payment) -> dict[int, Share]:
    """What a payment pays by all its rows."""
    sums: defaultdict[int, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    reasons: dict[int, str] = {}
    for row in session.scalars(
        select(Allocation)
        .where(Allocation.tenant_id == payment.tenant_id, Allocation.payment_id == payment.id)
        .order_by(Allocation.id)
    ):
        sums[row.document_id][0] += row.amount
        sums[row.document_id][1] += row.fee
        reasons[row.document_id] = row.reason
    return {
        document_id: Share(document_id, amount, fee, reasons[document_id])
        for document_id, (amount, fee) in sums.items()
        if amount or fee
    }


def standing_payments(session: Session, tenant_id: int, currency: str) -> list[Payment]:
    """Money that came in and was not taken back, oldest first."""
    back = aliased(Payment)
    taken_back = select(back.id).where(back.tenant_id == Payment.tenant_id, back.voids_id == Payment.id)
    return list(
        session.scalars(
            select(Payment)
            .where(
                Payment.tenant_id == tenant_id,
                Payment.currency == currency,
                Payment.voids_id.is_(None),
                Payment.refunds_id.is_(None),
                ~taken_back.exists(),
            )
            .order_by(Payment.paid_on, Payment.id)
        )
    )


def was_voided(session: Session, payment: Payment) -> bool:
    found = select(func.count()).where(Payment.tenant_id == payment.tenant_id, Payment.voids_id == payment.id)
    return bool(session.scalar(found))


def paid_back(session: Session, payment: Payment) -> Decimal:
    """How much of a payment went back to the client."""
    back = aliased(Payment)
    gone = session.scalar(
        select(func.sum(Payment.amount + func.coalesce(back.amount, 0)))
        .outerjoin(back, (back.tenant_id == Payment.tenant_id) & (back.voids_id == Payment.id))
        .where(Payment.tenant_id == payment.tenant_id, Payment.refunds_id == payment.id)
    )
    return -(gone or Decimal(0))


def note_open(session: Session, tenant_id: int, document_ids: Collection[int]) -> None:
    """Say of documents on which something came or went whether they are open now."""
    session.flush()
    for one in owed(session, tenant_id, also=document_ids):
        if one.document_id in document_ids:
            row = session.get(OpenDocument, (tenant_id, one.document_id))
            if one.open and row is None:
                session.add(OpenDocument(tenant_id=tenant_id, document_id=one.document_id))
            elif not one.open and row is not None:
                session.delete(row)
    session.flush()
