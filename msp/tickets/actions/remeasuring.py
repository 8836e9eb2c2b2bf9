"""Measure tickets anew, batch by batch, after a change of their contract or calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from msp.tickets.actions.story import HELD, settle_many
from msp.tickets.facts import clock_stories
from msp.tickets.models import Ticket
from msp.tickets.rules import UNDONE
from sla import actions as promises
from sla import queries as promises_of

BATCH = 30
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
    _rehearse(session, tenant_id, first, at)
    held = session.execute(
        select(*HELD)
        .where(Ticket.tenant_id == tenant_id, Ticket.id.between(first, last), _concerned(since, restates))
        .order_by(Ticket.id)
        .with_for_update()
    ).all()
    settle_many(session, tenant_id, held, at)
    return len(held)


def _rehearse(session: Session, tenant_id: int, ticket_id: int, at: datetime) -> None:
    """What a process does for the first time (read the contract, lay out its years, put questions together) takes
    five times as long as later; it is done before anybody waits for a ticket.
    """
    book = promises_of.book(session, tenant_id)
    (events,) = clock_stories(session, tenant_id, [ticket_id]).values()
    if events:
        promises.read_clocks(book, events, at)


def _concerned(since: datetime, restates: bool) -> ColumnElement[bool]:
    undone = Ticket.status.in_(UNDONE)
    return or_(undone, and_(Ticket.resolved_at.is_not(None), Ticket.resolved_at >= since)) if restates else undone
