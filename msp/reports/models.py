"""Stored reports: tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.isolation import Model
from tenants.models import Instant


class Replay(Model):
    """Real months folded under other terms: what was asked, how far it is, and what came of it so far.

    `months` are texts like "2026-10"; `terms` and `calendars` the format of sla.md 5. `sums` grows ticket by ticket
    up to `cursor`, so that another worker goes on where one stopped.
    """

    __tablename__ = "replay"
    __staff_only__ = True

    contract_id: Mapped[int | None] = mapped_column(BigInteger)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    by_name: Mapped[str] = mapped_column(default="")
    months: Mapped[list[str]] = mapped_column(JSONB)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    calendars: Mapped[dict[str, Any]] = mapped_column(JSONB)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    sums: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),)
