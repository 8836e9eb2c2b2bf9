"""Runs: one month end of one issuer, and in each client's own rows what became of it there."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.accounts import DOCUMENT_KINDS
from billing.models.columns import Amount, Currency
from tenants.isolation import Desk, Model
from tenants.models import Instant, one_of


class Run(Desk):
    """Documents issued one after the other: `drafts` are what somebody looked at, `turn` is the place that comes next.

    Each draft is {tenant, draft, seen, currency, payable}, ids and figures only. `sends`: what is issued leaves by mail
    by itself. While a run works there is no second one of its issuer, kind and month.
    """

    __tablename__ = "run"
    __why__ = "one month end of an issuer runs over all clients"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    issuer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("issuer.id"))
    kind: Mapped[str]
    month: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(default="working")
    drafts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    turn: Mapped[int] = mapped_column(default=0)
    sends: Mapped[bool] = mapped_column(default=True)
    started_at: Mapped[datetime] = mapped_column(Instant)
    started_by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("agent.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        one_of("kind", DOCUMENT_KINDS),
        one_of("state", ("working", "stopped", "done")),
        CheckConstraint("extract(day FROM month) = 1", name="month"),
        CheckConstraint("turn BETWEEN 0 AND jsonb_array_length(drafts)", name="turn"),
        CheckConstraint("(state = 'working') = (ended_at IS NULL)", name="ended"),
        Index("uq_run_working", "issuer_id", "kind", "month", unique=True, postgresql_where=text("state = 'working'")),
    )


class RunItem(Model):
    """What became of one client in a run: the document, or the reason why there is none."""

    __tablename__ = "run_item"
    __staff_only__ = True

    run_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("run.id"))
    place: Mapped[int]
    draft_id: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Currency)
    payable: Mapped[Decimal] = mapped_column(Amount)
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    document_id: Mapped[int | None] = mapped_column(BigInteger)
    number: Mapped[str] = mapped_column(default="")
    settled_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("tenant_id", "run_id"),
        one_of("state", ("issued", "failed")),
        CheckConstraint("(state = 'issued') = (document_id IS NOT NULL)", name="issued"),
        Index("ix_run_item_run_id", "run_id", "place"),
    )
