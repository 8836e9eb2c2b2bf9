"""Who has a running promise in hand, and what an escalation does to its ticket by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.errors import Refused
from msp.outbox.webhooks import ACKNOWLEDGED, Happening, announce
from msp.tickets.actions.state import hand_to_tier, weigh
from msp.tickets.actions.story import SYSTEM, Actor, tell, whole_second
from msp.tickets.models import Event, Ticket
from msp.tickets.rules import raised
from sla import queries as promises
from sla.models import Acknowledgement, Watcher
from tenants.rows import insert_many

ACTS = ("raise", "next_tier", "call_lead")
HIGHEST_TIER = 3


def acknowledge(session: Session, ticket: Ticket, actor: Actor, metric: str, at: datetime) -> None:
    """Somebody of the desk has it in hand: nobody else is told of this promise. A second time is nothing.

    Raises Refused where no such promise runs.
    """
    clock = next(
        (one for one in promises.clocks_of(session, ticket.tenant_id, ticket.id) if one.metric == metric), None
    )
    if clock is None or clock.status not in ("running", "paused"):
        raise Refused("This promise does not run any more.")
    row = {
        "tenant_id": ticket.tenant_id,
        "ticket_id": ticket.id,
        "metric": metric,
        "cycle": clock.cycle,
        "at": whole_second(at),
        "by_id": actor.id or 0,
        "by_name": actor.name,
    }
    if insert_many(session, Acknowledgement, [row], once=True):
        tell(session, ticket, actor, "acknowledged", at, metric=metric, cycle=clock.cycle)
        promise = {"metric": metric, "cycle": clock.cycle}
        facts = {"ticket": facts_of(ticket), "promise": promise, "by": actor.name}
        key = f"acknowledged:{ticket.id}:{metric}:{clock.cycle}"
        announce(session, ticket.tenant_id, [Happening(key, ACKNOWLEDGED, facts)], at)


def escalate(
    session: Session,
    ticket: Ticket,
    act: str,
    escalation: Mapping[str, Any],
    leads: Collection[tuple[int, str]],
    at: datetime,
) -> bool:
    """Do by itself what a step's ladder says: once for each escalation (`id`, `metric`, `step`) and act.

    `leads` are those who may be called in, by (login, name). Returns whether anything was done.
    """
    if not ticket.undone or _was_done(session, ticket, act, escalation["id"]):
        return False
    done = dict(escalation) | {"act": act}
    if act == "raise":
        hits, hurts = raised(ticket.impact, ticket.urgency)
        done |= {"from": ticket.priority}
        if (hits, hurts) == (ticket.impact, ticket.urgency):
            return False
        tell(session, ticket, SYSTEM, "escalated", at, **done)
        weigh(session, ticket, SYSTEM, hits, hurts, at)
    elif act == "next_tier":
        if ticket.tier >= HIGHEST_TIER:
            return False
        tell(session, ticket, SYSTEM, "escalated", at, **done)
        hand_to_tier(session, ticket, SYSTEM, ticket.tier + 1, at)
    else:
        called = {login_id: name for login_id, name in leads if call_in(session, ticket, login_id, at)}
        if not called:
            return False
        tell(session, ticket, SYSTEM, "escalated", at, **done, names=list(called.values()))
    return True


def call_in(session: Session, ticket: Ticket, login_id: int, at: datetime) -> bool:
    """A person of the desk stands beside the owner from now on. Returns whether he did not before."""
    if login_id == ticket.owner_id:
        return False
    row = {"tenant_id": ticket.tenant_id, "ticket_id": ticket.id, "login_id": login_id, "since": whole_second(at)}
    return insert_many(session, Watcher, [row], once=True) == 1


def facts_of(ticket: Ticket) -> dict[str, Any]:
    """A ticket as other programs hear of it."""
    names = ("key", "title", "kind", "priority", "status", "tier")
    return {name: getattr(ticket, name) for name in names}


def _was_done(session: Session, ticket: Ticket, act: str, escalation_id: int) -> bool:
    stories = session.scalars(
        select(Event.data).where(
            Event.tenant_id == ticket.tenant_id, Event.ticket_id == ticket.id, Event.type == "escalated"
        )
    )
    return any((data["act"], data["id"]) == (act, escalation_id) for data in stories)
