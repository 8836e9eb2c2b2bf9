"""Batches for the accounts and their rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import BillingAccount, ExportBatch, JournalRow
from tenants.isolation import among


def batches(session: Session, limit: int = 50) -> Sequence[ExportBatch]:
    """The newest first, also one that is still open."""
    return session.scalars(select(ExportBatch).order_by(ExportBatch.id.desc()).limit(limit)).all()


def billed_tenants(session: Session, tenants: Collection[int]) -> list[int]:
    """Those of these clients that are billed, in order."""
    of_these = select(BillingAccount.tenant_id).where(among(BillingAccount.tenant_id, tenants))
    return list(session.scalars(of_these.order_by(BillingAccount.tenant_id)))


def rows_of(session: Session, batch_id: int) -> Sequence[JournalRow]:
    """The rows of a batch that the caller sees: by client, then as they were written."""
    return session.scalars(
        select(JournalRow).where(JournalRow.batch_id == batch_id).order_by(JournalRow.tenant_id, JournalRow.id)
    ).all()
