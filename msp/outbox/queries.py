"""Questions about mail going out; they read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.outbox.models import Mail, Notice
from msp.outbox.rules import Automatic


def mail_of(session: Session, tenant_id: int, key: str) -> Mail | None:
    """The mail written for an occasion, such as `reply:17`."""
    return session.scalar(select(Mail).where(Mail.tenant_id == tenant_id, Mail.key == key))


def mail_by_id(session: Session, tenant_id: int, mail_id: int) -> Mail | None:
    """One mail, locked until the commit."""
    return session.scalar(select(Mail).where(Mail.tenant_id == tenant_id, Mail.id == mail_id).with_for_update())


def waiting_mails(session: Session, tenant_id: int) -> Sequence[Mail]:
    """What has not left yet, oldest first."""
    return session.scalars(
        select(Mail).where(Mail.tenant_id == tenant_id, Mail.state == "waiting").order_by(Mail.made_at)
    ).all()


def automatic_answers(session: Session, tenant_id: int, address: str, since: datetime) -> Sequence[datetime]:
    """When machines of ours answered this address."""
    return session.scalars(
        select(Mail.made_at).where(
            Mail.tenant_id == tenant_id,
            Mail.automatic == Automatic.ANSWER,
            Mail.made_at > since,
            Mail.to[0]["address"].astext == address,
        )
    ).all()


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
