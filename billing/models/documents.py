"""Issued documents, their lines, taxes and sources: written once, in one transaction, and never again."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.accounts import DOCUMENT_KINDS
from billing.models.columns import Amount, Currency, Percent, Price, Quantity, on_scale
from billing.models.drafts import SOURCE_KINDS
from tenants.isolation import Model
from tenants.models import Instant, one_of


class Document(Model):
    """An issued document. The snapshot is all that PDF and XML are made of; its hash is chained in `series_link`.

    `period_start` is set on recurring documents only, of which there is one per tenant, issuer, kind and currency.
    """

    __tablename__ = "document"
    __append_only__ = True

    issuer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("issuer.id"))
    kind: Mapped[str]
    number: Mapped[str]
    issued_at: Mapped[datetime] = mapped_column(Instant)
    issued_on: Mapped[date] = mapped_column(Date)
    issued_by_id: Mapped[int | None] = mapped_column(BigInteger)
    due_on: Mapped[date] = mapped_column(Date)
    period_start: Mapped[date | None] = mapped_column(Date)
    period_end: Mapped[date | None] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(Currency)
    net: Mapped[Decimal] = mapped_column(Amount)
    tax: Mapped[Decimal] = mapped_column(Amount)
    gross: Mapped[Decimal] = mapped_column(Amount)
    payable: Mapped[Decimal] = mapped_column(Amount)
    line_count: Mapped[int]
    refers_to_id: Mapped[int | None] = mapped_column(BigInteger)
    snapshot: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str]
    hash: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "issuer_id", "kind", "period_start", "currency", name="uq_document_period"),
        UniqueConstraint("tenant_id", "issuer_id", "kind", "number", name="uq_document_number"),
        ForeignKeyConstraint(["tenant_id", "refers_to_id"], ["document.tenant_id", "document.id"]),
        one_of("kind", DOCUMENT_KINDS),
        CheckConstraint("period_end > period_start", name="period"),
        CheckConstraint("(period_start IS NULL) = (period_end IS NULL)", name="both_ends"),
        CheckConstraint("net + tax = gross", name="sum"),
        on_scale("net", "tax", "gross", "payable"),
        Index("ix_document_tenant_id_issued_on", "tenant_id", "issued_on", "id"),
        Index("ix_document_tenant_id_period_end", "tenant_id", "period_end"),
        Index("ix_document_tenant_id_refers_to_id", "tenant_id", "refers_to_id"),
    )


class DocumentLine(Model):
    """One line as it was issued."""

    __tablename__ = "document_line"
    __append_only__ = True

    document_id: Mapped[int] = mapped_column(BigInteger)
    place: Mapped[int]
    key: Mapped[str]
    role: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    item: Mapped[str | None]
    work_type: Mapped[str | None]
    band: Mapped[str | None]
    site_id: Mapped[int | None] = mapped_column(BigInteger)
    since: Mapped[date | None] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit: Mapped[str]
    base_quantity: Mapped[Decimal] = mapped_column(Quantity)
    price: Mapped[Decimal] = mapped_column(Price)
    currency: Mapped[str] = mapped_column(Currency)
    charges: Mapped[list[str]] = mapped_column(JSONB)
    allowances: Mapped[list[str]] = mapped_column(JSONB)
    amount: Mapped[Decimal] = mapped_column(Amount)
    taxes: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    account: Mapped[str]
    po_number: Mapped[str]
    explain: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),
        UniqueConstraint("tenant_id", "document_id", "place"),
        on_scale("amount"),
    )


class DocumentTax(Model):
    """The tax of one category and rate on a document, rounded once."""

    __tablename__ = "document_tax"
    __append_only__ = True

    document_id: Mapped[int] = mapped_column(BigInteger)
    category: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(Percent)
    name: Mapped[str] = mapped_column(default="")
    currency: Mapped[str] = mapped_column(Currency)
    base: Mapped[Decimal] = mapped_column(Amount)
    amount: Mapped[Decimal] = mapped_column(Amount)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),
        UniqueConstraint("tenant_id", "document_id", "category", "rate", "name"),
        on_scale("base", "amount"),
    )


class DocumentSource(Model):
    """What an issued line is made of. While it is live nothing of it can be billed again; a credit note frees it.

    Work that a flat fee covers has no line of its own.
    """

    __tablename__ = "document_source"

    document_id: Mapped[int] = mapped_column(BigInteger)
    line_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str]
    source_id: Mapped[int] = mapped_column(BigInteger)
    part: Mapped[str]
    on_date: Mapped[date] = mapped_column(Date)
    worked: Mapped[Decimal | None] = mapped_column(Quantity)
    charged: Mapped[Decimal | None] = mapped_column(Quantity)
    rule: Mapped[str] = mapped_column(default="")
    live: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),
        ForeignKeyConstraint(["tenant_id", "line_id"], ["document_line.tenant_id", "document_line.id"]),
        one_of("kind", SOURCE_KINDS),
        Index(
            "uq_document_source_live",
            "tenant_id",
            "kind",
            "source_id",
            "part",
            unique=True,
            postgresql_where=text("live"),
        ),
        Index("ix_document_source_tenant_id_document_id", "tenant_id", "document_id"),
        Index("ix_document_source_tenant_id_line_id", "tenant_id", "line_id"),
    )


class BilledAhead(Model):
    """What a line billed in advance, so that a later change knows what to credit. Price and quantity are per cycle."""

    __tablename__ = "billed_ahead"
    __staff_only__ = True
    __append_only__ = True

    document_id: Mapped[int] = mapped_column(BigInteger)
    item: Mapped[str]
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)
    cycle_start: Mapped[date] = mapped_column(Date)
    cycle_end: Mapped[date] = mapped_column(Date)
    price: Mapped[Decimal] = mapped_column(Price)
    quantity: Mapped[Decimal] = mapped_column(Quantity)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),
        CheckConstraint("until > since AND cycle_end > cycle_start", name="spans"),
        Index("ix_billed_ahead_tenant_id_until", "tenant_id", "until"),
        Index("ix_billed_ahead_tenant_id_document_id", "tenant_id", "document_id"),
    )


class Rendering(Model):
    """A file made from a document's snapshot, where it is kept and its hash; made again, its bytes are the same."""

    __tablename__ = "rendering"
    __append_only__ = True

    document_id: Mapped[int] = mapped_column(BigInteger)
    format: Mapped[str]
    place: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    made_with: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),
        UniqueConstraint("tenant_id", "document_id", "format"),
        one_of("format", ("pdf", "ubl")),
    )
