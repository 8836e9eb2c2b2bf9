"""An answer as an agent gives it: the reply, what becomes of the ticket with it, and taking both back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from msp.tickets import queries
from msp.tickets.actions.state import turn
from msp.tickets.actions.story import Actor, whole_second
from msp.tickets.actions.words import Answer, follow, reply, take_back
from msp.tickets.models import Message, Ticket
from msp.tickets.rules import DONE, Status, may_become


def answer(session: Session, ticket: Ticket, actor: Actor, given: Answer, at: datetime, undo: timedelta) -> Message:
    """Reply, and leave the ticket in the chosen state. The reply itself tells how it was resolved unless said apart.

    Raises what `reply` raises.
    """
    for follower in given.followers:
        if follower.id != ticket.contact_id:
            follow(session, ticket, follower.id, at)
    message = reply(session, ticket, actor, given, at, undo)
    if ticket.status not in DONE:
        ticket.resolved_at = None
    elif given.then in DONE:
        ticket.resolution = (given.resolution or given.text).strip()
        ticket.resolved_at, ticket.follow_up_at = whole_second(at), None
    return message


def take_answer_back(session: Session, ticket: Ticket, message: Message, actor: Actor, at: datetime) -> None:
    """Undo an answer that has not left: its text is a draft again, the state and the resolution are undone with it.

    Raises what `take_back` raises.
    """
    take_back(session, ticket, message, actor, at)
    if ticket.resolved_at == message.at:  # how it was resolved was said with it
        ticket.resolution = ""
    before, chosen = _turns(session, ticket, message)
    if chosen is not None and chosen != Status.OPEN and ticket.status == chosen:
        back = before not in DONE and may_become(chosen, before)
        turn(session, ticket, actor, before if back else Status.OPEN, at)


def _turns(session: Session, ticket: Ticket, message: Message) -> tuple[Status, Status | None]:
    """The state before the reply, and the one its author chose with it."""
    before, replied = Status.OPEN, False
    for event in queries.events_of(session, ticket.tenant_id, ticket.id):
        if event.type == "replied" and event.data.get("message_id") == message.id:
            replied = True
        elif event.type == "status" and replied and event.at == message.at and event.by_id == message.by_id:
            return before, Status(event.data["to"])
        elif event.type in ("opened", "status") and not replied:
            before = Status(event.data.get("to", Status.OPEN))
    return before, None
