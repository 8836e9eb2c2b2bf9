"""How the desk does as a whole, for its watch: promises, steps, work, mails and calls, asked of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from msp.outbox.models import Delivery, Mail
from msp.reports.clocks import DAY, Watch, watch
from tenants.work import OPEN, Work

QUEUE = func.split_part(Work.kind, ".", 1)


@dataclass(frozen=True, slots=True)
class Queue:
    """The work of one queue: rows not done, seconds the oldest due one waits, rows that failed, rows given up."""

    waiting: int = 0
    age: float = 0.0
    failing: int = 0
    parked: int = 0


@dataclass(frozen=True, slots=True)
class Vitals:
    """All tenants at an instant. Mails and calls by state are those of the last day."""

    watch: Watch
    alive: int
    queues: Mapping[str, Queue]
    mails: Mapping[str, int]
    calls: Mapping[str, int]


def vitals(session: Session, queues: Sequence[str], at: datetime) -> Vitals:
    """Asked by a sweep. The same from every process on every machine, since it is the rows that answer."""
    seen = watch(session, at)
    return Vitals(
        seen,
        sum(seen.lives(one, at) for one in seen.clocks),
        _queues(session, queues, at),
        _by_state(session, Mail.state, Mail.made_at, at),
        _by_state(session, Delivery.state, Delivery.made_at, at),
    )


def _queues(session: Session, names: Sequence[str], at: datetime) -> dict[str, Queue]:
    oldest = func.min(Work.available_at).filter(Work.available_at <= at)
    failing = func.count().filter(Work.last_error.is_not(None))
    standing = session.execute(select(QUEUE, func.count(), oldest, failing).where(OPEN).group_by(QUEUE))
    given_up = session.execute(select(QUEUE, func.count()).where(Work.parked_at.is_not(None)).group_by(QUEUE))
    parked: dict[str, int] = dict(given_up.all())
    found = {
        name: Queue(waiting, (at - due).total_seconds() if due else 0.0, failed, parked.pop(name, 0))
        for name, waiting, due, failed in standing
    }
    found |= {name: Queue(parked=many) for name, many in parked.items()}
    return dict.fromkeys(names, Queue()) | found


def _by_state(
    session: Session, state: InstrumentedAttribute[str], made: InstrumentedAttribute[Any], at: datetime
) -> dict[str, int]:
    rows = session.execute(select(state, func.count()).where(made > at - DAY).group_by(state))
    return dict(rows.all())
