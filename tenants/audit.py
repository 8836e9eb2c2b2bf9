"""What was done and what was looked at: append-only, chained per tenant, with personal data beside the chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.isolation import Model, Walled
from tenants.models import Instant


class Audit(Model):
    """One act. Written in the act's own transaction; `detail_hash` covers what stands in `audit_detail`."""

    __tablename__ = "audit"
    __append_only__ = True

    at: Mapped[datetime] = mapped_column(Instant)
    login_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str]
    verb: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str] = mapped_column(default="done")
    request_id: Mapped[str] = mapped_column(default="")
    detail_hash: Mapped[str] = mapped_column(default="")

    __table_args__ = (Index("ix_audit_tenant_id_at", "tenant_id", "at"), Index("ix_audit_at", "at"))


class AuditDetail(Walled):
    """Personal data of an act, beside the chain so that erasing it breaks nothing."""

    __tablename__ = "audit_detail"

    audit_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    salt: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (ForeignKeyConstraint(["tenant_id", "audit_id"], ["audit.tenant_id", "audit.id"]),)


class AuditLink(Walled):
    """The chain of one tenant: each link's hash covers the act and the link before it."""

    __tablename__ = "audit_link"
    __append_only__ = True

    place: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    audit_id: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "audit_id"], ["audit.tenant_id", "audit.id"]),
        Index("uq_audit_link_tenant_id_audit_id", "tenant_id", "audit_id", unique=True),
    )


class AccessLog(Walled):
    """Who at the desk opened what of this tenant, once an hour and thing; the client admin may read it."""

    __tablename__ = "access_log"
    __append_only__ = True

    hour: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    login_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    subject: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    name: Mapped[str]
