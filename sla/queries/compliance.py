"""Questions about what became of promises, about disputes, reasons and closed months."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, undefer

from sla.models import BreachReason, Clock, CreditProposal, CycleOutcome, Dispute, FrozenMonth
from sla.queries.agreements import contracts_of, versions_of

STANDS = and_(
    Clock.tenant_id == CycleOutcome.tenant_id,
    Clock.ticket_id == CycleOutcome.ticket_id,
    Clock.metric == CycleOutcome.metric,
    Clock.cycle >= CycleOutcome.cycle,
)
"""A cycle begun while a reply stood that was taken back is no cycle: it lies beyond its clock's newest."""


def outcomes_of(session: Session, tenant_id: int, ticket_id: int) -> Sequence[CycleOutcome]:
    """Every cycle of a ticket."""
    return session.scalars(
        select(CycleOutcome)
        .join(Clock, STANDS)
        .where(CycleOutcome.tenant_id == tenant_id, CycleOutcome.ticket_id == ticket_id)
        .order_by(CycleOutcome.metric, CycleOutcome.cycle)
    ).all()


def outcome(session: Session, tenant_id: int, ticket_id: int, metric: str, cycle: int) -> CycleOutcome | None:
    """One cycle, as it stands."""
    return session.scalar(
        select(CycleOutcome)
        .join(Clock, STANDS)
        .where(
            CycleOutcome.tenant_id == tenant_id,
            CycleOutcome.ticket_id == ticket_id,
            CycleOutcome.metric == metric,
            CycleOutcome.cycle == cycle,
        )
    )


def disputes_of(session: Session, tenant_id: int, ticket_id: int) -> Sequence[Dispute]:
    """What was said about a ticket's cycles, oldest first."""
    return session.scalars(
        select(Dispute).where(Dispute.tenant_id == tenant_id, Dispute.ticket_id == ticket_id).order_by(Dispute.id)
    ).all()


def dispute(session: Session, tenant_id: int, dispute_id: int, lock: bool = False) -> Dispute | None:
    """One dispute; `lock` keeps others from answering it until the commit."""
    statement = select(Dispute).where(Dispute.tenant_id == tenant_id, Dispute.id == dispute_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def reasons_of(session: Session, tenant_id: int, ticket_id: int) -> dict[tuple[str, int], BreachReason]:
    """Why a ticket's promises were broken, by (metric, cycle)."""
    rows = session.scalars(
        select(BreachReason).where(BreachReason.tenant_id == tenant_id, BreachReason.ticket_id == ticket_id)
    )
    return {(row.metric, row.cycle): row for row in rows}


def frozen_month(session: Session, tenant_id: int, month: date) -> FrozenMonth | None:
    """A closed month with its snapshot."""
    return session.scalar(
        select(FrozenMonth)
        .where(FrozenMonth.tenant_id == tenant_id, FrozenMonth.month == month)
        .options(undefer(FrozenMonth.snapshot))
    )


def frozen_months(session: Session, tenant_id: int, since: date, until: date) -> Sequence[FrozenMonth]:
    """The closed months of a span, both ends included, without their snapshots."""
    return session.scalars(
        select(FrozenMonth)
        .where(FrozenMonth.tenant_id == tenant_id, FrozenMonth.month.between(since, until))
        .order_by(FrozenMonth.month)
    ).all()


def changed_months(session: Session, tenant_id: int) -> list[str]:
    """The closed months of a tenant whose facts are no longer those that were closed, each named with what differs."""
    rows = session.scalars(
        select(FrozenMonth)
        .where(FrozenMonth.tenant_id == tenant_id)
        .order_by(FrozenMonth.month)
        .options(undefer(FrozenMonth.snapshot))
    )
    faults = []
    for row in rows:
        name = f"closed month {row.month:%Y-%m} of tenant {tenant_id}"
        if hashlib.sha256(row.snapshot.encode()).hexdigest() != row.sha256:
            faults.append(f"{name}: the snapshot is not the one that was sealed")
        elif json.loads(row.snapshot)["figures"] != row.figures:
            faults.append(f"{name}: the figures are not those of the snapshot")
    return faults


def first_decision(session: Session, tenant_id: int) -> datetime | None:
    """When the first promise of a tenant was decided."""
    return session.scalar(select(func.min(CycleOutcome.decided_at)).where(CycleOutcome.tenant_id == tenant_id))


def credit_of(session: Session, tenant_id: int, proposal_id: int, lock: bool = False) -> CreditProposal | None:
    """One proposed credit; `lock` keeps others from deciding on it until the commit."""
    statement = select(CreditProposal).where(CreditProposal.tenant_id == tenant_id, CreditProposal.id == proposal_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def credits_of(session: Session, tenant_id: int, status: str = "proposed") -> Sequence[CreditProposal]:
    """A tenant's proposed credits, oldest first."""
    return session.scalars(
        select(CreditProposal)
        .where(CreditProposal.tenant_id == tenant_id, CreditProposal.status == status)
        .order_by(CreditProposal.month)
    ).all()


def terms_said(session: Session, tenant_id: int, at: datetime) -> dict[str, object]:
    """What the version of the default contract in force at an instant says; empty before the first one."""
    contract = next((one for one in contracts_of(session, tenant_id) if one.is_default), None)
    if contract is None:
        return {}
    begun = [one for one in versions_of(session, tenant_id, contract.id) if one.since <= at]
    return dict(begun[-1].terms) if begun else {}
