"""Visits as the engine takes them: each way to a site once, however many tickets it served."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import DocumentSource, EntryState, TimeEntry, Visit
from billing.queries.counted import LATEST_TICKETS
from billing.rules.invoice import facts as engine
from billing.rules.invoice.document import Document
from billing.rules.periods import Period, open_period

VISIT: Final = "visit-"


def visits_of(
    session: Session,
    tenant_id: int,
    period: Period,
    contracts: Sequence[engine.Contract],
    zone: str,
    issued: Collection[Period],
    closing_day: int | None,
) -> tuple[engine.Visit, ...]:
    """Visits of a period with work on them that stand on no document yet, and late ones whose turn it is.

    None where no contract charges the way; late ones are looked for as far back as late tickets.
    """
    if not any(version.travel for contract in contracts for version in contract.versions):
        return ()
    begin, end = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (period.begin, period.end))
    served = select(TimeEntry.id).where(
        TimeEntry.tenant_id == Visit.tenant_id, TimeEntry.visit_id == Visit.id, TimeEntry.state != EntryState.DROPPED
    )
    billed = select(DocumentSource.source_id).where(
        DocumentSource.tenant_id == Visit.tenant_id,
        DocumentSource.kind == "visit",
        DocumentSource.source_id == Visit.id,
        DocumentSource.live,
    )
    rows = session.scalars(
        select(Visit)
        .where(
            Visit.tenant_id == tenant_id,
            Visit.visited_at >= begin - LATEST_TICKETS,
            Visit.visited_at < end,
            served.exists(),
            ~billed.exists(),
        )
        .order_by(Visit.visited_at, Visit.id)
    )
    return tuple(
        engine.Visit(
            key=f"{VISIT}{row.id}",
            at=row.visited_at.astimezone(UTC),
            site=str(row.site_id) if row.site_id else None,
            km=row.km,
            zone=row.zone,
            contract=str(row.contract_id) if row.contract_id else None,
        )
        for row in rows
        if open_period(row.visited_at.astimezone(ZoneInfo(zone)).date(), issued, closing_day) == period
    )


def visit_sources(document: Document, zone: str) -> Iterator[dict[str, Any]]:
    """The visits a document charges, each once for each way of charging it."""
    for place, line in enumerate(document.lines, 1):
        if line.role == "travel":
            for use in line.explain.uses:
                yield {
                    "place": place,
                    "kind": "visit",
                    "source_id": int(use.key.removeprefix(VISIT)),
                    "part": line.name,
                    "on_date": use.begin.astimezone(ZoneInfo(zone)).date(),
                    "worked": None,
                    "charged": None,
                    "rule": "",
                }
