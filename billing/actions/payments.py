"""Money that came in: entered, spread over what is open, spread anew, taken back. Nothing of it is ever changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.actions.settled import (
    Share,
    hold_client,
    note_open,
    paid_back,
    pays_now,
    standing_payments,
    was_voided,
    write_share,
)
from billing.models import BankLine, Payment
from billing.queries.receivables import Owed, open_ones, owed
from billing.rules.money import Money
from billing.rules.payments import settle
from tenants.errors import Refused


@dataclass(frozen=True, slots=True)
class Came:
    """A payment as somebody enters it, or as the bank tells it."""

    paid_on: date
    amount: Money
    method: str = "bank"
    reference: str = ""
    bank_line_id: int | None = None


def oldest_first(
    session: Session, tenant_id: int, amount: Money, fee: Money | None = None, reason: str = ""
) -> list[Share]:
    """How a payment would be spread: oldest due first, then by number."""
    open_now = open_ones(owed(session, tenant_id), amount.currency)
    found = {one.claim.number: one.document_id for one in open_now}
    settled = settle(amount, [one.claim for one in open_now], date.max, fee=fee, reason=reason)
    return [Share(found[each.number], each.amount.amount, each.fee.amount, each.reason) for each in settled.allocated]


def enter_payment(
    session: Session, tenant_id: int, came: Came, shares: Sequence[Share] | None, by_id: int | None, at: datetime
) -> Payment:
    """Money of a client, spread as said, or by itself where nothing is said. What is over stays his credit.

    Raises Refused for a share above what is open, shares above the payment, and a line of the bank's that is taken.
    """
    hold_client(session, tenant_id)
    if came.amount.amount <= 0:
        raise Refused("Enter an amount above zero.", {"amount": ["Enter an amount above zero."]})
    if came.bank_line_id is not None:
        _take_line(session, came.bank_line_id, at)
    payment = Payment(
        tenant_id=tenant_id,
        paid_on=came.paid_on,
        amount=came.amount.amount,
        currency=came.amount.currency,
        method=came.method,
        reference=came.reference,
        bank_line_id=came.bank_line_id,
        made_at=at,
        by_id=by_id,
    )
    session.add(payment)
    session.flush()
    said = oldest_first(session, tenant_id, came.amount) if shares is None else shares
    _spread(session, payment, {}, said, came.paid_on, by_id, at)
    return payment


def spread_anew(
    session: Session,
    tenant_id: int,
    payment_id: int,
    shares: Sequence[Share],
    on: date,
    by_id: int | None,
    at: datetime,
) -> None:
    """Other documents, or other amounts, for a payment; what stood before is taken back by rows of its own."""
    hold_client(session, tenant_id)
    payment = _standing(session, tenant_id, payment_id)
    if payment.refunds_id is not None:
        raise Refused("Money that was paid back pays nothing.")
    _spread(session, payment, pays_now(session, payment), shares, on, by_id, at)


def use_credit(session: Session, tenant_id: int, currency: str, on: date, by_id: int | None, at: datetime) -> Money:
    """What clients paid beyond their documents pays what is open now, oldest first. Answers how much was used."""
    hold_client(session, tenant_id)
    used = Money.zero(currency)
    for payment in standing_payments(session, tenant_id, currency):
        before = pays_now(session, payment)
        taken = sum((share.amount for share in before.values()), Decimal(0))
        free = payment.amount - taken - paid_back(session, payment)
        if free <= 0:
            continue
        fresh = oldest_first(session, tenant_id, Money(free, currency))
        merged = {share.document_id: share for share in before.values()}
        for share in fresh:
            old = merged.get(share.document_id)
            whole = share.amount + (old.amount if old else 0)
            merged[share.document_id] = Share(
                share.document_id, whole, old.fee if old else Decimal(0), old.reason if old else ""
            )
            used += Money(share.amount, currency)
        _spread(session, payment, before, list(merged.values()), on, by_id, at)
    if not used:
        raise Refused("There is nothing to use it for.")
    return used


def void_payment(
    session: Session, tenant_id: int, payment_id: int, reason: str, on: date, by_id: int | None, at: datetime
) -> Payment:
    """A payment that was none: a row of the opposite sign takes back what it paid; its bank line is free again."""
    hold_client(session, tenant_id)
    if not reason.strip():
        raise Refused("Say why it is taken back.", {"reason": ["Say why it is taken back."]})
    payment = _standing(session, tenant_id, payment_id)
    if paid_back(session, payment):
        raise Refused("Some of it was paid back; take that back first.")
    back = Payment(
        tenant_id=tenant_id,
        paid_on=max(on, payment.paid_on),
        amount=-payment.amount,
        currency=payment.currency,
        method=payment.method,
        reference=payment.reference,
        voids_id=payment.id,
        reason=reason.strip(),
        made_at=at,
        by_id=by_id,
    )
    session.add(back)
    session.flush()
    shares = pays_now(session, payment)
    for share in shares.values():
        write_share(
            session, back, share.document_id, -share.amount, -share.fee, reason.strip(), back.paid_on, by_id, at
        )
    note_open(session, tenant_id, shares.keys())
    if payment.bank_line_id is not None:
        session.get_one(BankLine, payment.bank_line_id, with_for_update=True).taken_at = None
    session.flush()
    return back


def _spread(
    session: Session,
    payment: Payment,
    before: Mapping[int, Share],
    shares: Sequence[Share],
    on: date,
    by_id: int | None,
    at: datetime,
) -> None:
    """Write the difference between what a payment pays and what it shall pay."""
    wanted = {share.document_id: share for share in shares if share.amount or share.fee}
    if any(share.amount < 0 or share.fee < 0 for share in wanted.values()):
        raise Refused("Enter amounts of zero or more.")
    if any(share.fee and not share.reason.strip() for share in wanted.values()):
        raise Refused("Say why the rest is closed.")
    kept = payment.amount - paid_back(session, payment)
    if sum((share.amount for share in wanted.values()), Decimal(0)) > kept:
        raise Refused("This is more than came in.")
    known = {one.document_id: one for one in owed(session, payment.tenant_id, also={*before, *wanted})}
    for document_id in sorted({*before, *wanted}):
        old, new = before.get(document_id), wanted.get(document_id)
        amount = (new.amount if new else Decimal(0)) - (old.amount if old else Decimal(0))
        fee = (new.fee if new else Decimal(0)) - (old.fee if old else Decimal(0))
        _check(known.get(document_id), payment.currency, amount + fee)
        if amount or fee:
            reason = (new.reason if new and new.reason else old.reason if old else "").strip()
            write_share(session, payment, document_id, amount, fee, reason, on, by_id, at)
    note_open(session, payment.tenant_id, {*before, *wanted})


def _check(one: Owed | None, currency: str, more: Decimal) -> None:
    if one is None or one.claim.total.currency != currency:
        raise Refused("There is no such document.")
    if more > 0 and more > max(one.open.amount, Decimal(0)):
        raise Refused("More than is open on %(number)s.", number=one.number)


def _standing(session: Session, tenant_id: int, payment_id: int) -> Payment:
    payment = session.get(Payment, (tenant_id, payment_id))
    if payment is None:
        raise Refused("There is nothing here.")
    if payment.voids_id is not None or was_voided(session, payment):
        raise Refused("It was taken back already.")
    return payment


def _take_line(session: Session, line_id: int, at: datetime) -> None:
    line = session.scalar(
        select(BankLine).where(BankLine.id == line_id).with_for_update().execution_options(populate_existing=True)
    )
    if line is None or line.taken_at is not None:
        raise Refused("This line of the bank’s is taken already.")
    line.taken_at, line.passed_at = at, None
