"""Money paid back to a client: what he has with us beyond his documents, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from billing.actions.settled import hold_client, note_open, paid_back, pays_now, standing_payments, write_share
from billing.models import Payment
from billing.queries.receivables import owed
from billing.rules.money import Money
from tenants.errors import Refused


@dataclass(frozen=True, slots=True)
class Back:
    """A refund as somebody enters it."""

    paid_on: date
    amount: Money
    reason: str
    method: str = "bank"
    reference: str = ""


def pay_back(session: Session, tenant_id: int, said: Back, by_id: int | None, at: datetime) -> Sequence[Payment]:
    """Pay a client's credit back, then what documents have beyond their amount: a row for each payment it came with.

    Raises `Refused` without a reason, for an amount that is none, and for more than the client has with us.
    """
    hold_client(session, tenant_id)
    if not said.reason.strip():
        raise Refused("Say why it is paid back.", {"reason": ["Say why it is paid back."]})
    if said.amount.amount <= 0:
        raise Refused("Enter an amount above zero.", {"amount": ["Enter an amount above zero."]})
    payments = standing_payments(session, tenant_id, said.amount.currency)
    free = {payment.id: _free(session, payment) for payment in payments}
    missing = said.amount.amount - sum(free.values(), Decimal(0))
    if missing > 0:
        for payment_id, amount in _release(session, payments, missing, said, by_id, at).items():
            free[payment_id] += amount
    left, rows = said.amount.amount, []
    for payment in payments:
        part = min(left, free[payment.id])
        if part > 0:
            rows.append(_row(payment, part, said, by_id, at))
            left -= part
    if left:
        sentence = "This is more than the client has with us."
        raise Refused(sentence, {"amount": [sentence]})
    session.add_all(rows)
    session.flush()
    return rows


def _free(session: Session, payment: Payment) -> Decimal:
    shares = sum((share.amount for share in pays_now(session, payment).values()), Decimal(0))
    return payment.amount - shares - paid_back(session, payment)


def _release(
    session: Session, payments: Sequence[Payment], missing: Decimal, said: Back, by_id: int | None, at: datetime
) -> dict[int, Decimal]:
    """Take off documents what was paid beyond them, the latest payment first; by payment."""
    freed: dict[int, Decimal] = {}
    over = {one.document_id: -one.open.amount for one in owed(session, payments[0].tenant_id)} if payments else {}
    for payment in reversed(payments):
        for share in pays_now(session, payment).values():
            part = min(missing, share.amount, max(over.get(share.document_id, Decimal(0)), Decimal(0)))
            if part > 0:
                on = max(said.paid_on, payment.paid_on)
                write_share(session, payment, share.document_id, -part, Decimal(0), said.reason, on, by_id, at)
                freed[payment.id] = freed.get(payment.id, Decimal(0)) + part
                over[share.document_id] -= part
                missing -= part
                note_open(session, payment.tenant_id, [share.document_id])
    return freed


def _row(payment: Payment, part: Decimal, said: Back, by_id: int | None, at: datetime) -> Payment:
    return Payment(
        tenant_id=payment.tenant_id,
        paid_on=max(said.paid_on, payment.paid_on),
        amount=-part,
        currency=payment.currency,
        method=said.method,
        reference=said.reference,
        refunds_id=payment.id,
        reason=said.reason.strip(),
        made_at=at,
        by_id=by_id,
    )
