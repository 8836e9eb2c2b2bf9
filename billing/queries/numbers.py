"""A document found by the number people call it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import Document


def document_numbered(session: Session, tenant_id: int, number: str) -> Document | None:
    """A tenant's document of this number; of several issuers' or kinds', the one issued last."""
    return session.scalars(
        select(Document)
        .where(Document.tenant_id == tenant_id, Document.number == number)
        .order_by(Document.issued_on.desc(), Document.id.desc())
        .limit(1)
    ).first()
