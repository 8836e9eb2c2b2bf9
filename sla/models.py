"""Calendars, contracts with dated versions, clocks and escalations: tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.isolation import Model, Walled
from tenants.models import Instant, one_of


class Calendar(Model):
    """When a tenant's promises run; what it says is in its versions."""

    __tablename__ = "calendar"

    name: Mapped[str]

    __table_args__ = (UniqueConstraint("tenant_id", "name"),)


class CalendarVersion(Walled):
    """A calendar from an instant on, in the format of sla.md 1 with its holidays copied in. Never edited once begun."""

    __tablename__ = "calendar_version"

    calendar_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    since: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    hours: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (ForeignKeyConstraint(["tenant_id", "calendar_id"], ["calendar.tenant_id", "calendar.id"]),)


class Contract(Model):
    """What a tenant bought: a chain of dated versions. Its stamp changes with any of them, or of their calendars."""

    __tablename__ = "contract"

    name: Mapped[str]
    is_default: Mapped[bool] = mapped_column(default=True)
    stamp: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        Index("uq_contract_default", "tenant_id", unique=True, postgresql_where=text("is_default")),
    )


class ContractVersion(Model):
    """A contract from an instant on. `terms` is the format of sla.md 5, its calendars named by their ids as text."""

    __tablename__ = "contract_version"

    contract_id: Mapped[int] = mapped_column(BigInteger)
    since: Mapped[datetime] = mapped_column(Instant)
    mode: Mapped[str] = mapped_column(default="pinned")
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),
        UniqueConstraint("tenant_id", "contract_id", "since"),
        one_of("mode", ("carry", "restart", "improve", "pinned", "recount")),
    )


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


class Escalation(Model):
    """A step of a ladder that was reached, once per cycle; the key holds no due instant, since that may move."""

    __tablename__ = "escalation"

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    metric: Mapped[str]
    cycle: Mapped[int]
    step: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    noticed_at: Mapped[datetime] = mapped_column(Instant)
    told_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        UniqueConstraint("tenant_id", "ticket_id", "metric", "cycle", "step"),
    )
