"""later(): the row for each piece of work to be done, of any kind, and the lease under which it is done."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, func, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from tenants.gathered import Manner, gather
from tenants.isolation import Model, Walled
from tenants.models import Instant
from tenants.rows import claim, insert_new, insert_once

LEASE = timedelta(seconds=30)
"""How long a row waits for a worker that died; one that lives holds the row's lock as well, however long it takes."""
TRIES = 12
FIRST_WAIT, LONGEST_WAIT = 5.0, 3600.0
DIED = "Every worker that took it up died of it."
CLOCKS = "msp_clock"
"""The channel on which clock processes hear that something falls due sooner than they meant to look."""
SOON = timedelta(seconds=1)
"""How far ahead a clock process sleeps at most; what falls due later it will have seen by then."""
OPEN = text("done_at IS NULL AND parked_at IS NULL")


class LeaseLost(RuntimeError):
    """Another worker took the row while this one was at it; its effect must not stand twice."""


class Work(Model):
    """Something to be done after the commit that decided it (safety.md 2). The row is the ledger, RQ only the bell."""

    __tablename__ = "work"

    kind: Mapped[str]
    key: Mapped[str]
    ids: Mapped[list[int]] = mapped_column(JSONB)
    made_at: Mapped[datetime] = mapped_column(Instant)
    available_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    fence: Mapped[int] = mapped_column(BigInteger, default=0)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    parked_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "kind", "key"),
        Index("ix_work_due", "available_at", "tenant_id", "id", postgresql_where=OPEN),
        Index("ix_work_parked", "tenant_id", "parked_at", postgresql_where=text("parked_at IS NOT NULL")),
        Index("ix_work_done", "tenant_id", "done_at", postgresql_where=text("done_at IS NOT NULL")),
    )


class ScheduleRun(Walled):
    """One due time of one schedule that has been turned into work; the primary key makes it once."""

    __tablename__ = "schedule_run"

    schedule: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)


def later(
    session: Session,
    kind: str,
    tenant_id: int,
    *ids: int,
    at: datetime,
    key: str | None = None,
    available_at: datetime | None = None,
) -> int | None:
    """Leave work in this transaction; its bell rings after the commit when it is due at once, and its id is answered.

    `key` names the occasion (default: the ids): a second leaving under the same kind and key is nothing and
    answers None, as does what waits.
    """
    due = available_at or at
    row = {
        "tenant_id": tenant_id,
        "kind": kind,
        "key": key if key is not None else ":".join(map(str, ids)),
        "ids": list(ids),
        "made_at": at,
        "available_at": due,
        "attempts": 0,
        "fence": 0,
    }
    if due > at:
        gather(session, Work, row, Manner.ONCE)
        return None
    work_id = insert_once(session, Work, row)
    if work_id is not None:
        session.info.setdefault("bells", []).append((kind, tenant_id, work_id))
    return work_id


def wake_clocks(session: Session, due: datetime | None, at: datetime) -> None:
    """With the commit, clocks that sleep beyond an instant hear of it."""
    if due is not None and due <= at + SOON:
        session.execute(select(func.pg_notify(CLOCKS, "")))


def later_many(
    session: Session, kind: str, tenant_id: int, occasions: Sequence[tuple[str, Sequence[int]]], at: datetime
) -> int:
    """Leave work that is due at once for each (key, ids), in one statement. Returns how many are new."""
    rows = [
        {
            "tenant_id": tenant_id,
            "kind": kind,
            "key": key,
            "ids": list(ids),
            "made_at": at,
            "available_at": at,
            "attempts": 0,
            "fence": 0,
        }
        for key, ids in occasions
    ]
    left = insert_new(session, Work, rows)
    session.info.setdefault("bells", []).extend((kind, tenant_id, work_id) for work_id in left)
    return len(left)


def due_work(session: Session, at: datetime, limit: int = 500) -> Sequence[tuple[str, int, int]]:
    """What waits to be done in all tenants the sweep sees: (kind, tenant, id), oldest first. Takes no lock."""
    rows = session.execute(
        select(Work.kind, Work.tenant_id, Work.id)
        .where(OPEN, Work.available_at <= at, or_(Work.lease_until.is_(None), Work.lease_until < at))
        .order_by(Work.available_at)
        .limit(limit)
    )
    return [(kind, tenant_id, work_id) for kind, tenant_id, work_id in rows]


