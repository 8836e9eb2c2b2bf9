"""Where a ticket stands: waiting, resolved, reopened, whose it is and how bad."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from billing.actions import approve_ticket
from msp.errors import Refused
from msp.tickets.actions.story import Actor, settle, tell, whole_second
from msp.tickets.models import Link, Tag, Ticket
from msp.tickets.rules import DONE, UNDONE, Level, Status, TicketKind, may_become, priority_of
from sla import queries as promises
from tenants.work import later


def wait_on_client(session: Session, ticket: Ticket, actor: Actor, at: datetime) -> None:
    """The next move is the client's, so their time is not ours to lose."""
    turn(session, ticket, actor, Status.PENDING_CLIENT, at)


def wait_on_vendor(session: Session, ticket: Ticket, actor: Actor, at: datetime) -> None:
    """A third party has the next move; whether the clock stands is the contract's word."""
    turn(session, ticket, actor, Status.PENDING_VENDOR, at)


def take_up(session: Session, ticket: Ticket, actor: Actor, at: datetime) -> None:
    """The next move is ours again."""
    turn(session, ticket, actor, Status.OPEN, at)


def resolve(session: Session, ticket: Ticket, actor: Actor, resolution: str, at: datetime) -> None:
    """The matter is settled; the note says how, for the next one who has it. Raises Refused without a note."""
    if not resolution.strip():
        raise Refused("Say in a sentence how it was resolved.", {"resolution": ["Say how it was resolved."]})
    ticket.resolution = resolution.strip()
    turn(session, ticket, actor, Status.RESOLVED, at)


def close(session: Session, ticket: Ticket, actor: Actor, at: datetime) -> None:
    """Resolved, and nobody came back."""
    turn(session, ticket, actor, Status.CLOSED, at)


def cancel(session: Session, ticket: Ticket, actor: Actor, at: datetime) -> None:
    """It was no matter of ours; running promises end."""
    turn(session, ticket, actor, Status.CANCELLED, at)


def reopen(session: Session, ticket: Ticket, actor: Actor, at: datetime) -> None:
    """It was not settled after all. Raises Refused after the contract's window; then a new, linked one is opened."""
    turn(session, ticket, actor, Status.OPEN, at)


def is_over(session: Session, ticket: Ticket, at: datetime) -> bool:
    """Whether it was cancelled, or settled so long ago, that a client's new words are a new matter."""
    return ticket.status == Status.CANCELLED or (ticket.done and _too_late_to_reopen(session, ticket, at))


def turn(session: Session, ticket: Ticket, actor: Actor, to: Status, at: datetime) -> None:
    """Put the ticket into another status. Raises Refused for a move that makes no sense."""
    if ticket.status == to:
        return
    if not may_become(ticket.status, to):
        raise Refused("This ticket cannot go from where it stands to there.")
    if ticket.done and to in UNDONE and _too_late_to_reopen(session, ticket, at):
        raise Refused("It was resolved too long ago; open a new ticket that follows this one.")
    ticket.status = to
    if to in DONE and ticket.resolved_at is None:
        ticket.resolved_at = whole_second(at)
    elif to not in DONE:
        ticket.resolved_at = None
    if not ticket.undone:
        ticket.follow_up_at = None
    tell(session, ticket, actor, "status", at, to=to)
    settle(session, ticket, at)
    if to == Status.CLOSED:
        approve_ticket(session, ticket.tenant_id, ticket.id, at)
    if to == Status.RESOLVED:
        later(session, "mail.resolved", ticket.tenant_id, ticket.id, at=at, key=f"{ticket.id}:{int(at.timestamp())}")


def assign(session: Session, ticket: Ticket, actor: Actor, owner_id: int, owner_name: str, at: datetime) -> None:
    """The ticket is this agent's now. Taking it oneself, or being given it, ends its being unassigned."""
    if ticket.owner_id != owner_id or ticket.taken_at is None:
        ticket.owner_id, ticket.taken_at = owner_id, whole_second(at)
        tell(session, ticket, actor, "assigned", at, to=owner_id, name=owner_name)


