"""Measure tickets anew, batch by batch, after a change of their contract or calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from msp.tickets.actions.story import HELD, settle_many
from msp.tickets.models import Ticket
from msp.tickets.rules import UNDONE

BATCH = 50
"""So many tickets are held at once: a writer who wants one of them waits for well under 100 ms."""


def batches_to_measure(
    session: Session, tenant_id: int, since: datetime, restates: bool
) -> tuple[Sequence[tuple[int, int]], int]:
    """What a change from `since` on concerns: batches as (first id, last id), and how many tickets in all.

    Open tickets; where the past is restated, also those done since then.
    """
    ids = session.scalars(
        select(Ticket.id).where(Ticket.tenant_id == tenant_id, _concerned(since, restates)).order_by(Ticket.id)
    ).all()
    few = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    return [(batch[0], batch[-1]) for batch in few], len(ids)


def measure_anew(
    session: Session, tenant_id: int, first: int, last: int, since: datetime, restates: bool, at: datetime
) -> int:
    """Fold one batch under what holds now. Returns how many tickets; those done meanwhile stay as they are."""
    held = session.execute(
        select(*HELD)
        .where(Ticket.tenant_id == tenant_id, Ticket.id.between(first, last), _concerned(since, restates))
        .order_by(Ticket.id)
        .with_for_update()
    ).all()
    settle_many(session, tenant_id, held, at)
    return len(held)


def _concerned(since: datetime, restates: bool) -> ColumnElement[bool]:
    undone = Ticket.status.in_(UNDONE)
    return or_(undone, and_(Ticket.resolved_at.is_not(None), Ticket.resolved_at >= since)) if restates else undone
