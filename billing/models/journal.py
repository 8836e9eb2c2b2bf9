"""What leaves for the accounts: numbered batches that never change, their rows with each client."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Identity, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.columns import Amount, Currency, Percent, on_scale
from tenants.isolation import Desk, Model
from tenants.models import Instant, one_of

ENTRY_SOURCES = ("document", "payment", "allocation")


class ExportBatch(Desk):
    """A numbered hand-over to the accounts, over what was issued and paid up to a day; `sha256` is of all its rows.

    It is open while its clients' rows are written, one transaction each, and never changes once it is sealed.
    """

    __tablename__ = "export_batch"
    __why__ = "one batch for the accounts runs over all clients"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    issuer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("issuer.id"))
    number: Mapped[int]
    until: Mapped[date] = mapped_column(Date)
    row_count: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    sealed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("issuer_id", "number"),)


class JournalRow(Model):
    """One side of an entry: positive amounts, `side` says debit or credit; an entry is all rows of one source."""

    __tablename__ = "journal_row"
    __staff_only__ = True
    __append_only__ = True

    batch_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("export_batch.id"))
    source: Mapped[str]
    source_id: Mapped[int] = mapped_column(BigInteger)
    place: Mapped[int]
    on_date: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date | None] = mapped_column(Date)
    number: Mapped[str]
    partner: Mapped[str]
    partner_key: Mapped[str]
    side: Mapped[str]
    account: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(Amount)
    tax: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(Currency)
    category: Mapped[str] = mapped_column(default="")
    rate: Mapped[Decimal | None] = mapped_column(Percent)
    text: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "source_id", "place"),
        one_of("source", ENTRY_SOURCES),
        one_of("side", ("debit", "credit")),
        CheckConstraint("amount > 0", name="amount"),
        on_scale("amount", "tax"),
        Index("ix_journal_row_batch_id", "batch_id", "tenant_id", "id"),
    )