def hand_to_tier(session: Session, ticket: Ticket, actor: Actor, tier: int, at: datetime) -> None:
    """Another tier works on it; the story keeps how long each one held it. Raises Refused for no such tier."""
    if tier not in (1, 2, 3):
        raise Refused("There are tiers 1, 2 and 3.")
    if ticket.tier != tier:
        ticket.tier = tier
        tell(session, ticket, actor, "tier", at, to=tier)


def weigh(session: Session, ticket: Ticket, actor: Actor, impact: Level, urgency: Level, at: datetime) -> None:
    """How many are hit and how soon it hurts decide the priority, and with it the promises."""
    ticket.impact, ticket.urgency = impact, urgency
    priority = priority_of(impact, urgency)
    if ticket.priority != priority:
        ticket.priority = priority
        tell(session, ticket, actor, "priority", at, to=priority)
        settle(session, ticket, at)


def describe(
    session: Session, ticket: Ticket, actor: Actor, at: datetime, title: str, kind: TicketKind, category: str | None
) -> None:
    """What it is called and what sort of matter it is. Raises Refused without a title."""
    title = " ".join(title.split())[:300]
    if not title:
        raise Refused("A ticket needs a title.", {"title": ["A ticket needs a title."]})
    if (ticket.title, ticket.kind, ticket.category) != (title, kind, category):
        ticket.title, ticket.kind, ticket.category = title, kind, category
        tell(session, ticket, actor, "described", at, title=title, kind=kind, category=category)


def follow_up(
    session: Session, ticket: Ticket, actor: Actor, on: datetime | None, at: datetime, agreed: bool = False
) -> None:
    """Look at it again then; it comes back to the queue by itself. None forgets it.

    What is `agreed` with the client for that instant is scheduled until then. Raises what `turn` raises.
    """
    ticket.follow_up_at = on
    tell(session, ticket, actor, "follow_up", at, on=on.isoformat() if on else None)
    if agreed and on is not None:
        turn(session, ticket, actor, Status.SCHEDULED, at)
    elif ticket.status == Status.SCHEDULED:
        turn(session, ticket, actor, Status.OPEN, at)


def label(session: Session, ticket: Ticket, names: set[str]) -> None:
    """The ticket's labels are these and no others."""
    wanted = {" ".join(name.split())[:40] for name in names} - {""}
    standing = {tag.name: tag for tag in session.query(Tag).filter_by(tenant_id=ticket.tenant_id, ticket_id=ticket.id)}
    for name in wanted - standing.keys():
        session.add(Tag(tenant_id=ticket.tenant_id, ticket_id=ticket.id, name=name))
    for name in standing.keys() - wanted:
        session.delete(standing[name])


def link(session: Session, ticket: Ticket, other: Ticket, kind: str, actor: Actor, at: datetime) -> None:
    """Say that two tickets of one client belong together. Raises Refused across clients and with itself."""
    if ticket.tenant_id != other.tenant_id or ticket.id == other.id:
        raise Refused("Only two tickets of one client can be linked.")
    if session.get(Link, (ticket.tenant_id, ticket.id, other.id, kind)) is None:
        session.add(Link(tenant_id=ticket.tenant_id, ticket_id=ticket.id, other_id=other.id, kind=kind, since=at))
        tell(session, ticket, actor, "linked", at, kind=kind, other=other.key)
        tell(session, other, actor, "linked", at, kind=f"{kind}_by", other=ticket.key)


def _too_late_to_reopen(session: Session, ticket: Ticket, at: datetime) -> bool:
    """Whether it was settled longer ago than the contract in force lets it be reopened."""
    if ticket.resolved_at is None:
        return False
    return whole_second(at) - ticket.resolved_at > promises.reopen_window(session, ticket.tenant_id, at)
