"""Calendars with dated versions: tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.isolation import Model, Walled
from tenants.models import Instant


class Calendar(Model):
    """When a tenant's promises run; what it says is in its versions."""

    __tablename__ = "calendar"

    name: Mapped[str]

    __table_args__ = (UniqueConstraint("tenant_id", "name"),)


class CalendarVersion(Walled):
    """A calendar from an instant on, in the format of sla.md 1 with its holidays copied in. Never edited once begun.

    A restatement corrects the past with a reason; of one instant the latest revision holds, and those before it stay.
    """

    __tablename__ = "calendar_version"

    calendar_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    since: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    hours: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_at: Mapped[datetime | None] = mapped_column(Instant)
    by_name: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")

    __table_args__ = (ForeignKeyConstraint(["tenant_id", "calendar_id"], ["calendar.tenant_id", "calendar.id"]),)
