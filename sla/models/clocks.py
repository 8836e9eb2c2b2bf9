"""Clocks and the steps they climbed: tables."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.isolation import Model, Walled
from tenants.models import Instant, one_of


class Clock(Walled):
    """The folded state of one metric of one ticket: a cache of what the events say."""

    __tablename__ = "clock"

    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    metric: Mapped[str] = mapped_column(primary_key=True)
    cycle: Mapped[int] = mapped_column(default=0)
    status: Mapped[str]
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    next_due_at: Mapped[datetime | None] = mapped_column(Instant)
    target: Mapped[int | None] = mapped_column(BigInteger)
    spent: Mapped[int] = mapped_column(BigInteger, default=0)
    breached_at: Mapped[datetime | None] = mapped_column(Instant)
    terms: Mapped[str] = mapped_column(default="")
    calendar: Mapped[str] = mapped_column(default="")
    folded: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        one_of("metric", ("first_response", "next_response", "resolution")),
        one_of("status", ("running", "paused", "stopped", "cancelled", "none", "not_applicable")),
    )


Step = tuple[str, int, str]
"""What names a step among those of a ticket: (metric, cycle, step)."""


class Escalation(Model):
    """A step of a ladder that was reached, once per cycle; the key holds no due instant, since that may move.

    `terms` and `calendar` are those its ladder and its waiting are read from.
    """

    __tablename__ = "escalation"

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    metric: Mapped[str]
    cycle: Mapped[int]
    step: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    noticed_at: Mapped[datetime] = mapped_column(Instant)
    told_at: Mapped[datetime | None] = mapped_column(Instant)
    terms: Mapped[str] = mapped_column(default="")
    calendar: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        UniqueConstraint("tenant_id", "ticket_id", "metric", "cycle", "step"),
        Index("ix_escalation_noticed_at", "noticed_at"),
    )
