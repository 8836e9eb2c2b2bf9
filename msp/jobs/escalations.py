"""Steps that were reached are told to whom they concern."""

from __future__ import annotations

from sqlalchemy import select

from msp import clock
from msp.outbox import actions as outbox
from msp.tickets import queries as tickets
from sla.models import Escalation
from tenants.db import db
from tenants.models import Agent
from tenants.rules import Role


def tell(tenant_id: int, escalation_id: int) -> None:
    """The ticket's owner and the leads hear of a step, once."""
    session = db.session()
    escalation = session.get_one(Escalation, (tenant_id, escalation_id), with_for_update=True)
    if escalation.told_at is not None:
        return
    ticket = tickets.ticket_by_id(session, tenant_id, escalation.ticket_id)
    if ticket is None:
        raise LookupError(f"Escalation {escalation_id} names no ticket.")
    leads = session.scalars(select(Agent.id).where(Agent.role == Role.LEAD, Agent.left_at.is_(None)))
    outbox.notify(
        session,
        {ticket.owner_id, *leads},
        tenant_id,
        f"escalation:{tenant_id}:{escalation_id}",
        "escalation",
        ticket.key,
        {"metric": escalation.metric, "step": escalation.step, "at": escalation.at.isoformat(), "title": ticket.title},
        clock.now(),
    )
    escalation.told_at = clock.now()
