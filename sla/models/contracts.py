"""Contracts with dated versions: tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, UniqueConstraint, text
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
