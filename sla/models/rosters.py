"""Who is on call at the desk, who was called in, who has a running promise in hand: tables."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.isolation import Desk, Walled
from tenants.models import Instant


class Roster(Desk):
    """A weekly plan of who is on call, read on the wall clock of its zone.

    `shifts` and `quiet` are the format of `sla.rules.roster.read`; the people of a shift take turns by the week, which
    begins at `hand_over_time` on `hand_over_day` (0 is Monday), the first of them in the week of `since`.
    """

    __tablename__ = "roster"
    __why__ = "people of the desk are on call for many tenants"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    zone: Mapped[str] = mapped_column(default="Asia/Tokyo")
    since: Mapped[date]
    hand_over_day: Mapped[int] = mapped_column(default=0)
    hand_over_time: Mapped[str] = mapped_column(default="09:00")
    shifts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    quiet: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    retired_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("hand_over_day BETWEEN 0 AND 6", name="hand_over_day"),)


class Swap(Desk):
    """Somebody stands in from one instant to another, whatever the weekly plan says; of two the later made counts."""

    __tablename__ = "roster_swap"
    __why__ = "people of the desk are on call for many tenants"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    roster_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("roster.id"))
    login_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("agent.id"))
    begins_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    why: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        CheckConstraint("begins_at < ends_at", name="length"),
        Index("ix_roster_swap_roster_id_ends_at", "roster_id", "ends_at"),
    )


class Acknowledgement(Walled):
    """Somebody of the desk has a cycle of a promise in hand: from then on nobody else is told of its steps."""

    __tablename__ = "acknowledgement"
    __staff_only__ = True

    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    metric: Mapped[str] = mapped_column(primary_key=True)
    cycle: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(BigInteger)
    by_name: Mapped[str]

    __table_args__ = (ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),)


class Watcher(Walled):
    """A person of the desk who was called in beside the ticket's owner and hears what the owner hears."""

    __tablename__ = "watcher"
    __staff_only__ = True

    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    login_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    since: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),)


class ClockProcess(Desk):
    """One running copy of the clock process, which says from time to time that it lives."""

    __tablename__ = "clock_process"
    __why__ = "a clock works for all tenants"

    name: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    turns: Mapped[int] = mapped_column(BigInteger, default=0)
    folded: Mapped[int] = mapped_column(BigInteger, default=0)
