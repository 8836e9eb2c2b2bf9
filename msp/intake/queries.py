"""Questions about mail that came in; they read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from msp.intake.models import RawMail, State, Thread
from msp.outbox.office import Office
from msp.tickets.models import Link, Message, Ticket
from msp.tickets.rules import UNDONE, Channel, Status
from tenants import queries as people
from tenants.isolation import acting_as
from tenants.models import Agent, Contact, ReplyAddress, Tenant, TenantKey
from tenants.rules import Principal, Role, normal_email, sweep

LONGEST_CHAIN = 20


def raw_mail(session: Session, tenant_id: int, raw_id: int, lock: bool = False) -> RawMail | None:
    """One mail as it was kept; `lock` keeps others from it until the commit."""
    statement = select(RawMail).where(RawMail.tenant_id == tenant_id, RawMail.id == raw_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def triage(session: Session, desk_id: int, limit: int = 100) -> Sequence[RawMail]:
    """Mails that wait for an agent, the longest wait first."""
    return session.scalars(
        select(RawMail)
        .where(RawMail.tenant_id == desk_id, RawMail.state == State.TRIAGE)
        .order_by(RawMail.received_at, RawMail.id)
        .limit(limit)
    ).all()


def triage_depth(session: Session, desk_id: int) -> int:
    """How many mails wait for an agent."""
    waiting = select(func.count()).where(RawMail.tenant_id == desk_id, RawMail.state == State.TRIAGE)
    return session.scalar(waiting) or 0


def hinted_tenants(mail: RawMail, principal: Principal) -> frozenset[int]:
    """The clients a waiting mail points to, as far as this person may know of them."""
    return frozenset(mail.hints.get("tenants", ())) & principal.tenants


def twin_of(session: Session, mail: RawMail) -> RawMail | None:
    """The same mail by another way: same Message-ID and same words, read before. Another body is another mail."""
    if not mail.message_id:
        return None
    return session.scalar(
        select(RawMail)
        .where(
            RawMail.tenant_id == mail.tenant_id,
            RawMail.message_id == mail.message_id,
            RawMail.body_digest == mail.body_digest,
            RawMail.id != mail.id,
            RawMail.state != State.KEPT,
        )
        .order_by(RawMail.id)
        .limit(1)
    )


def bears_a_known_id(session: Session, mail: RawMail) -> bool:
    """Whether another mail of this client came under the same Message-ID: some machines have but one."""
    if not mail.message_id:
        return False
    others = select(RawMail.id).where(
        RawMail.tenant_id == mail.tenant_id,
        RawMail.message_id == mail.message_id,
        RawMail.id != mail.id,
        RawMail.state == State.TICKETED,
    )
    return session.scalar(others.limit(1)) is not None


def handed_on_since(session: Session, desk_id: int, sender: str, since: datetime) -> int:
    """How many mails of this sender became tickets or parts of them."""
    mails = select(func.count()).where(
        RawMail.tenant_id == desk_id,
        RawMail.sender == sender,
        RawMail.received_at > since,
        RawMail.state == State.HANDED_ON,
    )
    return session.scalar(mails) or 0


def own_addresses(session: Session, office: Office) -> frozenset[str]:
    """The desk's mailbox and the address of its own that each client may have. As `system`."""
    with acting_as(sweep(people.every_tenant(session))):
        theirs = session.scalars(select(Tenant.mail_address).where(Tenant.mail_address.is_not(None))).all()
    return frozenset({office.mailbox, *(normal_email(address) for address in theirs if address)})


def by_tokens(session: Session, hashes: Collection[str]) -> Mapping[str, tuple[int, int]]:
    """Token hash -> (tenant, ticket) of the reply addresses that are ours. As `system`."""
    rows = session.execute(
        select(ReplyAddress.token_hash, ReplyAddress.tenant_id, ReplyAddress.ticket_id).where(
            ReplyAddress.token_hash.in_(hashes)
        )
    )
    return {token: (tenant_id, ticket_id) for token, tenant_id, ticket_id in rows}


