"""Numbered batches for the accounts: what is new since the last one, client by client, then sealed for good."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from billing.ledger import digest
from billing.models import (
    Allocation,
    BillingAccount,
    Document,
    DocumentLine,
    DocumentTax,
    ExportBatch,
    Issuer,
    JournalRow,
    Payment,
)
from billing.queries.hand_over import rows_of
from billing.rules import journal
from tenants.errors import Refused
from tenants.models import Tenant


def begin_batch(session: Session, issuer_id: int, until: date, by_id: int | None, at: datetime) -> ExportBatch:
    """The next batch of an issuer; one that was begun and not sealed is gone on with."""
    if session.get(Issuer, issuer_id, with_for_update=True) is None:
        raise Refused("Choose one of these.", {"issuer": ["Choose one of these."]})
    standing = session.scalar(
        select(ExportBatch).where(ExportBatch.issuer_id == issuer_id, ExportBatch.sealed_at.is_(None))
    )
    if standing is not None:
        return standing
    last = session.scalar(select(func.max(ExportBatch.number)).where(ExportBatch.issuer_id == issuer_id)) or 0
    batch = ExportBatch(issuer_id=issuer_id, number=last + 1, until=until, made_at=at, by_id=by_id)
    session.add(batch)
    session.flush()
    return batch


def write_journal(session: Session, tenant_id: int, batch_id: int) -> int:
    """One client's part of an open batch: whatever was handed over in no batch yet. Answers how many rows."""
    session.execute(select(Tenant.tenant_id).where(Tenant.tenant_id == tenant_id).with_for_update())
    batch = session.get_one(ExportBatch, batch_id)
    if batch.sealed_at is not None:
        raise Refused("This batch is closed.")
    client = session.get_one(Tenant, tenant_id)
    rows = [
        *_documents(session, client, batch),
        *_payments(session, client, batch),
        *_allocations(session, client, batch),
    ]
    session.add_all(rows)
    session.flush()
    return len(rows)


def seal_batch(session: Session, batch_id: int, at: datetime) -> ExportBatch:
    """Nothing is added any more; an empty batch gives its number back."""
    batch = session.get_one(ExportBatch, batch_id, with_for_update=True)
    if batch.sealed_at is None:
        rows = rows_of(session, batch_id)
        if not rows:
            raise Refused("There is nothing new to hand over.")
        batch.row_count, batch.sha256, batch.sealed_at = len(rows), digest(rows), at
    return batch


def drop_empty_batch(session: Session, batch_id: int) -> None:
    """Nothing was new: the batch was never one."""
    batch = session.get(ExportBatch, batch_id, with_for_update=True)
    if batch is not None and batch.sealed_at is None and not rows_of(session, batch_id):
        session.delete(batch)


def _documents(session: Session, client: Tenant, batch: ExportBatch) -> list[JournalRow]:
    found = session.scalars(
        select(Document)
        .where(
            Document.tenant_id == client.tenant_id,
            Document.issuer_id == batch.issuer_id,
            Document.issued_on <= batch.until,
            ~_handed_over("document", Document),
        )
        .order_by(Document.id)
    ).all()
    ids = [one.id for one in found]
    lines = session.scalars(
        select(DocumentLine)
        .where(DocumentLine.tenant_id == client.tenant_id, DocumentLine.document_id.in_(ids))
        .order_by(DocumentLine.document_id, DocumentLine.place)
    ).all()
    taxes = session.scalars(
        select(DocumentTax)
        .where(DocumentTax.tenant_id == client.tenant_id, DocumentTax.document_id.in_(ids))
        .order_by(DocumentTax.id)
    ).all()
    rows = []
    for one in found:
        of = [tax for tax in taxes if tax.document_id == one.id]
        entry = journal.of_document(
            [
                journal.Line(
                    line.account,
                    line.amount,
                    tuple((each["category"], Decimal(each["rate"]), each["name"]) for each in line.taxes),
                )
                for line in lines
                if line.document_id == one.id
            ],
            journal.Totals(
                one.net,
                one.gross,
                one.payable,
                one.currency,
                {(tax.category, tax.rate, tax.name): tax.base for tax in of},
                {(tax.category, tax.rate, tax.name): tax.amount for tax in of},
            ),
            credit_note=one.kind == "credit_note",
        )
        head = ("document", one.id, one.issued_on, one.number, one.currency)
        rows += _rows(client, batch, head, entry, one.due_on)
    return rows


def _payments(session: Session, client: Tenant, batch: ExportBatch) -> list[JournalRow]:
    account = session.get(BillingAccount, client.tenant_id)
    if account is None or account.issuer_id != batch.issuer_id:
        return []
    found = session.scalars(
        select(Payment)
        .where(Payment.tenant_id == client.tenant_id, Payment.paid_on <= batch.until, ~_handed_over("payment", Payment))
        .order_by(Payment.id)
    ).all()
    rows = []
    for one in found:
        head = ("payment", one.id, one.paid_on, one.reference, one.currency)
        rows += _rows(client, batch, head, journal.of_payment(one.amount, one.method))
    return rows


def _allocations(session: Session, client: Tenant, batch: ExportBatch) -> list[JournalRow]:
    found = session.execute(
        select(Allocation, Document.number)
        .join(Document, (Document.tenant_id == Allocation.tenant_id) & (Document.id == Allocation.document_id))
        .where(
            Allocation.tenant_id == client.tenant_id,
            Document.issuer_id == batch.issuer_id,
            Allocation.on_date <= batch.until,
            ~_handed_over("allocation", Allocation),
        )
        .order_by(Allocation.id)
    ).all()
    rows = []
    for one, number in found:
        head = ("allocation", one.id, one.on_date, number, one.currency)
        rows += _rows(client, batch, head, journal.of_allocation(one.amount, one.fee))
    return rows


def _handed_over(source: str, row: type[Document | Payment | Allocation]) -> ColumnElement[bool]:
    return exists().where(
        JournalRow.tenant_id == row.tenant_id, JournalRow.source == source, JournalRow.source_id == row.id
    )


def _rows(
    client: Tenant,
    batch: ExportBatch,
    head: tuple[str, int, date, str, str],
    entry: tuple[journal.Row, ...],
    due_on: date | None = None,
) -> list[JournalRow]:
    source, source_id, on, number, currency = head
    return [
        JournalRow(
            tenant_id=client.tenant_id,
            batch_id=batch.id,
            source=source,
            source_id=source_id,
            place=place,
            on_date=on,
            due_on=due_on,
            number=number,
            partner=client.name,
            partner_key=client.key,
            side=row.side,
            account=row.account,
            amount=row.amount,
            tax=row.tax,
            currency=currency,
            category=row.category,
            rate=row.rate,
            text=number,
        )
        for place, row in enumerate(entry, 1)
    ]
