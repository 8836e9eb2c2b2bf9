"""The kinds of work a form offers, with what is offered for their time."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import WorkType
from msp.web.language import reader
from tenants.isolation import scoped

_LISTED = scoped(select(WorkType).order_by(WorkType.place, WorkType.code))


class WorkKind(NamedTuple):
    """A kind of work in the reader's language; step and minimum in minutes."""

    code: str
    name: str
    mode: str
    billable: bool
    step: int | None
    minimum: int | None
    retired: bool


def offered(rows: Session, also: str | None = None) -> list[WorkKind]:
    """Those that may be chosen, and the one that was."""
    return [one for one in every(rows) if not one.retired or one.code == also]


def every(rows: Session) -> list[WorkKind]:
    """All kinds there are or were, in the desk's order."""
    language = reader().language
    return [
        WorkKind(row.code, row.name(language), row.mode, row.billable, row.step, row.minimum, row.retired)
        for row in rows.scalars(_LISTED)
    ]


def names(rows: Session) -> dict[str, str]:
    """What each kind is called, by code."""
    return {one.code: one.name for one in every(rows)}