def tenants_named(session: Session, keys: Collection[str]) -> frozenset[int]:
    """The tenants behind keys; what is none is passed over. As `system`."""
    return frozenset(session.scalars(select(TenantKey.id).where(TenantKey.key.in_(keys))))


def is_open(session: Session, tenant_id: int) -> bool:
    """Whether the tenant is a client still."""
    return session.scalar(select(TenantKey.closed_at).where(TenantKey.id == tenant_id)) is None


def ticket_of_thread(session: Session, tenant_id: int, mail_ids: Sequence[str]) -> int | None:
    """The ticket in which one of these mails stands; the first of them that is known decides."""
    rows = session.execute(
        select(Thread.mail_id, Thread.ticket_id).where(Thread.tenant_id == tenant_id, Thread.mail_id.in_(mail_ids))
    )
    known: dict[str, int] = {mail_id: ticket_id for mail_id, ticket_id in rows}  # noqa: C416 - rows are no pairs to mypy
    return next((known[mail_id] for mail_id in mail_ids if mail_id in known), None)


def successor(session: Session, ticket: Ticket) -> Ticket:
    """The ticket itself, or the one it was merged into, however often."""
    for _ in range(LONGEST_CHAIN):
        if ticket.status != Status.MERGED:
            break
        into = session.scalar(
            select(Ticket)
            .join(Link, (Link.tenant_id == Ticket.tenant_id) & (Link.other_id == Ticket.id))
            .where(Link.tenant_id == ticket.tenant_id, Link.ticket_id == ticket.id, Link.kind == "merged_into")
        )
        if into is None:
            break
        ticket = into
    return ticket


def same_notice(session: Session, tenant_id: int, title: str, since: datetime) -> Ticket | None:
    """An open ticket that a machine's mail of the same title began."""
    return session.scalar(
        select(Ticket)
        .join(Message, (Message.tenant_id == Ticket.tenant_id) & (Message.ticket_id == Ticket.id))
        .where(Ticket.tenant_id == tenant_id, Ticket.changed_at > since, Ticket.opened_at > since)
        .where(Ticket.status.in_(UNDONE), Ticket.channel == Channel.MAIL, Ticket.title == title)
        .where(Message.tenant_id == tenant_id, Message.automatic, Message.at == Ticket.opened_at)
        .order_by(Ticket.id.desc())
        .limit(1)
    )


def machine_mails_since(session: Session, tenant_id: int, ticket_id: int, since: datetime) -> int:
    """How many automatic mails joined a ticket."""
    mails = select(func.count()).where(
        Message.tenant_id == tenant_id, Message.ticket_id == ticket_id, Message.automatic, Message.at > since
    )
    return session.scalar(mails) or 0


def tenants_left_by(session: Session, address: str) -> frozenset[int]:
    """The clients whose person of this address works there no longer. As `system`."""
    if not address:
        return frozenset()
    every = people.every_tenant(session)
    with acting_as(sweep(every)):
        gone = session.scalars(
            select(Contact.tenant_id).where(
                Contact.tenant_id.in_(sorted(every)),
                Contact.normal_email == normal_email(address),
                Contact.left_at.is_not(None),
            )
        )
        return frozenset(gone)


def verified_people(session: Session, tenant_id: int, addresses: Iterable[str]) -> Sequence[Contact]:
    """People of one client who are known under these addresses, proven and still there."""
    return session.scalars(
        select(Contact)
        .where(Contact.tenant_id == tenant_id, Contact.normal_email.in_(list(addresses)))
        .where(Contact.verified_at.is_not(None), Contact.left_at.is_(None))
        .order_by(Contact.id)
    ).all()


def owner_of_last_resort(session: Session) -> int | None:
    """Who answers for a client that names nobody: the desk's owner."""
    return session.scalar(
        select(Agent.id).where(Agent.role == Role.OWNER, Agent.left_at.is_(None)).order_by(Agent.id).limit(1)
    )
