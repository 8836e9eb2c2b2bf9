"""What stands of money after the invoice in the world of the proofs: payments, a line of the bank's, a batch."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import BankLine, ExportBatch
from billing.rules.money import Money

CSV = "date,amount,payer\n2020-01-05,4321,ｼﾗﾅｲﾋﾄ\n"


def of_the_desk(session: Session, issuer_id: int, at: datetime) -> dict[str, int]:
    """As the desk: money that is nobody's yet, a batch for the accounts."""
    batch = ExportBatch(issuer_id=issuer_id, number=1, until=at.date(), made_at=at, sealed_at=at)
    session.add(batch)
    billing.take_in(session, CSV.encode(), "bank.csv", "generic", "JPY", None, at)
    return {"line_id": session.scalars(select(BankLine.id)).one(), "batch_id": batch.id}


def of_a_company(session: Session, tenant_id: int, words: str, by_id: int, at: datetime) -> dict[str, int]:
    """As one company: a payment with a credit left."""
    came = billing.Came(at.date(), Money(Decimal(100000), "JPY"), "bank", words)
    return {"payment_id": billing.enter_payment(session, tenant_id, came, None, by_id, at).id}
