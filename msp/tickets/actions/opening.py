"""A matter becomes a ticket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from msp.errors import Refused
from msp.hints import hint
from msp.tickets.actions.story import Actor, index, settle, tell, whole_second
from msp.tickets.actions.words import Upload, attach
from msp.tickets.facts import Story
from msp.tickets.models import Message, Participant, Ticket
from msp.tickets.rules import Channel, Level, Status, TicketKind, priority_of
from sla.queries import Book
from tenants.gathered import bring
from tenants.isolation import scoped
from tenants.models import Contact, Tenant
from tenants.rows import numbered_and_drawn

_TENANT = scoped(select(Tenant).where(Tenant.tenant_id == bindparam("tenant")))


@dataclass(frozen=True, slots=True)
class Matter:
    """What is known when a ticket is opened. `contact` is whom it is about; None for nobody's."""

    title: str
    text: str
    channel: Channel
    contact: Contact | None = None
    requester: str = ""
    kind: TicketKind = TicketKind.QUESTION
    category: str | None = None
    impact: Level = Level.LOW
    urgency: Level = Level.MEDIUM
    site_id: int | None = None
    owner_id: int | None = None
    tier: int = 1
    language: str = ""
    quoted: str = ""
    html: str | None = None
    raw_id: int | None = None
    mail_id: str | None = None
    automatic: bool = False
    uploads: Sequence[Upload] = ()
    followers: Sequence[Contact] = ()


def open_ticket(
    session: Session, tenant: Tenant, matter: Matter, actor: Actor, at: datetime, book: Book | None = None
) -> Ticket:
    """Open a ticket with its first words; its number is the tenant's next and its owner always somebody.

    `book`: what is promised to the tenant, where it is at hand.

    Raises Refused without a title, or where the tenant has nobody responsible and the matter names nobody.
    """
    title = " ".join(matter.title.split())[:300]
    if not title:
        raise Refused("A ticket needs a title.", {"title": ["A ticket needs a title."]})
    owner_id = matter.owner_id or tenant.owner_login_id
    if owner_id is None:
        raise Refused("Nobody is responsible for this client yet; name somebody on the client's page.")
    at = whole_second(at)
    number, ticket_id, message_id = numbered_and_drawn(session, tenant.tenant_id, "ticket", Ticket, Message)
    ticket = Ticket(
        id=ticket_id,
        tenant_id=tenant.tenant_id,
        number=number,
        key=f"{tenant.key}-{number}",
        title=title,
        kind=matter.kind,
        category=matter.category,
        impact=matter.impact,
        urgency=matter.urgency,
        priority=priority_of(matter.impact, matter.urgency),
        status=Status.OPEN if actor.by == "agent" else Status.NEW,
        channel=matter.channel,
        tier=matter.tier,
        owner_id=owner_id,
        taken_at=at if actor.by == "agent" and actor.id == owner_id else None,
        contact_id=matter.contact.id if matter.contact else None,
        requester=matter.contact.name if matter.contact else matter.requester,
        site_id=matter.site_id or (matter.contact.site_id if matter.contact else None),
        opened_at=at,
        changed_at=at,
    )
    bring(session, ticket)
    message = Message(
        id=message_id,
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.id,
        at=at,
        by="client" if actor.by == "agent" and matter.contact else actor.by,
        by_id=matter.contact.id if matter.contact else actor.id,
        by_name=ticket.requester or actor.name,
        channel=matter.channel,
        automatic=matter.automatic,
        language=matter.language,
        text=matter.text,
        quoted=matter.quoted,
        html=matter.html,
        raw_id=matter.raw_id,
        mail_id=matter.mail_id,
    )
    bring(session, message)
    ticket.last_message_id = message.id
    attach(session, ticket, message, matter.uploads)
    for follower in {contact.id: contact for contact in matter.followers}.values():
        if follower.id != ticket.contact_id:
            session.add(Participant(tenant_id=ticket.tenant_id, ticket_id=ticket.id, contact_id=follower.id, since=at))
    tell(
        session,
        ticket,
        actor,
        "opened",
        at,
        priority=ticket.priority,
        to=ticket.status,
        channel=matter.channel,
        message_id=message.id,
    )
    hint(session, ticket.tenant_id, "tickets")
    index(session, ticket.tenant_id, ticket.id, ticket.key, title, matter.text, ticket.requester)
    settle(session, ticket, at, Story(book=book))
    return ticket


def tenant_row(session: Session, tenant_id: int) -> Tenant:
    """The tenant a ticket is opened for."""
    return session.scalars(_TENANT, {"tenant": tenant_id}).one()