@dataclass(frozen=True, slots=True)
class Lease:
    """A row in one worker's hands; plain values, since a rollback would let the row itself be read anew."""

    tenant_id: int
    id: int
    kind: str
    ids: tuple[int, ...]
    attempts: int
    fence: int


def take(session: Session, tenant_id: int, work_id: int, owner: str, at: datetime) -> Lease | None:
    """Lease one due row; None when it is done, parked, not yet due or in somebody's hands.

    What took so many tries that none could put it back is parked here: it may be what kills its workers.
    """
    row = session.scalar(
        select(Work)
        .where(Work.tenant_id == tenant_id, Work.id == work_id, OPEN, Work.available_at <= at)
        .where(or_(Work.lease_until.is_(None), Work.lease_until < at))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        return None
    if row.attempts >= TRIES:  # nobody came back from the last try
        row.parked_at, row.last_error, row.lease_owner, row.lease_until = at, DIED, None, None
        return None
    row.attempts += 1
    row.fence += 1
    row.lease_owner, row.lease_until = owner, at + LEASE
    return Lease(tenant_id, work_id, row.kind, tuple(row.ids), row.attempts, row.fence)


def hold(session: Session, lease: Lease) -> None:
    """Lock the row in the transaction of its effect, so that nobody takes it before that ends, also after the lease.

    A killed worker's lock goes with its connection. Raises LeaseLost when another took the row meanwhile.
    """
    mine = select(Work.id).where(Work.tenant_id == lease.tenant_id, Work.id == lease.id, Work.fence == lease.fence)
    if session.scalar(mine.with_for_update()) is None:
        raise LeaseLost(lease.kind)


def finish(session: Session, lease: Lease, at: datetime) -> None:
    """Mark it done in the transaction of its effect. Raises LeaseLost when another took the row meanwhile."""
    done = _under_fence(session, lease, done_at=at, lease_owner=None, lease_until=None, last_error=None)
    if not done:
        raise LeaseLost(lease.kind)


def put_back(session: Session, lease: Lease, at: datetime, error: str) -> bool:
    """It failed: wait longer each time (5 s to 1 h with jitter), park it after twelve tries. True when parked."""
    parked = lease.attempts >= TRIES
    _under_fence(
        session,
        lease,
        available_at=at + pause(lease.attempts),
        parked_at=at if parked else None,
        last_error=error[:2000],
        lease_owner=None,
        lease_until=None,
    )
    return parked


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: 5 s to 1 h with jitter."""
    wait = min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
    return timedelta(seconds=wait * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, no secret


def try_again(session: Session, work: Work, at: datetime) -> None:
    """A person asks for it now, parked or not."""
    work.parked_at, work.available_at, work.attempts, work.lease_until = None, at, 0, None
    session.info.setdefault("bells", []).append((work.kind, work.tenant_id, work.id))


def pass_over(session: Session, tenant_id: int, at: datetime, but: Collection[str] = ()) -> int:
    """What was due by an instant counts as done, and its bells stay silent; kinds in `but` are left to be done.

    For a past that is written down afterwards: its mails left long ago. Returns how many rows.
    """
    kept = [bell for bell in session.info.pop("bells", []) if bell[1] != tenant_id or bell[0] in but]
    if kept:
        session.info["bells"] = kept
    columns = Work.__table__.c
    past = [columns.done_at.is_(None), columns.available_at <= at, columns.kind.not_in(sorted(but))]
    return claim(session, Work, tenant_id, past, done_at=at)


def forget_done(session: Session, tenant_id: int, before: datetime) -> int:
    """Drop rows done long ago. Returns how many."""
    rows = session.scalars(
        select(Work).where(Work.tenant_id == tenant_id, Work.done_at < before).order_by(Work.done_at).limit(1000)
    ).all()
    for row in rows:
        session.delete(row)
    return len(rows)


def depth(session: Session, at: datetime) -> dict[str, Any]:
    """How much waits, how old the oldest due row is (seconds) and how much is parked, over the tenants seen."""
    waiting, oldest = session.execute(select(func.count(), func.min(Work.available_at)).where(OPEN)).one()
    parked = session.scalar(select(func.count()).where(Work.parked_at.is_not(None)))
    age = max((at - oldest).total_seconds(), 0) if oldest else 0
    return {"waiting": waiting, "age": age, "parked": parked or 0}


def _under_fence(session: Session, lease: Lease, **values: Any) -> bool:
    mine = [Work.__table__.c.id == lease.id, Work.__table__.c.fence == lease.fence]
    return claim(session, Work, lease.tenant_id, mine, **values) == 1
