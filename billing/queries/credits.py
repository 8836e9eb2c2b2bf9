"""What of an issued invoice may still be credited, and what was."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import Document, DocumentLine, DocumentSource, DocumentTax
from billing.queries.documents import document, lines_of
from billing.rules.credit import CreditNote, InvoicedLine, invoiced_lines, left_to_credit
from billing.rules.money import Direction, Money
from billing.rules.tax import Tax
from billing.rules.totals import Adjustment, TaxGroup, Terms

CREDITABLE: Final = ("invoice", "sale", "replacement")


@dataclass(frozen=True, slots=True)
class Creditable:
    """An invoice as its next credit note sees it: what each line came to, and the notes so far."""

    document: Document
    told: Mapping[str, Any]
    rows: Sequence[DocumentLine]
    lines: Sequence[InvoicedLine]
    earlier: Sequence[CreditNote]
    terms: Terms

    @property
    def left(self) -> dict[str, Decimal]:
        """What may still be credited, by line key."""
        return left_to_credit(self.lines, self.earlier)

    @property
    def untouched(self) -> bool:
        return not self.earlier


def creditable(session: Session, tenant_id: int, document_id: int) -> Creditable | None:
    """None for a document that is none of this tenant's, and for one that is a credit note itself."""
    found = document(session, tenant_id, document_id)
    if found is None or found.kind not in CREDITABLE:
        return None
    told = json.loads(found.snapshot)
    terms = Terms(
        told["currency"],
        told["prices_include_tax"],
        cast("Direction", told["directions"]["amounts"]),
        cast("Direction", told["directions"]["tax"]),
    )
    lines = invoiced_lines(
        [(line["key"], _taxes(line["taxes"]), Decimal(line["amount"])) for line in told["lines"]],
        [Adjustment(Decimal(each["amount"]), _taxes(each["taxes"])) for each in told["allowances"]],
        terms.currency,
    )
    rows = lines_of(session, tenant_id, document_id)
    return Creditable(found, told, rows, lines, _earlier(session, found), terms)


def referring(session: Session, tenant_id: int, document_id: int) -> Sequence[Document]:
    """The credit notes and replacements of a document, oldest first."""
    return session.scalars(
        select(Document)
        .where(Document.tenant_id == tenant_id, Document.refers_to_id == document_id)
        .order_by(Document.id)
    ).all()


def live_sources(session: Session, tenant_id: int, document_id: int) -> Sequence[DocumentSource]:
    """What stands on a document and was not freed yet."""
    return session.scalars(
        select(DocumentSource)
        .where(DocumentSource.tenant_id == tenant_id, DocumentSource.document_id == document_id, DocumentSource.live)
        .order_by(DocumentSource.id)
    ).all()


def _earlier(session: Session, invoice: Document) -> list[CreditNote]:
    """With the decimals of the currency, not those of our columns: what is made of them is printed."""

    def stated(amount: Decimal) -> Decimal:
        return Money(amount, invoice.currency).amount

    notes = [note for note in referring(session, invoice.tenant_id, invoice.id) if note.kind == "credit_note"]
    ids = [note.id for note in notes]
    lines = session.scalars(
        select(DocumentLine).where(DocumentLine.tenant_id == invoice.tenant_id, DocumentLine.document_id.in_(ids))
    ).all()
    taxes = session.scalars(
        select(DocumentTax).where(DocumentTax.tenant_id == invoice.tenant_id, DocumentTax.document_id.in_(ids))
    ).all()
    return [
        CreditNote(
            {line.key: stated(line.amount) for line in lines if line.document_id == note.id},
            tuple(_group(tax, stated) for tax in taxes if tax.document_id == note.id),
            stated(note.net),
            stated(note.tax),
            stated(note.gross),
        )
        for note in notes
    ]


def _group(row: DocumentTax, stated: Callable[[Decimal], Decimal]) -> TaxGroup:
    base, amount = stated(row.base), stated(row.amount)
    return TaxGroup(Tax(row.category, row.rate, row.name), base, amount, base + amount)


def _taxes(rows: Sequence[Mapping[str, str]]) -> tuple[Tax, ...]:
    return tuple(Tax(row["category"], Decimal(row["rate"]), row["name"]) for row in rows)
