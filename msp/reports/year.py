"""Twelve months of a client's promises: the closed ones from their rows, the others counted in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ARRAY, and_, bindparam, func, select
from sqlalchemy.orm import Session

from msp.reports.compliance import months_shown
from msp.reports.figures import ALL, Figure
from sla.models import Clock, CycleOutcome, Dispute
from sla.queries import Book
from sla.queries.compliance import STANDS, frozen_months
from sla.queries.months import span_of
from tenants.models import Instant, Tenant


class MonthOf(NamedTuple):
    """A month of the year: all metrics together, and whether it is closed."""

    month: date
    figure: Figure
    closed: bool


def year_of(session: Session, tenant: Tenant, book: Book, last: date) -> Sequence[MonthOf]:
    """The twelve months up to `last`, oldest first; months in which nothing was decided are there with zeros."""
    months = list(months_shown(last))
    frozen = {row.month: row for row in frozen_months(session, tenant.tenant_id, months[0], last)}
    unclosed = [month for month in months if month not in frozen]
    counted = _counted(session, tenant, book, [month for month in months if month >= unclosed[0]]) if unclosed else {}
    return [
        MonthOf(month, Figure(**frozen[month].figures[ALL]), True)
        if month in frozen
        else MonthOf(month, counted.get(month, Figure()), False)
        for month in months
    ]


def _counted(session: Session, tenant: Tenant, book: Book, months: Sequence[date]) -> dict[date, Figure]:
    spans = [span_of(book, month, tenant.zone) for month in months]
    begins = [span.begin for span in spans]
    place = func.width_bucket(CycleOutcome.decided_at, bindparam("begins", begins, type_=ARRAY(Instant)))
    out, missed = Dispute.id.is_not(None), CycleOutcome.breached_at.is_not(None)
    rows = session.execute(
        select(place, missed, out, func.count())
        .select_from(CycleOutcome)
        .join(Clock, STANDS)
        .outerjoin(
            Dispute,
            and_(
                Dispute.tenant_id == CycleOutcome.tenant_id,
                Dispute.ticket_id == CycleOutcome.ticket_id,
                Dispute.metric == CycleOutcome.metric,
                Dispute.cycle == CycleOutcome.cycle,
                Dispute.status == "accepted",
            ),
        )
        .where(
            CycleOutcome.tenant_id == tenant.tenant_id,
            CycleOutcome.decided_at >= begins[0],
            CycleOutcome.decided_at < spans[-1].end,
            CycleOutcome.state.not_in(("cancelled", "not_applicable")),
        )
        .group_by(place, missed, out)
    )
    figures: dict[date, Figure] = {}
    for bucket, was_missed, was_excluded, count in rows:
        met, broken = (0, count) if was_missed else (count, 0)
        counts = Figure(met, broken, 0 if was_excluded else met, 0 if was_excluded else broken)
        month = months[bucket - 1]
        figures[month] = figures.get(month, Figure()) + counts
    return figures
