"""What was worked under the clock, or moved, arrives in its tenant; a forgotten timer is spoken of once."""

from __future__ import annotations

from billing import actions as billing
from billing.models import TimeEntry, Timer
from msp import clock
from msp.outbox import actions as outbox
from msp.tickets import queries
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import job


def ended(_tenant_id: int, timer_id: int) -> None:
    """What an ended timer counted becomes a draft where its ticket is, in a transaction that writes there only."""
    timer = db.session.get(Timer, timer_id)
    if timer is None or timer.kept_at is not None:
        return
    with acting_as(job(timer.about_tenant)), transaction() as session:
        held = session.get(Timer, timer_id, with_for_update=True, populate_existing=True)
        if held is not None:
            billing.keep_counted(session, held, clock.now())


def moved(tenant_id: int, entry_id: int, to_tenant: int, to_ticket: int, agent_id: int) -> None:
    """An entry that was taken out for another tenant's ticket arrives there, in a transaction of its own."""
    entry = db.session.get_one(TimeEntry, (tenant_id, entry_id))
    facts = billing.leaving(entry)
    with acting_as(job(to_tenant)), transaction() as session:
        if queries.ticket_by_id(session, to_tenant, to_ticket) is None:
            raise LookupError(f"Ticket {to_ticket} is not there.")
        billing.arrive(session, to_tenant, to_ticket, agent_id, f"{tenant_id}:{entry_id}", facts, clock.now())


def long(tenant_id: int, timer_id: int) -> None:
    """A timer that has run for two hours: its agent is told, once."""
    session, at = db.session(), clock.now()
    timer = session.get(Timer, timer_id, with_for_update=True)
    if timer is None or not billing.is_forgotten(timer, at):
        return
    ticket = queries.ticket_by_id(session, tenant_id, timer.ticket_id)
    if ticket is not None:
        timer.warned_at = at
        told = {"title": ticket.title}
        outbox.notify(session, [timer.agent_id], tenant_id, f"timer:{timer.id}", "timer_long", ticket.key, told, at)
