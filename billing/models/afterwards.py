"""What happens to a document once it is issued: how it is sent, opened, accepted or questioned, and reminded of."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.columns import Amount, Currency, on_scale
from tenants.isolation import Model
from tenants.models import Instant, one_of

HELD = ("", "no_address", "do_not_send", "later")


class Dispatch(Model):
    """One sending of a document by mail: held with its reason, waiting until `leaves_at`, or written.

    `key` finds the mail that was written for it.
    """

    __tablename__ = "dispatch"
    __staff_only__ = True

    document_id: Mapped[int] = mapped_column(BigInteger)
    turn: Mapped[int]
    state: Mapped[str]
    held: Mapped[str] = mapped_column(default="")
    leaves_at: Mapped[datetime | None] = mapped_column(Instant)
    made_at: Mapped[datetime] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),
        UniqueConstraint("tenant_id", "document_id", "turn"),
        one_of("state", ("waiting", "held", "stopped", "written")),
        one_of("held", HELD),
        CheckConstraint("(state = 'held') = (held <> '')", name="why"),
        CheckConstraint("state <> 'waiting' OR leaves_at IS NOT NULL", name="when"),
        Index("ix_dispatch_state", "state", "leaves_at"),
    )

    @property
    def key(self) -> str:
        return f"document:{self.document_id}:{self.turn}"


class Opening(Model):
    """The first time that a person of the client opened a document in the portal."""

    __tablename__ = "opening"
    __append_only__ = True

    document_id: Mapped[int] = mapped_column(BigInteger)
    contact_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),
        ForeignKeyConstraint(["tenant_id", "contact_id"], ["contact.tenant_id", "contact.id"]),
        UniqueConstraint("tenant_id", "document_id", "contact_id"),
    )


class LineWord(Model):
    """One word about a line of an invoice: accepted, questioned, said, settled or withdrawn. The last decides.

    `by_desk` says from which side it is; the name stays with the word.
    """

    __tablename__ = "line_word"
    __append_only__ = True

    document_id: Mapped[int] = mapped_column(BigInteger)
    line_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    text: Mapped[str] = mapped_column(Text, default="")
    by_desk: Mapped[bool]
    by_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),
        ForeignKeyConstraint(["tenant_id", "line_id"], ["document_line.tenant_id", "document_line.id"]),
        one_of("kind", ("accept", "question", "say", "settle", "withdraw")),
        CheckConstraint("kind NOT IN ('question', 'say') OR text <> ''", name="said"),
        Index("ix_line_word_tenant_id_document_id", "tenant_id", "document_id", "id"),
    )


class Reminded(Model):
    """A reminder that was sent for a document, at most one on a day; `level` counts from 1."""

    __tablename__ = "reminded"
    __staff_only__ = True
    __append_only__ = True

    document_id: Mapped[int] = mapped_column(BigInteger)
    level: Mapped[int]
    name: Mapped[str]
    sent_on: Mapped[date] = mapped_column(Date)
    amount: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(Currency)
    mail_key: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),
        UniqueConstraint("tenant_id", "document_id", "sent_on"),
        CheckConstraint("level > 0", name="level"),
        on_scale("amount"),
    )
