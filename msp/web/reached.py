"""Which steps a ticket's promises have reached, who has them in hand, and who of the desk was called in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.tickets.models import Ticket
from msp.tickets.opened import Opened
from sla import queries as promises
from sla.models import Acknowledgement, Escalation, Watcher
from tenants.models import Agent

Cycle = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Reached:
    """By metric and cycle: the steps in order, and whoever has it in hand; `called` are names of the desk."""

    steps: Mapping[Cycle, Sequence[Escalation]] = field(default_factory=dict)
    in_hand: Mapping[Cycle, Acknowledgement] = field(default_factory=dict)
    called: Sequence[str] = ()


def reached_of(rows: Session, ticket: Ticket, around: Opened) -> Reached:
    """Nothing is asked for a ticket that has reached nothing."""
    called = _called_in(rows, ticket) if "watchers" in around.has else []
    if "steps" not in around.has:
        return Reached(called=called)
    steps: dict[Cycle, list[Escalation]] = defaultdict(list)
    for step in promises.escalations_of(rows, ticket.tenant_id, ticket.id):
        steps[step.metric, step.cycle].append(step)
    in_hand = promises.acknowledged(rows, ticket.tenant_id, [ticket.id])
    return Reached(dict(steps), {(metric, cycle): row for (_, metric, cycle), row in in_hand.items()}, called)


def _called_in(rows: Session, ticket: Ticket) -> Sequence[str]:
    return rows.scalars(
        select(Agent.name)
        .join(Watcher, Watcher.login_id == Agent.id)
        .where(Watcher.tenant_id == ticket.tenant_id, Watcher.ticket_id == ticket.id)
        .order_by(Agent.sort_key, Agent.id)
    ).all()
