"""What the client's own pages ask of tickets: a list by page, and open matters that hit everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session

from msp.tickets.models import Attachment, Event, Link, Message, Ticket
from msp.tickets.queries import PAGE, visible_to
from msp.tickets.rules import UNDONE, Level
from tenants.rules import Principal

TOLD = frozenset({"opened", "status", "priority", "assigned", "linked", "merged"})
Place = tuple[int, int]
"""Where a page ended: (epoch second of the last change, id)."""


def page_of(
    session: Session, principal: Principal, undone: bool, after: Place | None = None, limit: int = PAGE
) -> Sequence[Ticket]:
    """The tickets this person of a client may see, newest change first. Changes stand on whole seconds."""
    statement = select(Ticket).where(Ticket.tenant_id == principal.tenant, visible_to(session, principal))
    statement = statement.where(Ticket.status.in_(UNDONE) if undone else Ticket.status.not_in(UNDONE))
    if after is not None:
        place = tuple_(func.to_timestamp(after[0]), after[1])
        statement = statement.where(tuple_(Ticket.changed_at, Ticket.id) < place)
    return session.scalars(statement.order_by(Ticket.changed_at.desc(), Ticket.id.desc()).limit(limit)).all()


def place_of(ticket: Ticket) -> Place:
    """Where the list goes on behind this ticket."""
    return int(ticket.changed_at.timestamp()), ticket.id


def hits_everybody(session: Session, tenant_id: int, site_id: int | None, limit: int = 5) -> Sequence[Ticket]:
    """Open tickets that were told as hitting everybody, at this site or at none, newest first.

    Their titles are for all of the company; whether a person may open one is asked with `visible_to`.
    """
    statement = select(Ticket).where(
        Ticket.tenant_id == tenant_id, Ticket.status.in_(UNDONE), Ticket.impact == Level.HIGH
    )
    if site_id is not None:
        statement = statement.where(or_(Ticket.site_id.is_(None), Ticket.site_id == site_id))
    return session.scalars(statement.order_by(Ticket.opened_at.desc(), Ticket.id.desc()).limit(limit)).all()


def held(session: Session, principal: Principal, number: int) -> Ticket | None:
    """A ticket of this person as it stands now; nobody else changes it until the commit."""
    return session.scalar(
        select(Ticket)
        .where(Ticket.tenant_id == principal.tenant, Ticket.number == number, visible_to(session, principal))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def successor_of(session: Session, principal: Principal, ticket: Ticket) -> Ticket | None:
    """The ticket into which this one was merged, where this person may see it."""
    merged = select(Link.other_id).where(
        Link.tenant_id == ticket.tenant_id, Link.ticket_id == ticket.id, Link.kind == "merged_into"
    )
    return session.scalar(
        select(Ticket).where(
            Ticket.tenant_id == ticket.tenant_id,
            Ticket.id.in_(merged.scalar_subquery()),
            visible_to(session, principal),
        )
    )


def left(messages: Sequence[Message], at: datetime, undo: timedelta) -> list[Message]:
    """What both sides may read: nothing taken back, and no reply its author may still take back."""
    return [
        message
        for message in messages
        if message.taken_back_at is None and (message.by != "agent" or message.at + undo <= at)
    ]


def resolution_of(ticket: Ticket, at: datetime, undo: timedelta) -> str:
    """How it was resolved, as soon as the reply that may have said so can no longer be taken back; else nothing."""
    if not ticket.done or (ticket.resolved_at is not None and ticket.resolved_at + undo > at):
        return ""
    return ticket.resolution


def told(events: Sequence[Event]) -> list[Event]:
    """The events that concern the client, in the order in which they happened."""
    return [event for event in events if event.type in TOLD]


def with_whom(events: Sequence[Event], messages: Sequence[Message]) -> str:
    """Who of the desk has it: whom it was given to last, else who answered last; nothing when nobody has."""
    given = [str(event.data.get("name") or "") for event in events if event.type == "assigned"]
    answered = [message.by_name for message in messages if message.by == "agent"]
    return next((name for name in (*reversed(given), *reversed(answered)) if name), "")


def file_of(session: Session, ticket: Ticket, file_id: int, readable: Sequence[Message]) -> Attachment | None:
    """A file of a message this person may read."""
    return session.scalar(
        select(Attachment).where(
            Attachment.tenant_id == ticket.tenant_id,
            Attachment.ticket_id == ticket.id,
            Attachment.id == file_id,
            Attachment.message_id.in_([message.id for message in readable]),
        )
    )
