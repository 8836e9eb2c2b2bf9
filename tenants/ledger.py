"""Questions about the ledger of work, for the page that watches it; over all tenants the principal sees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.work import OPEN, Work


def waiting_by_kind(session: Session, at: datetime) -> list[tuple[str, int, int]]:
    """(kind, how many wait, how many of these are due), what is due most first."""
    due = func.count().filter(Work.available_at <= at)
    rows = session.execute(
        select(Work.kind, func.count(), due).where(OPEN).group_by(Work.kind).order_by(due.desc(), Work.kind)
    )
    return [(kind, waiting, ready) for kind, waiting, ready in rows]


def parked(session: Session, limit: int = 100) -> Sequence[Work]:
    """What was given up after the last try, the newest first."""
    return session.scalars(
        select(Work).where(Work.parked_at.is_not(None)).order_by(Work.parked_at.desc(), Work.id.desc()).limit(limit)
    ).all()


def failing(session: Session, limit: int = 50) -> Sequence[Work]:
    """What failed at its last try and is tried again, the next one first."""
    return session.scalars(
        select(Work).where(OPEN, Work.last_error.is_not(None)).order_by(Work.available_at, Work.id).limit(limit)
    ).all()


def held(session: Session, tenant_id: int, work_id: int) -> Work | None:
    """One row as it stands; nobody else changes it until the commit."""
    return session.scalar(
        select(Work)
        .where(Work.tenant_id == tenant_id, Work.id == work_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
