"""What the desk's pages ask of tickets and their clients: what stands in a row, a choice, a ticket's page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, Integer, Row, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from msp.tickets.models import Attachment, Link, Message, NoteAttachment, Participant, Ticket
from msp.tickets.rules import UNDONE
from sla import queries as promises
from sla.models import Contract
from sla.queries import Book
from tenants.ids import among_words
from tenants.isolation import scoped, these
from tenants.kept import Kept
from tenants.models import Agent, Contact, Tenant
from tenants.rules import DESK_KEY, Principal

_HELD = scoped(
    select(Ticket)
    .where(Ticket.tenant_id == bindparam("tenant"), Ticket.number == bindparam("number"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_CALLING = scoped(
    select(Tenant, Contact, Contract.id, Contract.stamp)
    .outerjoin(Contact, and_(Contact.tenant_id == Tenant.tenant_id, Contact.id == bindparam("contact")))
    .outerjoin(Contract, and_(Contract.tenant_id == Tenant.tenant_id, Contract.is_default))
    .where(Tenant.tenant_id == bindparam("tenant"))
)
_CONTACT = scoped(select(Contact).where(Contact.tenant_id == bindparam("tenant"), Contact.id == bindparam("contact")))
_BESIDE = scoped(
    select(
        Ticket.key,
        Ticket.title,
        Ticket.status,
        func.coalesce(Ticket.contact_id == bindparam("contact", type_=BigInteger), False),
    )
    .where(
        Ticket.tenant_id == bindparam("tenant"), Ticket.id != bindparam("ticket"), among_words(Ticket.status, UNDONE)
    )
    .order_by(Ticket.opened_at.desc(), Ticket.id.desc())
    .limit(bindparam("most", type_=Integer))
)
CLIENT = (
    Tenant.tenant_id,
    Tenant.key,
    Tenant.name,
    Tenant.short,
    Tenant.tile,
    Tenant.language,
    Tenant.zone,
    Tenant.kana,
)
"""The columns of a `Client`, in its order."""
_CLIENTS = Kept(select(*CLIENT).where(these("tenants", Tenant.tenant_id)))
_PROMISED = Kept(
    select(*CLIENT, Contract.id, Contract.stamp)
    .outerjoin(Contract, and_(Contract.tenant_id == Tenant.tenant_id, Contract.is_default))
    .where(these("tenants", Tenant.tenant_id))
)
EVERY_CLIENT = (these("tenants", Tenant.tenant_id), Tenant.closed_at.is_(None))
_EVERY_CLIENT = Kept(
    select(*CLIENT).where(*EVERY_CLIENT).order_by(Tenant.key == DESK_KEY, Tenant.sort_key, Tenant.tenant_id)
)


class Client(NamedTuple):
    """As much of a tenant as a row, a band or a choice needs."""

    id: int
    key: str
    name: str
    short: str
    tile: int
    language: str
    zone: str
    kana: str


class Calling(NamedTuple):
    """A client on the telephone, whoever of his people it is, and what is promised to him."""

    tenant: Tenant
    contact: Contact | None
    book: Book


def calling(session: Session, tenant_id: int, contact_id: int | None) -> Calling:
    """One statement when the promises are known here already; no contact where nobody of this client is named."""
    tenant, contact, contract_id, stamp = session.execute(_CALLING, {"tenant": tenant_id, "contact": contact_id}).one()
    return Calling(tenant, contact, promises.compiled(session, tenant_id, contract_id, stamp))


def clients(session: Session, tenant_ids: Collection[int]) -> dict[int, Client]:
    """The named tenants, by id."""
    return {row.tenant_id: Client._make(row) for row in _CLIENTS.ask(session, {"tenants": tenant_ids})}


def promised(session: Session, tenant_ids: Collection[int]) -> tuple[dict[int, Client], dict[int, Book]]:
    """The named tenants and what is promised to them, by id; one statement when the promises are known here already."""
    known, books = {}, {}
    for *facts, contract_id, stamp in _PROMISED.ask(session, {"tenants": tenant_ids}):
        client = known[facts[0]] = Client._make(facts)
        books[client.id] = promises.compiled(session, client.id, contract_id, stamp)
    return known, books


def every_client(session: Session, principal: Principal) -> list[Client]:
    """All clients the principal sees, by their sort key, the desk's own row last."""
    return [Client._make(row) for row in _EVERY_CLIENT.ask(session, {"tenants": principal.tenants})]


