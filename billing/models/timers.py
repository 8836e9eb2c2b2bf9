"""Work under the clock: an agent's timers, visits that carry several tickets, and what he would not log."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.columns import Quantity
from billing.rules.stopwatch import Stopwatch
from tenants.isolation import Desk, Model
from tenants.models import Instant


class Timer(Desk):
    """Work of one agent on one ticket under the clock; only the start is kept, so that no crash loses a second.

    An agent has at most one that is not ended, running or paused. `seconds` are those before `running_since`; what an
    ended one counted stands in the ticket's tenant as an entry from `kept_at` on.
    """

    __tablename__ = "timer"
    __why__ = "starting work on one client's ticket ends what runs on another's, in one transaction"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    agent_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("agent.id"))
    about_tenant: Mapped[int] = mapped_column(BigInteger)
    ticket_id: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[datetime] = mapped_column(Instant)
    running_since: Mapped[datetime | None] = mapped_column(Instant)
    seconds: Mapped[int] = mapped_column(BigInteger, default=0)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    kept_at: Mapped[datetime | None] = mapped_column(Instant)
    warned_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("seconds >= 0", name="seconds"),
        CheckConstraint("ended_at IS NULL OR running_since IS NULL", name="ended"),
        CheckConstraint("kept_at IS NULL OR ended_at IS NOT NULL", name="kept"),
        Index("uq_timer_open", "agent_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_timer_agent_id_started_at", "agent_id", "started_at"),
    )

    @property
    def watch(self) -> Stopwatch:
        return Stopwatch(self.seconds, self.running_since)


class PassedOver(Desk):
    """A stretch of an agent's day that he said was no work to log; nothing is proposed in it again."""

    __tablename__ = "passed_over"
    __why__ = "an agent's day runs over many tenants, and what he would not log is his alone"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    agent_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("agent.id"))
    begin: Mapped[datetime] = mapped_column(Instant)
    end: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint('"begin" < "end"', name="span"),
        Index("ix_passed_over_agent_id_begin", "agent_id", "begin"),
    )


class Visit(Model):
    """One way to a site, however many tickets it served; its travel is charged or logged once."""

    __tablename__ = "visit"

    agent_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("agent.id"))
    site_id: Mapped[int | None] = mapped_column(BigInteger)
    contract_id: Mapped[int | None] = mapped_column(BigInteger)
    visited_at: Mapped[datetime] = mapped_column(Instant)
    km: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    zone: Mapped[str | None]
    key: Mapped[str | None]

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "site_id"], ["site.tenant_id", "site.id"]),
        ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),
        UniqueConstraint("tenant_id", "key"),
        CheckConstraint("km >= 0", name="km"),
        Index("ix_visit_tenant_id_visited_at", "tenant_id", "visited_at"),
    )
