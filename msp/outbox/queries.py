"""Questions about mail going out; they read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from msp.outbox.models import Mail, Notice
from msp.outbox.rules import Automatic
from tenants.isolation import among
from tenants.models import Agent
from tenants.rules import Role
from tenants.work import Work


def mail_of(session: Session, tenant_id: int, key: str, lock: bool = False) -> Mail | None:
    """The mail written for an occasion, such as `reply:17`; `lock` keeps others from it until the commit."""
    statement = select(Mail).where(Mail.tenant_id == tenant_id, Mail.key == key)
    return session.scalar(statement.with_for_update() if lock else statement)


def mails_of(session: Session, tenant_id: int, keys: Collection[str]) -> dict[str, Mail]:
    """The mails written for these occasions, by their keys."""
    rows = session.scalars(select(Mail).where(Mail.tenant_id == tenant_id, Mail.key.in_(sorted(keys)))).all()
    return {mail.key: mail for mail in rows}


def who_bills(session: Session) -> set[int]:
    """Who of the desk hears of what happens to money: its owners and billers."""
    rows = session.scalars(select(Agent.id).where(Agent.role.in_((Role.OWNER, Role.BILLER)), Agent.left_at.is_(None)))
    return set(rows)


def unarrived(session: Session, tenants: Collection[int], begin: str, since: datetime) -> Sequence[Mail]:
    """Mails of these clients that were refused or came back, newest first; their keys begin so."""
    return session.scalars(
        select(Mail)
        .where(among(Mail.tenant_id, tenants))
        .where(Mail.state.in_(("refused", "failed")), Mail.key.startswith(begin), Mail.made_at >= since)
        .order_by(Mail.made_at.desc())
        .limit(200)
    ).all()


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


def replies_to_mail(session: Session, tenant_id: int, ticket_id: int, message_ids: Collection[int]) -> set[int]:
    """Those of a ticket's replies whose mail is still to be made."""
    if not message_ids:
        return set()
    begun = [f"{ticket_id}:{message_id}" for message_id in message_ids]
    rows = session.scalars(
        select(Work.ids).where(
            Work.tenant_id == tenant_id, Work.kind == "mail.reply", Work.key.in_(begun), Work.done_at.is_(None)
        )
    )
    return {ids[1] for ids in rows}


def notices_of(
    session: Session, login_id: int, tenant_ids: Collection[int], limit: int = 50, before: int | None = None
) -> Sequence[Notice]:
    """What one person of the desk was told about clients he still sees, newest first; `before` is the last one seen."""
    statement = select(Notice).where(Notice.login_id == login_id, Notice.about_tenant.in_(sorted(tenant_ids)))
    last = session.get(Notice, before) if before is not None else None
    if last is not None:
        statement = statement.where(tuple_(Notice.at, Notice.id) < (last.at, last.id))
    return session.scalars(statement.order_by(Notice.at.desc(), Notice.id.desc()).limit(limit)).all()


def unseen_notices(session: Session, login_id: int, tenant_ids: Collection[int], most: int) -> int:
    """How many notices about clients he still sees wait for a person of the desk; beyond `most` nobody counts."""
    unseen = select(Notice.id).where(
        Notice.login_id == login_id, Notice.seen_at.is_(None), Notice.about_tenant.in_(sorted(tenant_ids))
    )
    return session.scalar(select(func.count()).select_from(unseen.limit(most).subquery())) or 0
