"""The chain of the audit: each tenant's acts linked by hashes, so that a changed row is named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from tenants.actions import detail_digest
from tenants.audit import Audit, AuditDetail, AuditLink
from tenants.models import Tenant

START = "0" * 64
BATCH = 2000


def unlinked_tenants(session: Session, since: datetime | None) -> Sequence[int]:
    """Tenants with acts that are not in their chain yet; `since` spares the look at older ones."""
    linked = exists().where(AuditLink.tenant_id == Audit.tenant_id, AuditLink.audit_id == Audit.id)
    statement = select(Audit.tenant_id).where(~linked).distinct()
    if since is not None:
        statement = statement.where(Audit.at >= since)
    return session.scalars(statement).all()


def link(session: Session, tenant_id: int) -> int:
    """Hang the acts that are not linked yet on the chain, by id. Returns how many. One at a time per tenant."""
    session.scalars(select(Tenant).where(Tenant.tenant_id == tenant_id).with_for_update()).one()
    last = session.scalars(
        select(AuditLink).where(AuditLink.tenant_id == tenant_id).order_by(AuditLink.place.desc()).limit(1)
    ).one_or_none()
    place, before = (last.place, last.hash) if last else (0, START)
    linked = exists().where(AuditLink.tenant_id == Audit.tenant_id, AuditLink.audit_id == Audit.id)
    fresh = session.scalars(
        select(Audit).where(Audit.tenant_id == tenant_id, ~linked).order_by(Audit.id).limit(BATCH)
    ).all()
    for row in fresh:
        place += 1
        before = link_hash(before, row)
        session.add(AuditLink(tenant_id=tenant_id, place=place, audit_id=row.id, hash=before))
    return len(fresh)


def broken(session: Session, tenant_id: int) -> list[str]:
    """What is wrong with a tenant's chain, each fault with the act it names; empty when all holds."""
    faults: list[str] = []
    before, expected = START, 1
    rows = session.execute(
        select(AuditLink, Audit, AuditDetail)
        .join(Audit, (Audit.tenant_id == AuditLink.tenant_id) & (Audit.id == AuditLink.audit_id), isouter=True)
        .join(
            AuditDetail,
            (AuditDetail.tenant_id == AuditLink.tenant_id) & (AuditDetail.audit_id == AuditLink.audit_id),
            isouter=True,
        )
        .where(AuditLink.tenant_id == tenant_id)
        .order_by(AuditLink.place)
    )
    for chained, row, detail in rows:
        if chained.place != expected:
            faults.append(f"link {expected} is missing")
        if row is None:
            faults.append(f"act {chained.audit_id} is gone")
        elif link_hash(before, row) != chained.hash:
            faults.append(f"act {row.id} was changed")
        elif detail is not None and detail_digest(detail.salt, detail.detail) != row.detail_hash:
            faults.append(f"the detail of act {row.id} was changed")
        before, expected = chained.hash, chained.place + 1
    return faults


def link_hash(before: str, row: Audit) -> str:
    """SHA-256 over the link before and every column of the act."""
    facts = {column.name: _plain(getattr(row, column.name)) for column in Audit.__mapper__.columns}
    return hashlib.sha256((before + json.dumps(facts, sort_keys=True, ensure_ascii=False)).encode()).hexdigest()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
