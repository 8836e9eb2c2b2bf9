"""Carry a change of a contract or calendar to the tickets it concerns, batch by batch, as work."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sla.models import Contract, Remeasuring
from tenants.work import later, later_many


def restamp(contract: Contract) -> None:
    """Whoever keeps this contract compiled must read it anew."""
    contract.stamp = secrets.token_hex(8)


def carry_to_tickets(
    session: Session, contract: Contract, cause: str, since: datetime, at: datetime
) -> Remeasuring | None:
    """Leave it as work that the tickets are measured anew once `since` has come. None for a contract nobody is under.

    `cause` is version, calendar, pack or restatement; a restatement reaches back to tickets that are done.
    """
    if not contract.is_default:
        return None
    change = Remeasuring(
        tenant_id=contract.tenant_id,
        contract_id=contract.id,
        cause=cause,
        since=since,
        restates=cause == "restatement",
        made_at=at,
    )
    session.add(change)
    session.flush()
    later(session, "upkeep.remeasure", contract.tenant_id, change.id, at=at, available_at=max(since, at))
    return change


def call_off(session: Session, contract: Contract, cause: str, since: datetime, at: datetime) -> None:
    """What was to be carried at an instant that will not come is over."""
    waiting = session.scalars(
        select(Remeasuring).where(
            Remeasuring.tenant_id == contract.tenant_id,
            Remeasuring.contract_id == contract.id,
            Remeasuring.cause == cause,
            Remeasuring.since == since,
            Remeasuring.total.is_(None),
        )
    )
    for change in waiting:
        change.total, change.finished_at = 0, at


def spread(session: Session, change: Remeasuring, batches: Sequence[tuple[int, int]], total: int, at: datetime) -> None:
    """It begins: each batch, (first ticket, last ticket) by id, becomes a row of work of its own."""
    change.total, change.batches = total, len(batches)
    if not batches:
        change.finished_at = at
    occasions = [(f"{change.id}:{first}", (change.id, first, last)) for first, last in batches]
    later_many(session, "upkeep.remeasure_batch", change.tenant_id, occasions, at)


def batch_done(session: Session, tenant_id: int, change_id: int, tickets: int, at: datetime) -> None:
    """Count a batch; asked for last in its transaction, since the others wait for the row."""
    change = session.get_one(Remeasuring, (tenant_id, change_id), with_for_update=True, populate_existing=True)
    change.done += tickets
    change.batches -= 1
    if change.batches == 0:
        change.finished_at = at
