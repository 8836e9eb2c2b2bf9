"""The clients at a glance: open tickets, the contract in force, who bills; one statement for each question."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.models import Issuer
from msp.tickets.models import Ticket
from msp.tickets.rules import UNDONE
from sla.models import Contract


def open_counts(session: Session, tenant_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """(open tickets, of these with a broken promise) by tenant."""
    rows = session.execute(
        select(Ticket.tenant_id, func.count(), func.count().filter(Ticket.breached))
        .where(Ticket.tenant_id.in_(sorted(tenant_ids)), Ticket.status.in_(UNDONE))
        .group_by(Ticket.tenant_id)
    )
    return {tenant_id: (undone, breached) for tenant_id, undone, breached in rows}


def contract_names(session: Session, tenant_ids: Collection[int]) -> dict[int, str]:
    """What each tenant's default contract is called."""
    rows = session.execute(
        select(Contract.tenant_id, Contract.name).where(Contract.tenant_id.in_(sorted(tenant_ids)), Contract.is_default)
    )
    return dict(rows.all())


def open_tickets(session: Session, tenant_id: int, limit: int = 10) -> Sequence[Ticket]:
    """One client's open tickets, the one due first on top."""
    return session.scalars(
        select(Ticket)
        .where(Ticket.tenant_id == tenant_id, Ticket.status.in_(UNDONE))
        .order_by(Ticket.due_at.asc().nulls_last(), Ticket.opened_at, Ticket.id)
        .limit(limit)
    ).all()


def issuers(session: Session) -> Sequence[Issuer]:
    """The desk's legal entities that send invoices now."""
    return session.scalars(select(Issuer).where(Issuer.closed_on.is_(None)).order_by(Issuer.name, Issuer.id)).all()
