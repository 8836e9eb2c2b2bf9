"""A month of a client's promises: what was kept, what was not, and the list behind every figure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session

from msp.reports.figures import ALL, Figure, Line, figure_of, figures_of
from msp.tickets.models import Ticket
from sla.models import BreachReason, Clock, CycleOutcome, Dispute, FrozenMonth
from sla.queries import Book
from sla.queries.compliance import STANDS, frozen_month, terms_said
from sla.queries.months import Span, span_of
from sla.rules.compliance import Entry, digest
from sla.rules.contract import METRICS
from sla.rules.disputes import month_back
from tenants.models import Site, Tenant

SHORT: Final = 12
"""Signs of a digest that people are shown."""


@dataclass(frozen=True, slots=True)
class Result:
    """One result for the screen, the file and the mail; `digest` is that of its lines, the frozen one once closed.

    `figures` are by metric and, under "all", of all together; `goals` percent by metric, as agreed.
    """

    span: Span
    as_of: datetime
    lines: Sequence[Line]
    figures: Mapping[str, Figure]
    goals: Mapping[str, Decimal]
    digest: str
    frozen: FrozenMonth | None = None

    @property
    def version(self) -> str:
        """What people are shown of the digest."""
        return self.digest[:SHORT]

    @property
    def missed(self) -> list[Line]:
        return [line for line in self.lines if line.outcome == "missed"]

    @property
    def unexplained(self) -> list[Line]:
        """Broken promises without a reason, those left out by agreement as well."""
        return [line for line in self.missed if not line.reason]

    def by(self, key: Callable[[Line], str]) -> dict[str, Figure]:
        """The figures apart for each priority, site or kind of ticket, by name."""
        groups: dict[str, list[Line]] = {}
        for line in self.lines:
            groups.setdefault(key(line), []).append(line)
        return {name: figure_of(group) for name, group in sorted(groups.items())}

    def where(self, **wanted: str) -> list[Line]:
        """The lines that carry these words; an empty word matches all."""
        return [
            line for line in self.lines if all(not word or line.word(name) == word for name, word in wanted.items())
        ]


def result_of(session: Session, tenant: Tenant, book: Book, month: date, at: datetime) -> Result:
    """A month as it stands: read from its row once it is closed, else counted from what the folds left."""
    kept = frozen_month(session, tenant.tenant_id, month)
    if kept is not None:
        return _frozen(kept, at)
    span = span_of(book, month, tenant.zone)
    lines = lines_of(session, tenant.tenant_id, span.begin, span.end)
    goals = goals_of(terms_said(session, tenant.tenant_id, min(span.end, at)))
    return Result(span, at, lines, figures_of(lines), goals, digest([line.facts for line in lines]))


def lines_of(session: Session, tenant_id: int, begin: datetime, end: datetime) -> list[Line]:
    """Every cycle that [begin, end) decided, and those begun before its end that nothing has decided yet.

    One statement: ticket, site, reason and dispute come with each cycle.
    """
    inside = and_(CycleOutcome.decided_at >= begin, CycleOutcome.decided_at < end)
    undecided = and_(CycleOutcome.decided_at.is_(None), CycleOutcome.started_at < end)
    found = session.execute(
        select(
            CycleOutcome.ticket_id,
            Ticket.key,
            Ticket.title,
            Ticket.kind,
            func.coalesce(Site.name, ""),
            CycleOutcome.metric,
            CycleOutcome.cycle,
            CycleOutcome.state,
            CycleOutcome.priority,
            CycleOutcome.started_at,
            CycleOutcome.stopped_at,
            CycleOutcome.breached_at,
            CycleOutcome.target,
            CycleOutcome.spent,
            CycleOutcome.terms,
            CycleOutcome.calendar,
            func.coalesce(BreachReason.code, ""),
            func.coalesce(BreachReason.words, ""),
            func.coalesce(Dispute.status, ""),
        )
        .select_from(CycleOutcome)
        .join(Clock, STANDS)
        .join(Ticket, and_(Ticket.tenant_id == CycleOutcome.tenant_id, Ticket.id == CycleOutcome.ticket_id))
        .outerjoin(Site, and_(Site.tenant_id == Ticket.tenant_id, Site.id == Ticket.site_id))
        .outerjoin(BreachReason, _same(BreachReason))
        .outerjoin(Dispute, and_(_same(Dispute), Dispute.status.in_(("open", "accepted"))))
        .where(CycleOutcome.tenant_id == tenant_id, or_(inside, undecided))
        .order_by(CycleOutcome.decided_at, Ticket.number, CycleOutcome.metric, CycleOutcome.cycle)
    )
    return [_line(row) for row in found]


def goals_of(terms: Mapping[str, Any]) -> dict[str, Decimal]:
    """The percent a contract promises to keep, by metric; what it does not say is no goal."""
    said = terms.get("goals")
    found = said if isinstance(said, dict) else {}
    return {metric: Decimal(str(found[metric])) for metric in METRICS if found.get(metric) is not None}


def facts_of(result: Result, terms: Mapping[str, Any]) -> dict[str, Any]:
    """A month in plain facts, to be frozen: figures, lists, and what the contract said of them."""
    return {
        "month": f"{result.span.month:%Y-%m}",
        "zone": result.span.zone,
        "begin": result.span.begin.isoformat(),
        "end": result.span.end.isoformat(),
        "goals": {metric: str(goal) for metric, goal in result.goals.items()},
        "versions": sorted({line.terms for line in result.lines if line.terms}),
        "calendars": sorted({line.calendar for line in result.lines if line.calendar}),
        "credits": [dict(row) for row in terms.get("credits") or ()],
        "credit_cap": terms.get("credit_cap"),
        "figures": {name: figure.counts for name, figure in result.figures.items()},
        "lines": [line.facts for line in result.lines],
    }


def overall(figures: Mapping[str, Figure]) -> Figure:
    """All metrics together."""
    return figures[ALL]


def _frozen(kept: FrozenMonth, at: datetime) -> Result:
    facts = json.loads(kept.snapshot)
    begin, end = (datetime.fromisoformat(facts[name]) for name in ("begin", "end"))
    return Result(
        Span(kept.month, kept.zone, begin, end),
        at,
        [Line.read(each) for each in facts["lines"]],
        {name: Figure(**counts) for name, counts in facts["figures"].items()},
        {metric: Decimal(goal) for metric, goal in facts["goals"].items()},
        kept.sha256,
        kept,
    )


def _same(other: type[BreachReason] | type[Dispute]) -> Any:
    """The row of the same cycle."""
    return and_(
        other.tenant_id == CycleOutcome.tenant_id,
        other.ticket_id == CycleOutcome.ticket_id,
        other.metric == CycleOutcome.metric,
        other.cycle == CycleOutcome.cycle,
    )


def _line(row: Row[*tuple[Any, ...]]) -> Line:
    broken = None if row.breached_at is None else int(row.breached_at.timestamp())
    counted = Entry(row.ticket_id, row.metric, row.cycle, row.state, 0, breached_at=broken)
    values: tuple[Any, ...] = (*row, counted.outcome)
    return Line(*values)


def months_shown(last: date, count: int = 12) -> Iterable[date]:
    """The months up to one, oldest first."""
    return [month_back(last, back) for back in range(count - 1, -1, -1)]