def held_ticket(session: Session, tenant_id: int, number: int) -> Ticket | None:
    """One ticket as it stands now; nobody else changes it until the commit."""
    return session.scalar(_HELD, {"tenant": tenant_id, "number": number})


def message(session: Session, ticket: Ticket, message_id: int) -> Message | None:
    return session.scalar(
        select(Message).where(
            Message.tenant_id == ticket.tenant_id, Message.ticket_id == ticket.id, Message.id == message_id
        )
    )


def messages_after(session: Session, ticket: Ticket, message_id: int) -> Sequence[Message]:
    """What arrived behind a message, oldest first."""
    return session.scalars(
        select(Message)
        .where(Message.tenant_id == ticket.tenant_id, Message.ticket_id == ticket.id, Message.id > message_id)
        .order_by(Message.at, Message.id)
    ).all()


def attachment(session: Session, ticket: Ticket, file_id: int) -> Attachment | None:
    return session.scalar(
        select(Attachment).where(
            Attachment.tenant_id == ticket.tenant_id, Attachment.ticket_id == ticket.id, Attachment.id == file_id
        )
    )


def note_attachment(session: Session, ticket: Ticket, file_id: int) -> NoteAttachment | None:
    return session.scalar(
        select(NoteAttachment).where(
            NoteAttachment.tenant_id == ticket.tenant_id,
            NoteAttachment.ticket_id == ticket.id,
            NoteAttachment.id == file_id,
        )
    )


def contact(session: Session, tenant_id: int, contact_id: int) -> Contact | None:
    return session.scalar(_CONTACT, {"tenant": tenant_id, "contact": contact_id})


def followers(session: Session, ticket: Ticket) -> Sequence[Contact]:
    """The people who follow beside the requester, by their sort key."""
    return session.scalars(
        select(Contact)
        .join(
            Participant,
            and_(Participant.tenant_id == Contact.tenant_id, Participant.contact_id == Contact.id),
        )
        .where(Participant.tenant_id == ticket.tenant_id, Participant.ticket_id == ticket.id)
        .order_by(Contact.sort_key, Contact.id)
    ).all()


def linked(session: Session, ticket: Ticket) -> list[tuple[str, str, str, str]]:
    """Tickets that belong to this one: (kind of link, seen from here; key, title, status)."""
    rows = session.execute(
        select(Link.kind, Link.ticket_id, Ticket.key, Ticket.title, Ticket.status)
        .join(
            Ticket,
            and_(
                Ticket.tenant_id == Link.tenant_id,
                or_(
                    and_(Link.ticket_id == ticket.id, Ticket.id == Link.other_id),
                    and_(Link.other_id == ticket.id, Ticket.id == Link.ticket_id),
                ),
            ),
        )
        .where(Link.tenant_id == ticket.tenant_id, or_(Link.ticket_id == ticket.id, Link.other_id == ticket.id))
        .order_by(Link.since, Ticket.id)
    )
    return [
        (kind if of == ticket.id else f"{kind}_by", key, title, status) for kind, of, key, title, status in rows.all()
    ]


def open_beside(session: Session, ticket: Ticket, limit: int = 5) -> Sequence[Row[str, str, str, bool]]:
    """Other open tickets of this client, newest first: (key, title, status, of the same requester)."""
    of = {"tenant": ticket.tenant_id, "ticket": ticket.id, "contact": ticket.contact_id, "most": limit}
    return session.execute(_BESIDE, of).all()


def agent_names(session: Session, ids: Collection[int | None]) -> dict[int, str]:
    """What colleagues are called, also those who have left."""
    wanted = sorted({each for each in ids if each is not None})
    rows = session.execute(select(Agent.id, Agent.name).where(Agent.id.in_(wanted)))
    return {row.id: row.name for row in rows}
