"""Questions about tickets; they read. Every one names its tenants, beside the wall."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    bindparam,
    false,
    or_,
    select,
)
from sqlalchemy.orm import Session

from msp.tickets.models import (
    Attachment,
    Category,
    Draft,
    Event,
    Message,
    Note,
    NoteAttachment,
    Participant,
    Tag,
    Ticket,
)
from msp.tickets.rules import UNDONE
from tenants import queries as people
from tenants.isolation import among, scoped
from tenants.rules import Principal, Role

PAGE = 50

_TICKET = scoped(select(Ticket).where(Ticket.tenant_id == bindparam("tenant"), Ticket.number == bindparam("number")))
_EVENTS = scoped(
    select(Event)
    .where(Event.tenant_id == bindparam("tenant"), Event.ticket_id == bindparam("ticket"))
    .order_by(Event.at, Event.id)
)
_DRAFTS = scoped(
    select(Draft).where(
        Draft.tenant_id == bindparam("tenant"),
        Draft.ticket_id == bindparam("ticket"),
        Draft.login_id == bindparam("login"),
    )
)
_MESSAGES = scoped(
    select(Message)
    .where(Message.tenant_id == bindparam("tenant"), Message.ticket_id == bindparam("ticket"))
    .order_by(Message.at, Message.id)
)


def ticket(session: Session, tenant_id: int, number: int) -> Ticket | None:
    return session.scalar(_TICKET, {"tenant": tenant_id, "number": number})


def ticket_by_id(session: Session, tenant_id: int, ticket_id: int, lock: bool = False) -> Ticket | None:
    """One ticket; `lock` keeps others from changing it until the commit."""
    statement = select(Ticket).where(Ticket.tenant_id == tenant_id, Ticket.id == ticket_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def tickets_of_client(
    session: Session, principal: Principal, undone: bool, limit: int = PAGE, before: datetime | None = None
) -> Sequence[Ticket]:
    """What this person of a client may see: his own, those of whom he leads, or the company's. Newest change first."""
    statement = select(Ticket).where(Ticket.tenant_id == principal.tenant, visible_to(session, principal))
    statement = statement.where(Ticket.status.in_(UNDONE) if undone else Ticket.status.not_in(UNDONE))
    if before is not None:
        statement = statement.where(Ticket.changed_at < before)
    return session.scalars(statement.order_by(Ticket.changed_at.desc(), Ticket.id.desc()).limit(limit)).all()


def visible_to(session: Session, principal: Principal) -> ColumnElement[bool]:
    """Which tickets of his company a client's person sees (product.md): by role, never by what the page shows."""
    if principal.role is Role.CLIENT_ADMIN:
        return Ticket.tenant_id == principal.tenant
    if principal.contact_id is None or principal.tenant is None or principal.role is Role.BILLING_CONTACT:
        return false()
    follows = (
        select(Participant.ticket_id)
        .where(Participant.tenant_id == principal.tenant, Participant.contact_id == principal.contact_id)
        .scalar_subquery()
    )
    own = or_(Ticket.contact_id == principal.contact_id, Ticket.id.in_(follows))
    if principal.role is Role.TEAM_LEAD:
        led, sites = people.led_by(session, principal.tenant, principal.contact_id)
        return or_(own, Ticket.contact_id.in_(led), Ticket.site_id.in_(sites))
    return own


def client_ticket(session: Session, principal: Principal, number: int) -> Ticket | None:
    """One ticket as a person of the client may see it, or None."""
    return session.scalar(
        select(Ticket).where(
            Ticket.tenant_id == principal.tenant, Ticket.number == number, visible_to(session, principal)
        )
    )


def events_of(session: Session, tenant_id: int, ticket_id: int) -> Sequence[Event]:
    """The story, in the order in which it happened."""
    return session.scalars(_EVENTS, {"tenant": tenant_id, "ticket": ticket_id}).all()


