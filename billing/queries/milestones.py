"""Fixed prices step by step: what each milestone is worth, when it was reached, whether it is invoiced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import ContractItem, DocumentSource
from billing.queries.counted import milestones_of
from billing.rules.invoice.items import Milestones, line_key
from billing.schemas import read_item


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone; `share` is its part of the price, exact, the last one's what is left."""

    key: str
    name: str
    share: Fraction
    reached: date | None
    invoiced: bool


@dataclass(frozen=True, slots=True)
class Project:
    """An item billed by milestones, as its newest version says."""

    item: str
    name: str
    price: Decimal
    steps: Sequence[Step]


def projects_of(session: Session, tenant_id: int) -> list[Project]:
    rows = session.scalars(
        select(ContractItem)
        .where(ContractItem.tenant_id == tenant_id, ContractItem.kind == "milestone")
        .order_by(ContractItem.id)
    )
    newest = {row.key: row for row in rows.all()}
    reached = milestones_of(session, tenant_id)
    billed = session.scalars(
        select(DocumentSource.part).where(
            DocumentSource.tenant_id == tenant_id, DocumentSource.kind == "milestone", DocumentSource.live
        )
    )
    lines = {part.rpartition("/")[0] for part in billed}
    return [_project(row, reached, lines) for row in newest.values()]


def _project(row: ContractItem, reached: dict[tuple[str, str], date], lines: set[str]) -> Project:
    kind = read_item(row).kind
    if not isinstance(kind, Milestones):
        return Project(row.key, row.name, Decimal(0), ())
    shares = [Fraction(kind.price) * Fraction(step.percent) / 100 for step in kind.steps[:-1]]
    shares.append(Fraction(kind.price) - sum(shares, Fraction()))
    steps = [
        Step(
            step.key,
            step.name,
            share,
            reached.get((row.key, step.key)),
            line_key(f"{row.key}-{step.key}") in lines,
        )
        for step, share in zip(kind.steps, shares, strict=True)
    ]
    return Project(row.key, row.name, kind.price, steps)
