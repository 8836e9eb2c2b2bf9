"""Drafts of documents: recomputed from the facts as often as those change, until one is issued."""

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
from billing.models.columns import Amount, Currency, Price, Quantity, on_scale
from tenants.isolation import Model, Walled
from tenants.models import Instant, one_of

SOURCE_KINDS = ("time", "fee", "count", "ticket", "lot", "draw", "milestone", "manual", "visit")


class DocumentDraft(Model):
    """The document a tenant's period would get if it were issued now. Equal facts have an equal `calc_hash`.

    A sale's period is the day of supply. `moved` is what the last computation changed, line by line, and why.
    """

    __tablename__ = "document_draft"
    __staff_only__ = True

    issuer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("issuer.id"))
    kind: Mapped[str]
    period_start: Mapped[date] = mapped_column(Date)
    period_end: Mapped[date] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(Currency)
    net: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    tax: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    gross: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    payable: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    seconds: Mapped[int] = mapped_column(BigInteger, default=0)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    flags: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    ahead: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    moved: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    blocked: Mapped[bool] = mapped_column(default=False)
    calc_hash: Mapped[str] = mapped_column(default="")
    computed_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own attribute
    __table_args__ = (
        Index(
            "uq_document_draft_period",
            "tenant_id",
            "issuer_id",
            "kind",
            "period_start",
            "currency",
            unique=True,
            postgresql_where=text("kind = 'invoice'"),
        ),
        one_of("kind", DOCUMENT_KINDS),
        CheckConstraint("period_end > period_start", name="period"),
        on_scale("net", "tax", "gross", "payable"),
        Index("ix_document_draft_tenant_id_period_end", "tenant_id", "period_end"),
    )


class DraftLine(Model):
    """One line of a draft. Its text is made from role, name and dates in the language of whoever reads it."""

    __tablename__ = "draft_line"
    __staff_only__ = True

    draft_id: Mapped[int] = mapped_column(BigInteger)
    place: Mapped[int]
    key: Mapped[str]
    role: Mapped[str]
    name: Mapped[str] = mapped_column(Text)
    item: Mapped[str | None]
    work_type: Mapped[str | None]
    band: Mapped[str | None]
    site_id: Mapped[int | None] = mapped_column(BigInteger)
    since: Mapped[date | None] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit: Mapped[str] = mapped_column(default="C62")
    base_quantity: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(1))
    price: Mapped[Decimal] = mapped_column(Price)
    currency: Mapped[str] = mapped_column(Currency)
    charges: Mapped[list[str]] = mapped_column(JSONB, default=list)
    allowances: Mapped[list[str]] = mapped_column(JSONB, default=list)
    amount: Mapped[Decimal] = mapped_column(Amount)
    taxes: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    account: Mapped[str] = mapped_column(default="")
    po_number: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(Text, default="")
    explain: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "draft_id"], ["document_draft.tenant_id", "document_draft.id"]),
        UniqueConstraint("tenant_id", "draft_id", "place"),
        CheckConstraint("base_quantity > 0", name="base_quantity"),
        CheckConstraint("until > since", name="span"),
        on_scale("amount"),
    )


class ManualLine(Model):
    """A line somebody wrote on a draft; it stays when the draft is recomputed.

    A sale's line may name what it sells (`source_kind`, `source_id`: a lot); that stands on one document only.
    """

    __tablename__ = "manual_line"
    __staff_only__ = True

    draft_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit: Mapped[str] = mapped_column(default="C62")
    price: Mapped[Decimal] = mapped_column(Price)
    tax_code: Mapped[str] = mapped_column(default="standard")
    account: Mapped[str] = mapped_column(default="")
    source_kind: Mapped[str | None]
    source_id: Mapped[int | None] = mapped_column(BigInteger)
    by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("agent.id"))
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "draft_id"], ["document_draft.tenant_id", "document_draft.id"]),
        one_of("source_kind", SOURCE_KINDS),
        CheckConstraint("(source_kind IS NULL) = (source_id IS NULL)", name="source"),
        UniqueConstraint("tenant_id", "source_kind", "source_id", name="uq_manual_line_source"),
        Index("ix_manual_line_tenant_id_draft_id", "tenant_id", "draft_id"),
    )


class DraftSource(Walled):
    """What a draft's line is made of, down to the part of an entry. A part stands on one draft only.

    Work that a flat fee covers has no line of its own; it is the document's all the same.
    """

    __tablename__ = "draft_source"
    __staff_only__ = True

    kind: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    part: Mapped[str] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(BigInteger)
    line_id: Mapped[int | None] = mapped_column(BigInteger)
    on_date: Mapped[date] = mapped_column(Date)
    worked: Mapped[Decimal | None] = mapped_column(Quantity)
    charged: Mapped[Decimal | None] = mapped_column(Quantity)
    rule: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "draft_id"], ["document_draft.tenant_id", "document_draft.id"]),
        ForeignKeyConstraint(["tenant_id", "line_id"], ["draft_line.tenant_id", "draft_line.id"]),
        one_of("kind", SOURCE_KINDS),
        Index("ix_draft_source_tenant_id_draft_id", "tenant_id", "draft_id"),
        Index("ix_draft_source_tenant_id_line_id", "tenant_id", "line_id"),
    )


class LineOverride(Walled):
    """What somebody put in the place of computed figures of a line, and the figures that stood there then."""

    __tablename__ = "line_override"
    __staff_only__ = True

    draft_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(primary_key=True)
    quantity: Mapped[Decimal | None] = mapped_column(Quantity)
    price: Mapped[Decimal | None] = mapped_column(Price)
    name: Mapped[str | None] = mapped_column(Text)
    seen_quantity: Mapped[Decimal | None] = mapped_column(Quantity)
    seen_price: Mapped[Decimal | None] = mapped_column(Price)
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("agent.id"))
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "draft_id"], ["document_draft.tenant_id", "document_draft.id"]),
    )
