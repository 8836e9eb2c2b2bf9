"""An invoice in the world of the proofs that was credited in part, each company's by another amount."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import DocumentLine
from tests.prove import uneven

ONE = Decimal(1)
LONG_AGO = timedelta(days=31 * 4)
CLOSING = 20
"""The day on which both companies' months closed then: what they were charged for is the same span."""


def of_a_company(
    session: Session, key: str, tenant_id: int, ticket_id: int, agent_id: int, owner_id: int, words: str, at: datetime
) -> dict[str, Any]:
    """As one company that is billed: the invoice's id."""
    begun = at - LONG_AGO
    said = {"work_type": "remote", "started_at": begun, "ended_at": begun + timedelta(hours=2), "text": words}
    billing.log_time(session, tenant_id, ticket_id, agent_id, said, at)
    draft = billing.draft_of_day(session, tenant_id, begun.date(), at)
    assert draft is not None
    if key != uneven.FIRST:  # one row of tax more: those of later documents have other ids than the other company's
        billing.add_line(
            session, tenant_id, draft.id, owner_id, at, name=words, quantity=ONE, price=Decimal(100), tax_code="reduced"
        )
    invoice = billing.issue(session, tenant_id, draft.id, owner_id, at)
    first = select(DocumentLine.key).where(DocumentLine.tenant_id == tenant_id, DocumentLine.document_id == invoice.id)
    line = session.scalars(first.order_by(DocumentLine.place)).first()
    assert line is not None
    amount = Decimal(307 if key == uneven.FIRST else 205)
    billing.credit_invoice(session, tenant_id, invoice.id, words, owner_id, at, wanted={line: amount})
    return {"credited_id": invoice.id}
