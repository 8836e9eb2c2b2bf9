"""The one way in which a ticket changes: append what happened, then fold its clocks anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from msp.hints import hint
from msp.tickets.facts import Fact, Story, clock_events, clock_stories, story_of
from msp.tickets.models import Event, Ticket, Token
from msp.tickets.rules import DONE, tokens
from sla import actions as promises
from tenants.gathered import Manner, gather, gathered
from tenants.rows import change_many
from tenants.rules import Kind, Principal
from tenants.work import wake_clocks


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, as the story tells it: a client's contact, an agent by his login, or the system."""

    by: str
    id: int | None = None
    name: str = ""


SYSTEM = Actor("system")
KEPT = ("clock", "breached", "next_due_at", "due_at", "due_metric", "due_target", "due_calendar")
HELD = (Ticket.id, Ticket.version, Ticket.status, *(getattr(Ticket, name) for name in KEPT))
"""What of a ticket's row must be known to settle it with others."""


def actor_of(principal: Principal) -> Actor:
    """The principal as he stands in a ticket's story."""
    if principal.kind is Kind.STAFF:
        return Actor("agent", principal.login_id, principal.name)
    if principal.kind is Kind.CLIENT:
        return Actor("client", principal.contact_id, principal.name)
    return SYSTEM


def whole_second(at: datetime) -> datetime:
    """Events stand on whole seconds, as the clocks count (sla.md)."""
    return at.replace(microsecond=0)


def tell(session: Session, ticket: Ticket, actor: Actor, what: str, at: datetime, **data: Any) -> None:
    """Append one event. It is never before the ticket was opened."""
    at = max(whole_second(at), ticket.opened_at)
    event = {
        "tenant_id": ticket.tenant_id,
        "ticket_id": ticket.id,
        "at": at,
        "type": what,
        "by": actor.by,
        "by_id": actor.id,
        "by_name": actor.name,
        "data": data,
    }
    gather(session, Event, event)
    ticket.changed_at = max(ticket.changed_at, at)
    hint(session, ticket.tenant_id, f"ticket:{ticket.key}")


def settle(session: Session, ticket: Ticket, at: datetime, story: Story | None = None) -> None:
    """Fold the ticket's clocks from all its events and carry the result to the queue's row.

    What was told just now is written with the clocks, once. `story`: what was kept before, where it is at hand.
    """
    with session.no_autoflush:
        kept, book, reached = story or story_of(session, ticket.tenant_id, ticket.id)
        events = clock_events(sorted([*kept, *_told_just_now(session, ticket)], key=lambda event: event.at))
        standing = promises.refold(session, ticket.tenant_id, ticket.id, events, whole_second(at), book, reached)
    for name, value in _kept_of(standing).items():
        setattr(ticket, name, value)
    wake_clocks(session, standing.next_due_at, at)


def settle_many(session: Session, tenant_id: int, held: Sequence[Row[Any]], at: datetime) -> None:
    """The same for several tickets whom only time or the contract has changed; a handful of statements in all.

    `held` are rows of `HELD`, locked. Steps of tickets that are done are recorded without anybody being told: what
    was not reached while they were open is nobody's call any more.
    """
    if not held:
        return
    stories = clock_stories(session, tenant_id, [row.id for row in held])
    done = {row.id for row in held if row.status in DONE}
    standings = promises.refold_many(session, tenant_id, stories, at, silent=done)
    fresh = [(row, _kept_of(standings[row.id])) for row in held]
    changed = [{"id": row.id, "version": row.version + 1} | kept for row, kept in fresh if _differs(row, kept)]
    change_many(session, Ticket, tenant_id, changed)
    for known in list(session.identity_map.values()):
        if isinstance(known, Ticket):
            session.expire(known)


def _kept_of(standing: promises.Standing) -> dict[str, Any]:
    """What a ticket's own row keeps of where it stands."""
    return {name: getattr(standing, name) for name in KEPT}


def _differs(row: Row[Any], kept: Mapping[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in kept.items())


def _told_just_now(session: Session, ticket: Ticket) -> list[Fact]:
    return [
        Fact(row["at"], row["type"], row["by"], row["data"])
        for row in gathered(session, Event)
        if row["ticket_id"] == ticket.id and row["tenant_id"] == ticket.tenant_id
    ]


def index(session: Session, tenant_id: int, ticket_id: int, *texts: str) -> None:
    """Let a ticket be found by these words."""
    found = set[str]().union(*(tokens(text) for text in texts))
    for token in sorted(found):
        gather(session, Token, {"tenant_id": tenant_id, "token": token, "ticket_id": ticket_id}, Manner.ONCE)
