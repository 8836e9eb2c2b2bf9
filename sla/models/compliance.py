"""What became of each promise, why one was broken, who disputes it, and the months that are closed: tables."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from sla.rules.disputes import REASONS, SIDES
from tenants.isolation import Model, Walled
from tenants.models import Instant, one_of

METRICS = ("first_response", "next_response", "resolution")


class CycleOutcome(Walled):
    """One cycle of one ticket as a month counts it, written by the fold; `decided_at` is null while it may be kept.

    `priority` is the one the cycle ended, broke or stands under. Cycle 0 says that the metric does not apply.
    """

    __tablename__ = "cycle_outcome"

    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    metric: Mapped[str] = mapped_column(primary_key=True)
    cycle: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str]
    priority: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime] = mapped_column(Instant)
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    breached_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    target: Mapped[int] = mapped_column(BigInteger, default=0)
    spent: Mapped[int] = mapped_column(BigInteger, default=0)
    terms: Mapped[str] = mapped_column(default="")
    calendar: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        one_of("metric", METRICS),
        one_of("state", ("running", "paused", "stopped", "cancelled", "not_applicable")),
        Index("ix_cycle_outcome_decided", "tenant_id", "decided_at"),
        Index("ix_cycle_outcome_open", "tenant_id", "started_at", postgresql_where=text("decided_at IS NULL")),
    )


class BreachReason(Walled):
    """Why a promise was broken, as the desk says: one of the codes, and words where there is more to say."""

    __tablename__ = "breach_reason"

    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    metric: Mapped[str] = mapped_column(primary_key=True)
    cycle: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str]
    words: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)
    by_name: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        one_of("metric", METRICS),
        one_of("code", REASONS),
    )


class Dispute(Model):
    """One side wants a cycle left out of the agreed figure; the other answers before the deadline, or it is rejected.

    `side` opened it. Of one cycle only one dispute is open or accepted at a time.
    """

    __tablename__ = "dispute"

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    metric: Mapped[str]
    cycle: Mapped[int]
    side: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    opened_by: Mapped[str]
    deadline: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[str] = mapped_column(default="open")
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_by: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        one_of("metric", METRICS),
        one_of("side", SIDES),
        one_of("status", ("open", "accepted", "rejected", "withdrawn")),
        Index(
            "uq_dispute_live",
            "tenant_id",
            "ticket_id",
            "metric",
            "cycle",
            unique=True,
            postgresql_where=text("status IN ('open', 'accepted')"),
        ),
        Index("ix_dispute_open", "tenant_id", "deadline", postgresql_where=text("status = 'open'")),
    )


class FrozenMonth(Model):
    """A closed month: its figures, and the snapshot that they and every list behind them are read from for ever.

    `snapshot` is canonical JSON, `sha256` its digest; `figures` repeats the counts so that a year is drawn from few
    bytes. Nobody has the right to change or delete a row.
    """

    __tablename__ = "frozen_month"
    __append_only__ = True

    month: Mapped[date]
    zone: Mapped[str]
    closed_at: Mapped[datetime] = mapped_column(Instant)
    closed_by: Mapped[str] = mapped_column(default="")
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    snapshot: Mapped[str] = mapped_column(Text, deferred=True)
    sha256: Mapped[str]

    __table_args__ = (UniqueConstraint("tenant_id", "month"),)


class CreditProposal(Model):
    """Percent of the fee that a closed month gives back by its contract's table; billing is asked, nobody is charged.

    `agreed` is the percentage it was read from. Once accepted it stands on the draft named here.
    """

    __tablename__ = "credit_proposal"
    __staff_only__ = True

    month: Mapped[date]
    agreed: Mapped[Decimal] = mapped_column(Numeric(7, 4))
    percent: Mapped[Decimal] = mapped_column(Numeric(7, 4))
    made_at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[str] = mapped_column(default="proposed")
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[str] = mapped_column(default="")
    draft_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("tenant_id", "month"),
        one_of("status", ("proposed", "accepted", "declined")),
    )
