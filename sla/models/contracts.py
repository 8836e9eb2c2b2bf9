"""Contracts with dated versions, surge packs over them, and changes on their way to the tickets: tables."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.isolation import Model
from tenants.models import Instant, one_of


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
    """A contract from an instant on. `terms` is the format of sla.md 5, its calendars named by their ids as text.

    One that has begun is never edited; one that has not may be withdrawn, and stays to be seen.
    """

    __tablename__ = "contract_version"

    contract_id: Mapped[int] = mapped_column(BigInteger)
    since: Mapped[datetime] = mapped_column(Instant)
    mode: Mapped[str] = mapped_column(default="pinned")
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_at: Mapped[datetime | None] = mapped_column(Instant)
    by_name: Mapped[str] = mapped_column(default="")
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),
        Index(
            "uq_contract_version_since",
            "tenant_id",
            "contract_id",
            "since",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        one_of("mode", ("carry", "restart", "improve", "pinned", "recount")),
    )


class SurgePack(Model):
    """More service for a while: terms laid over whatever version holds, from a start to an end, at a price.

    The desk proposes, the client's admin approves or declines. What was agreed is not edited; it may end early.
    `charge` says what becomes of its price: once approved it waits for a draft, and whoever bills decides on it once.
    """

    __tablename__ = "surge_pack"

    contract_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    price: Mapped[Decimal | None] = mapped_column(Numeric(18, 6))
    currency: Mapped[str] = mapped_column(default="JPY")
    item_key: Mapped[str] = mapped_column(default="")
    message: Mapped[str] = mapped_column(default="")
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    proposed_by: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="proposed")
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by: Mapped[str] = mapped_column(default="")
    charge: Mapped[str] = mapped_column(default="none")
    charge_draft_id: Mapped[int | None] = mapped_column(BigInteger)
    charge_decided_at: Mapped[datetime | None] = mapped_column(Instant)
    charge_decided_by: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),
        one_of("status", ("proposed", "approved", "declined", "withdrawn")),
        one_of("charge", ("none", "proposed", "accepted", "declined")),
        CheckConstraint("starts_at < ends_at", name="ends_later"),
        CheckConstraint("price >= 0", name="price"),
    )

    @property
    def begins(self) -> datetime:
        """When it lies over the contract; what is approved late begins with the approval."""
        return max(self.starts_at, self.decided_at) if self.decided_at else self.starts_at

    @property
    def ends(self) -> datetime:
        return min(self.ends_at, self.ended_at) if self.ended_at else self.ends_at


class Remeasuring(Model):
    """A change of a contract or calendar on its way to the tickets it concerns; each of its batches is a row of work.

    `since` is the instant from which it bears on them; a restatement's lies in the past and reaches done tickets too.
    `total` tickets are counted when it begins; `batches` are those still to be done.
    """

    __tablename__ = "remeasuring"

    contract_id: Mapped[int] = mapped_column(BigInteger)
    cause: Mapped[str]
    since: Mapped[datetime] = mapped_column(Instant)
    restates: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime] = mapped_column(Instant)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    batches: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),
        one_of("cause", ("version", "calendar", "pack", "restatement")),
    )
