"""Time entries: what was worked, what both sides may read of it, and every change made to it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
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
)
from sqlalchemy import text as condition
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.prices import MODES
from tenants.isolation import Model, Walled
from tenants.models import Instant, one_of

VERBS = ("log", "edit", "submit", "approve", "reject", "write_off", "bill", "release", "drop", "merge", "move")


class EntryState(StrEnum):
    """Where an entry stands on its way to a document; being on a draft document is its draft source, not a state.

    A dropped one counts nowhere: its owner took it out, it was merged into another, or it moved to another tenant.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    BILLED = "billed"
    REJECTED = "rejected"
    WRITTEN_OFF = "written_off"
    NON_BILLABLE = "non_billable"
    DROPPED = "dropped"


class TimeEntry(Model):
    """Work of one agent on one ticket. Raw seconds are what was worked, billable ones what may be charged.

    Without an end it was typed as a length; without a start too, as a length on a day. Charged seconds and the rule's
    name stand here once it is billed; from then on the database itself keeps the row as it is.
    """

    __tablename__ = "time_entry"

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    agent_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("agent.id"))
    agent_name: Mapped[str]
    work_type: Mapped[str] = mapped_column(ForeignKey("work_type.code"))
    mode: Mapped[str] = mapped_column(default="remote")
    site_id: Mapped[int | None] = mapped_column(BigInteger)
    contract_id: Mapped[int | None] = mapped_column(BigInteger)
    item_key: Mapped[str | None]
    visit_id: Mapped[int | None] = mapped_column(BigInteger)
    worked_on: Mapped[date] = mapped_column(Date)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    raw_seconds: Mapped[int] = mapped_column(BigInteger)
    billable_seconds: Mapped[int] = mapped_column(BigInteger)
    charged_seconds: Mapped[int | None] = mapped_column(BigInteger)
    rule: Mapped[str | None]
    text: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(default=EntryState.DRAFT)
    key: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    approved_by_id: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own attribute
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        ForeignKeyConstraint(["tenant_id", "site_id"], ["site.tenant_id", "site.id"]),
        ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),
        ForeignKeyConstraint(["tenant_id", "visit_id"], ["visit.tenant_id", "visit.id"]),
        UniqueConstraint("tenant_id", "key"),
        one_of("state", tuple(EntryState)),
        one_of("mode", MODES),
        CheckConstraint("raw_seconds >= 0 AND billable_seconds >= 0", name="seconds"),
        CheckConstraint("ended_at >= started_at", name="span"),
        CheckConstraint("ended_at IS NULL OR started_at IS NOT NULL", name="begun"),
        Index("ix_time_entry_tenant_id_ticket_id", "tenant_id", "ticket_id", "worked_on", "id"),
        Index("ix_time_entry_tenant_id_state", "tenant_id", "state", "worked_on"),
        Index("ix_time_entry_tenant_id_agent_id", "tenant_id", "agent_id", "worked_on"),
        Index(
            "uq_time_entry_travel",
            "tenant_id",
            "visit_id",
            unique=True,
            postgresql_where=condition("mode = 'travel' AND visit_id IS NOT NULL AND state <> 'dropped'"),
        ),
    )

    @property
    def locked(self) -> bool:
        return self.state == EntryState.BILLED


class TimeNote(Walled):
    """What an entry says to the desk alone."""

    __tablename__ = "time_note"
    __staff_only__ = True

    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Text)

    __table_args__ = (ForeignKeyConstraint(["tenant_id", "entry_id"], ["time_entry.tenant_id", "time_entry.id"]),)


class WriteOff(Model):
    """Time the desk decided not to charge: how much, by whom and why."""

    __tablename__ = "write_off"
    __staff_only__ = True
    __append_only__ = True

    entry_id: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("agent.id"))
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "entry_id"], ["time_entry.tenant_id", "time_entry.id"]),
        CheckConstraint("seconds > 0", name="seconds"),
        Index("ix_write_off_tenant_id_entry_id", "tenant_id", "entry_id"),
    )


class TimeChange(Model):
    """One change of a time entry: what it was before and what it is now, field by field."""

    __tablename__ = "time_change"
    __staff_only__ = True
    __append_only__ = True

    entry_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    verb: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "entry_id"], ["time_entry.tenant_id", "time_entry.id"]),
        one_of("verb", VERBS),
        Index("ix_time_change_tenant_id_entry_id", "tenant_id", "entry_id", "id"),
    )
