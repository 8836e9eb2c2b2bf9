"""Questions about a ticket's clocks and the steps they climbed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from sla.models import Clock, Escalation
from tenants.isolation import scoped

_CLOCKS = scoped(select(Clock).where(Clock.tenant_id == bindparam("tenant"), Clock.ticket_id == bindparam("ticket")))


def clocks_of(session: Session, tenant_id: int, ticket_id: int) -> Sequence[Clock]:
    return session.scalars(_CLOCKS, {"tenant": tenant_id, "ticket": ticket_id}).all()


def escalations_of(session: Session, tenant_id: int, ticket_id: int) -> Sequence[Escalation]:
    """The steps a ticket has climbed, in order."""
    return session.scalars(
        select(Escalation)
        .where(Escalation.tenant_id == tenant_id, Escalation.ticket_id == ticket_id)
        .order_by(Escalation.at, Escalation.id)
    ).all()
