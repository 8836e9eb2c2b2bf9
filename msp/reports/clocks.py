"""Whether promises are watched: what is due and late, what was reached, how late it was noticed, which clocks live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from msp.tickets.models import Ticket
from sla.models import ClockProcess, Escalation

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GRACE, ALIVE = timedelta(seconds=2), timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Reached:
    """Steps noticed in a span: how many, and how many seconds after their instants half, 95 and 99 of 100 were."""

    steps: int
    untold: int
    half: float
    most: float
    nearly_all: float
    worst: float


@dataclass(frozen=True, slots=True)
class Watch:
    """The promises of all clients the principal sees, at an instant."""

    soon: int
    late: int
    oldest: timedelta
    next_at: datetime | None
    hour: Reached
    day: Reached
    clocks: Sequence[ClockProcess]

    def lives(self, one: ClockProcess, at: datetime) -> bool:
        return one.seen_at > at - ALIVE


def watch(session: Session, at: datetime) -> Watch:
    """All of it; each question goes by an index."""
    due = select(func.count()).where(Ticket.next_due_at > at, Ticket.next_due_at <= at + HOUR)
    late = select(func.count(), func.min(Ticket.next_due_at)).where(Ticket.next_due_at <= at - GRACE)
    coming = select(func.min(Ticket.next_due_at)).where(Ticket.next_due_at > at)
    count, oldest = session.execute(late).one()
    return Watch(
        soon=session.scalar(due) or 0,
        late=count,
        oldest=at - oldest if oldest else timedelta(),
        next_at=session.scalar(coming),
        hour=_reached(session, at - HOUR),
        day=_reached(session, at - DAY),
        clocks=session.scalars(select(ClockProcess).order_by(ClockProcess.name)).all(),
    )


def _reached(session: Session, since: datetime) -> Reached:
    """Steps that count as told the moment they were found came out of a correction or of history: no clock was late."""
    seconds = func.extract("epoch", Escalation.noticed_at - Escalation.at)
    shares = [func.percentile_cont(share).within_group(seconds) for share in (0.5, 0.95, 0.99)]
    row = session.execute(
        select(func.count(), func.count().filter(Escalation.told_at.is_(None)), *shares, func.max(seconds)).where(
            Escalation.noticed_at > since,
            or_(Escalation.told_at.is_(None), Escalation.told_at != Escalation.noticed_at),
        )
    ).one()
    steps, untold, *late = row
    return Reached(steps, untold, *(float(each or 0) for each in late))
