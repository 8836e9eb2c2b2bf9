"""Money that came in: payments and what each of them pays, and the bank's lines from which most are made."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, ForeignKeyConstraint, Identity, Index, Text, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.columns import Amount, Currency, known_currency, on_scale
from tenants.isolation import Desk, Model, Walled
from tenants.models import Instant, one_of

METHODS = ("bank", "direct_debit", "card", "cash", "other")


class BankImport(Desk):
    """A file of the bank's that was taken in; the same file a second time brings nothing new."""

    __tablename__ = "bank_import"
    __why__ = "one account of the desk takes the payments of many clients"
    __append_only__ = True

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str]
    layout: Mapped[str]
    sha256: Mapped[str]
    lines: Mapped[int]
    fresh: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)


class BankLine(Desk):
    """One line of the bank's. `hash` covers what it says and which of its like it is on its day.

    `taken_at` is set while a payment stands on it, `passed_at` where somebody said that it is no client's.
    """

    __tablename__ = "bank_line"
    __why__ = "whose money a line is must be found out first"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    import_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("bank_import.id"))
    hash: Mapped[str]
    on_date: Mapped[date] = mapped_column(Date)
    amount: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(Currency)
    payer: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    passed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Unique("hash"),
        known_currency(),
        Index("ix_bank_line_open", "on_date", "id", postgresql_where=text("taken_at IS NULL AND passed_at IS NULL")),
    )


class Payment(Model):
    """Money of one client. It never changes: what was entered wrongly is taken back by a row of the opposite sign.

    One below zero went back to the client, with the reason: out of the payment that it `refunds`.
    """

    __tablename__ = "payment"
    __append_only__ = True

    paid_on: Mapped[date] = mapped_column(Date)
    amount: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(Currency)
    method: Mapped[str]
    reference: Mapped[str] = mapped_column(Text, default="")
    bank_line_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("bank_line.id"))
    voids_id: Mapped[int | None] = mapped_column(BigInteger)
    refunds_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "voids_id"], ["payment.tenant_id", "payment.id"]),
        ForeignKeyConstraint(["tenant_id", "refunds_id"], ["payment.tenant_id", "payment.id"]),
        Unique("tenant_id", "voids_id"),
        one_of("method", METHODS),
        CheckConstraint("amount <> 0 AND (voids_id IS NOT NULL OR (amount > 0) = (refunds_id IS NULL))", name="sign"),
        CheckConstraint("refunds_id IS NULL OR reason <> ''", name="refund_reason"),
        on_scale("amount"),
        Index("ix_payment_tenant_id_paid_on", "tenant_id", "paid_on", "id"),
        Index("ix_payment_tenant_id_refunds_id", "tenant_id", "refunds_id"),
    )


class OpenDocument(Walled):
    """A document on which something is still to come in, or too much came; it goes when that is settled.

    What is asked of all that is open then costs as much as is open, however many documents there have been.
    """

    __tablename__ = "open_document"

    document_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)

    __table_args__ = (ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),)


class Allocation(Model):
    """So much of a payment pays a document from a day on; `fee` closes what the bank kept, with the reason.

    Taken back by a row of the opposite sign. What a payment has beyond its allocations is the client's credit.
    """

    __tablename__ = "allocation"
    __append_only__ = True

    payment_id: Mapped[int] = mapped_column(BigInteger)
    document_id: Mapped[int] = mapped_column(BigInteger)
    on_date: Mapped[date] = mapped_column(Date)
    amount: Mapped[Decimal] = mapped_column(Amount)
    fee: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(Currency)
    reason: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "payment_id"], ["payment.tenant_id", "payment.id"]),
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),
        CheckConstraint("fee = 0 OR reason <> ''", name="reason"),
        on_scale("amount", "fee"),
        Index("ix_allocation_tenant_id_document_id", "tenant_id", "document_id"),
        Index("ix_allocation_tenant_id_payment_id", "tenant_id", "payment_id"),
    )
