"""What a client's person does himself: add his words to a ticket, or come back to a matter that was settled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from msp.errors import Refused
from msp.tickets.actions.opening import Matter, open_ticket
from msp.tickets.actions.state import is_over, link, reopen
from msp.tickets.actions.story import SYSTEM, Actor
from msp.tickets.actions.words import Arrival, Upload, take_arrival
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel, Level, Status, TicketKind
from tenants.models import Contact, Tenant


def come_back(
    session: Session,
    tenant: Tenant,
    ticket: Ticket,
    contact: Contact,
    text: str,
    at: datetime,
    uploads: Sequence[Upload] = (),
    owner_id: int | None = None,
) -> Ticket:
    """A person of the client writes on the portal; answers the ticket that has his words now.

    A resolved ticket is open again. One that was settled longer ago, or cancelled, is followed by a new, linked one,
    for `owner_id` where nobody is responsible for the client. Raises Refused without words and for a merged ticket.
    """
    if not text.strip():
        raise Refused("Please write something.", {"text": ["Please write something."]})
    if ticket.status == Status.MERGED:
        raise Refused("This ticket was joined with another; please write there.")
    if is_over(session, ticket, at):
        return _follow_on(session, tenant, ticket, contact, text, at, uploads, owner_id)
    arrival = Arrival(text, Channel.PORTAL, contact, language=contact.language, uploads=uploads)
    take_arrival(session, ticket, arrival, at)
    if ticket.done:
        reopen(session, ticket, Actor("client", contact.id, contact.name), at)
    return ticket


def _follow_on(
    session: Session,
    tenant: Tenant,
    ticket: Ticket,
    contact: Contact,
    text: str,
    at: datetime,
    uploads: Sequence[Upload],
    owner_id: int | None,
) -> Ticket:
    matter = Matter(
        ticket.title,
        text,
        Channel.PORTAL,
        contact,
        kind=TicketKind(ticket.kind),
        category=ticket.category,
        impact=Level(ticket.impact),
        urgency=Level(ticket.urgency),
        site_id=ticket.site_id,
        owner_id=tenant.owner_login_id or owner_id,
        language=contact.language,
        uploads=uploads,
    )
    fresh = open_ticket(session, tenant, matter, Actor("client", contact.id, contact.name), at)
    link(session, fresh, ticket, "follows", SYSTEM, at)
    return fresh
