"""A reply that did not reach everybody is sent once more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from msp.errors import Refused
from msp.outbox import actions as outbox
from msp.outbox import queries as mails
from msp.tickets import queries
from msp.tickets.actions.story import Actor, tell
from msp.tickets.facts import without_address
from msp.tickets.models import Message, Ticket
from tenants.work import later


def send_again(session: Session, ticket: Ticket, message: Message, actor: Actor, at: datetime) -> None:
    """Try a reply's mail anew, to whom it concerns now; nobody who has it gets it twice.

    Raises Refused while it is on its way and when everybody has it.
    """
    mail = mails.mail_of(session, ticket.tenant_id, f"reply:{message.id}", lock=True)
    session.refresh(ticket, with_for_update=True)  # the mail first, as whoever sends it does
    if mail is not None:
        outbox.try_again(session, mail, at)
    elif message.id in without_address(queries.events_of(session, ticket.tenant_id, ticket.id)):
        key = f"{message.id}:again:{int(at.timestamp())}"
        later(session, "mail.reply", ticket.tenant_id, ticket.id, message.id, at=at, key=key)
    else:
        raise Refused("It is on its way already.")
    tell(session, ticket, actor, "sent_again", at, message_id=message.id)
