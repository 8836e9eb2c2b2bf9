"""One ticket opened: its people in one statement, and which of the rarer things it has, so that only those are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Select, String, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from msp.outbox.models import Mail, Notice
from msp.tickets.desk import CLIENT, Client
from msp.tickets.facts import TENANT, TICKET
from msp.tickets.models import Attachment, Category, Draft, Link, Note, NoteAttachment, Participant, Tag, Ticket
from sla import queries as promises
from sla.models import Contract, Escalation, Watcher
from sla.queries import Book
from tenants.isolation import scoped
from tenants.models import Agent, Contact, Tenant
from tenants.work import Work

LOGIN, KEY = bindparam("login", type_=BigInteger), bindparam("key", type_=String)
FIRST, LAST = bindparam("first", type_=String), bindparam("last", type_=String)
RARE: dict[str, Select[int]] = {
    "notes": select(Note.tenant_id).where(Note.tenant_id == TENANT, Note.ticket_id == TICKET),
    "files": select(Attachment.tenant_id).where(Attachment.tenant_id == TENANT, Attachment.ticket_id == TICKET),
    "note_files": select(NoteAttachment.tenant_id).where(
        NoteAttachment.tenant_id == TENANT, NoteAttachment.ticket_id == TICKET
    ),
    "followers": select(Participant.tenant_id).where(Participant.tenant_id == TENANT, Participant.ticket_id == TICKET),
    "tags": select(Tag.tenant_id).where(Tag.tenant_id == TENANT, Tag.ticket_id == TICKET),
    "links": select(Link.tenant_id).where(
        Link.tenant_id == TENANT, or_(Link.ticket_id == TICKET, Link.other_id == TICKET)
    ),
    "steps": select(Escalation.tenant_id).where(Escalation.tenant_id == TENANT, Escalation.ticket_id == TICKET),
    "watchers": select(Watcher.tenant_id).where(Watcher.tenant_id == TENANT, Watcher.ticket_id == TICKET),
    "drafts": select(Draft.tenant_id).where(
        Draft.tenant_id == TENANT,
        Draft.ticket_id == TICKET,
        Draft.login_id == LOGIN,
    ),
    "mails": select(Mail.tenant_id).where(Mail.tenant_id == TENANT, Mail.ticket_id == TICKET),
    "unsent": select(Work.tenant_id).where(
        Work.tenant_id == TENANT,
        Work.kind == "mail.reply",
        Work.key.between(FIRST, LAST),
        Work.done_at.is_(None),
    ),
    "notices": select(Notice.id).where(
        Notice.login_id == LOGIN, Notice.seen_at.is_(None), Notice.about_tenant == TENANT, Notice.subject == KEY
    ),
}
"""Replies not mailed yet stand as work under `ticket:message`."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Whose ticket it is, who works on it and under which promises. `has` names what of `RARE` there is."""

    client: Client
    contact: Contact | None
    owner_name: str
    category: Category | None
    book: Book
    has: frozenset[str]


def _statement() -> Select[*tuple[Any, ...]]:
    owner, contact = bindparam("owner", type_=BigInteger), bindparam("contact", type_=BigInteger)
    return scoped(
        select(
            *CLIENT,
            Contact,
            Agent.name,
            Category,
            Contract.id,
            Contract.stamp,
            *(some.exists() for some in RARE.values()),
        )
        .outerjoin(Contact, and_(Contact.tenant_id == Tenant.tenant_id, Contact.id == contact))
        .outerjoin(Agent, Agent.id == owner)
        .outerjoin(Category, Category.code == bindparam("category", type_=String))
        .outerjoin(Contract, and_(Contract.tenant_id == Tenant.tenant_id, Contract.is_default))
        .where(Tenant.tenant_id == TENANT)
    )


_OPENED = _statement()


def opened(session: Session, ticket: Ticket, login_id: int | None) -> Opened:
    """Who stands around a ticket, as the desk sees it; `login_id` is whose drafts are meant."""
    facts = {
        "tenant": ticket.tenant_id,
        "ticket": ticket.id,
        "owner": ticket.owner_id,
        "contact": ticket.contact_id,
        "category": ticket.category,
        "login": login_id,
        "key": ticket.key,
        "first": f"{ticket.id}:",
        "last": f"{ticket.id};",
    }
    row = session.execute(_OPENED, facts).one()
    contact, owner_name, category, contract_id, stamp = row[8:13]
    has = frozenset(name for name, there in zip(RARE, row[13:], strict=True) if there)
    book = promises.compiled(session, ticket.tenant_id, contract_id, stamp)
    return Opened(Client(*row[:8]), contact, owner_name or "", category, book, has)