def events_of_many(session: Session, tenant_id: int, ticket_ids: Collection[int]) -> dict[int, list[Event]]:
    """The stories of several tickets of one tenant, each in the order in which it happened."""
    found: dict[int, list[Event]] = {ticket_id: [] for ticket_id in ticket_ids}
    rows = session.scalars(
        select(Event)
        .where(Event.tenant_id == tenant_id, among(Event.ticket_id, ticket_ids))
        .order_by(Event.ticket_id, Event.at, Event.id)
    )
    for row in rows:
        found[row.ticket_id].append(row)
    return found


def messages_of(session: Session, tenant_id: int, ticket_id: int) -> Sequence[Message]:
    return session.scalars(_MESSAGES, {"tenant": tenant_id, "ticket": ticket_id}).all()


def notes_of(session: Session, tenant_id: int, ticket_id: int) -> Sequence[Note]:
    return session.scalars(
        select(Note).where(Note.tenant_id == tenant_id, Note.ticket_id == ticket_id).order_by(Note.at, Note.id)
    ).all()


def attachments_of(session: Session, tenant_id: int, ticket_id: int) -> Sequence[Attachment]:
    return session.scalars(
        select(Attachment)
        .where(Attachment.tenant_id == tenant_id, Attachment.ticket_id == ticket_id)
        .order_by(Attachment.id)
    ).all()


def note_attachments_of(session: Session, tenant_id: int, ticket_id: int) -> Sequence[NoteAttachment]:
    return session.scalars(
        select(NoteAttachment)
        .where(NoteAttachment.tenant_id == tenant_id, NoteAttachment.ticket_id == ticket_id)
        .order_by(NoteAttachment.id)
    ).all()


def tags_of(session: Session, tenant_id: int, ticket_id: int) -> Sequence[str]:
    return session.scalars(
        select(Tag.name).where(Tag.tenant_id == tenant_id, Tag.ticket_id == ticket_id).order_by(Tag.name)
    ).all()


def participants_of(session: Session, tenant_id: int, ticket_id: int) -> Sequence[int]:
    """The contacts who follow beside the requester."""
    return session.scalars(
        select(Participant.contact_id).where(Participant.tenant_id == tenant_id, Participant.ticket_id == ticket_id)
    ).all()


def drafts_of(session: Session, tenant_id: int, ticket_id: int, login_id: int) -> dict[str, Draft]:
    """What this author has typed and not sent, by kind."""
    rows = session.scalars(_DRAFTS, {"tenant": tenant_id, "ticket": ticket_id, "login": login_id})
    return {row.kind: row for row in rows}


def message_by_mail_id(session: Session, of: Ticket, mail_id: str) -> Message | None:
    return session.scalar(
        select(Message).where(Message.tenant_id == of.tenant_id, Message.ticket_id == of.id, Message.mail_id == mail_id)
    )


def categories(session: Session) -> Sequence[Category]:
    return session.scalars(select(Category).order_by(Category.place, Category.code)).all()


def due_tickets(session: Session, at: datetime, limit: int = 500) -> Sequence[tuple[int, int]]:
    """(tenant, id) of tickets whose next step or breach has come, of all tenants the sweep sees. Takes no lock."""
    rows = session.execute(
        select(Ticket.tenant_id, Ticket.id)
        .where(Ticket.next_due_at.is_not(None), Ticket.next_due_at <= at)
        .order_by(Ticket.next_due_at)
        .limit(limit)
    )
    return [(tenant_id, ticket_id) for tenant_id, ticket_id in rows]


def next_due(session: Session, after: datetime) -> datetime | None:
    """The next instant after this one at which a ticket's step or breach comes, of all tenants the sweep sees."""
    return session.scalar(
        select(Ticket.next_due_at).where(Ticket.next_due_at > after).order_by(Ticket.next_due_at).limit(1)
    )


def due_follow_ups(session: Session, at: datetime, limit: int = 500) -> Sequence[tuple[int, int]]:
    """(tenant, id) of tickets somebody wanted to look at again by now, of all the sweep sees. Takes no lock."""
    rows = session.execute(
        select(Ticket.tenant_id, Ticket.id)
        .where(Ticket.follow_up_at.is_not(None), Ticket.follow_up_at <= at)
        .order_by(Ticket.follow_up_at)
        .limit(limit)
    )
    return [(tenant_id, ticket_id) for tenant_id, ticket_id in rows]
