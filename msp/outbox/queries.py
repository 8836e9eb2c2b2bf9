"""Questions about mail going out; they read."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.outbox.models import Mail, Notice


def mail_of(session: Session, tenant_id: int, key: str) -> Mail | None:
    """The mail written for an occasion, such as `reply:17`."""
    return session.scalar(select(Mail).where(Mail.tenant_id == tenant_id, Mail.key == key))


def mails_of_ticket(session: Session, tenant_id: int, ticket_id: int) -> Sequence[Mail]:
    """What left, or will, for a ticket, with its delivery."""
    return session.scalars(
        select(Mail).where(Mail.tenant_id == tenant_id, Mail.ticket_id == ticket_id).order_by(Mail.id)
    ).all()


def notices_of(session: Session, login_id: int, limit: int = 50) -> Sequence[Notice]:
    """What one person of the desk was told, newest first."""
    return session.scalars(
        select(Notice).where(Notice.login_id == login_id).order_by(Notice.at.desc(), Notice.id.desc()).limit(limit)
    ).all()
