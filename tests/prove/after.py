"""What stands of money after the invoice in the world of the proofs: payments, a line of the bank's, a batch."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import BankLine, DocumentLine, ExportBatch, Run
from billing.rules.money import Money
from msp.files import files

CSV = "date,amount,payer\n2020-01-05,4321,ｼﾗﾅｲﾋﾄ\n"
NAMED = "date,amount,payer\n2020-01-06,99,{payer}\n"


def of_the_desk(session: Session, issuer_id: int, payer: str, at: datetime) -> dict[str, int]:
    """As the desk: money that is nobody's yet, some with a client's name; a batch for the accounts, a run stopped."""
    batch = ExportBatch(issuer_id=issuer_id, number=1, until=at.date(), made_at=at, sealed_at=at)
    session.add(batch)
    stopped = {"state": "stopped", "drafts": [], "started_at": at, "ended_at": at}
    session.add(Run(issuer_id=issuer_id, kind="invoice", month=date(2026, 2, 1), **stopped))
    billing.take_in(session, CSV.encode(), "bank.csv", "generic", "JPY", None, at)
    line_id = session.scalars(select(BankLine.id)).one()
    billing.take_in(session, NAMED.format(payer=payer).encode(), "named.csv", "generic", "JPY", None, at)
    return {"line_id": line_id, "batch_id": batch.id}


def of_a_company(
    session: Session, tenant_id: int, document_id: int, words: str, by_id: int, at: datetime
) -> dict[str, object]:
    """As one company: money of which a part pays, an electronic form, a sale to be issued."""
    came = billing.Came(at.date(), Money(Decimal(100000), "JPY"), "bank", words)
    paid = billing.enter_payment(session, tenant_id, came, [billing.Share(document_id, Decimal(50))], by_id, at)
    kept, digest = files().keep(tenant_id, words.encode())
    billing.note_rendering(
        session,
        tenant_id,
        document_id,
        "ubl",
        place=kept,
        size=len(words),
        sha256=digest,
        made_with="world",
        at=at,
    )
    line = billing.SaleLine(name=words, quantity=Decimal(1), price=Decimal(1000))
    sale = billing.draft_sale(session, tenant_id, [line], by_id, at)
    first = select(DocumentLine.key).where(DocumentLine.tenant_id == tenant_id, DocumentLine.document_id == document_id)
    key = session.scalars(first.order_by(DocumentLine.place)).first()
    return {"document_line_key": key, "payment_id": paid.id, "sale_id": sale.id, "sale_hash": sale.calc_hash}
