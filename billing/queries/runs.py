"""Questions about month ends: which is at work, how far it is, what became of whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import Run, RunItem


@dataclass(frozen=True, slots=True)
class Progress:
    """A run with what became of each client so far, in its order; the rest waits."""

    run: Run
    items: Sequence[RunItem]

    @property
    def issued(self) -> Sequence[RunItem]:
        return [item for item in self.items if item.state == "issued"]

    @property
    def failed(self) -> Sequence[RunItem]:
        return [item for item in self.items if item.state == "failed"]

    @property
    def waiting(self) -> Sequence[dict[str, Any]]:
        """What was looked at and not come to yet."""
        return self.run.drafts[self.run.turn :]

    @property
    def sums(self) -> dict[str, Decimal]:
        """What was issued, by currency."""
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for item in self.issued:
            sums[item.currency] += item.payable
        return dict(sums)


def run(session: Session, run_id: int) -> Run | None:
    return session.get(Run, run_id, populate_existing=True)


def runs_of(session: Session, month: date) -> Sequence[Run]:
    """The runs of a month, the newest first."""
    return session.scalars(select(Run).where(Run.month == month).order_by(Run.id.desc())).all()


def progress_of(session: Session, found: Sequence[Run]) -> list[Progress]:
    """How far these runs are, as far as the session sees their clients."""
    items = session.scalars(
        select(RunItem).where(RunItem.run_id.in_([one.id for one in found])).order_by(RunItem.place)
    ).all()
    return [Progress(one, [item for item in items if item.run_id == one.id]) for one in found]
