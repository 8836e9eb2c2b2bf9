"""Close a month: everything that counts in it, minute by minute, kept with its digest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from msp.errors import Refused
from msp.reports.compliance import Result, facts_of, result_of
from msp.reports.figures import Line
from msp.tickets import queries as tickets
from msp.tickets.facts import clock_events
from sla.actions import read_clocks
from sla.actions.months import freeze_month, propose_credit
from sla.models import FrozenMonth
from sla.queries import Book, book
from sla.queries.compliance import first_decision, frozen_months, terms_said
from sla.queries.months import month_of, span_of
from sla.rules.compliance import count_between, digest
from sla.rules.disputes import Hindrance, Pace, month_back, months_between
from sla.rules.trace import explain
from tenants.models import Tenant

FAR_BACK = 24
"""How many months back one that is still open is looked for."""


def close_month(session: Session, tenant: Tenant, month: date, by: str, at: datetime) -> FrozenMonth:
    """Freeze a month that is over. Raises Refused while a breach has no reason or a dispute no answer."""
    terms = book(session, tenant.tenant_id)
    result = result_of(session, tenant, terms, month, at)
    if result.frozen is not None:
        raise Refused("This month is closed already.")
    if at < result.span.end:
        raise Refused("This month is not over yet.")
    kept = hindrance_of(result)
    if kept.unexplained:
        raise Refused("Broken promises without a reason: %(count)s.", count=kept.unexplained)
    if kept.disputed:
        raise Refused("Contests without an answer: %(count)s.", count=kept.disputed)
    counted = [line for line in result.lines if line.outcome != "open"]
    traced = _traced(session, tenant.tenant_id, terms, counted, at)
    undecided = [line for line in result.lines if line.outcome == "open"]
    said = terms_said(session, tenant.tenant_id, result.span.end)
    frozen = freeze_month(
        session, tenant.tenant_id, month, facts_of(replace(result, lines=[*traced, *undecided]), said), by, at
    )
    agreed = count_between((line.entry for line in counted), _at(result.span.begin), _at(result.span.end)).agreed
    propose_credit(session, tenant.tenant_id, month, agreed, said, at)
    return frozen


def hindrance_of(result: Result) -> Hindrance:
    """What keeps a month from closing."""
    return Hindrance(len(result.unexplained), sum(line.dispute == "open" for line in result.lines))


def due_months(session: Session, tenant: Tenant, pace: Pace, at: datetime) -> Sequence[date]:
    """The months that are over long enough and not closed yet, oldest first; none before anything was promised."""
    first = first_decision(session, tenant.tenant_id)
    if first is None:
        return []
    terms = book(session, tenant.tenant_id)
    now = month_of(terms, at, tenant.zone)
    months = months_between(max(month_of(terms, first, tenant.zone), month_back(now, FAR_BACK)), month_back(now))
    closed = {row.month for row in frozen_months(session, tenant.tenant_id, months[0], now)} if months else set()
    return [month for month in months if month not in closed and pace.closes(_end(terms, month, tenant)) <= _at(at)]


def _end(terms: Book, month: date, tenant: Tenant) -> int:
    return _at(span_of(terms, month, tenant.zone).end)


def _at(instant: datetime) -> int:
    return int(instant.timestamp())


def _traced(session: Session, tenant_id: int, terms: Book, lines: Iterable[Line], at: datetime) -> list[Line]:
    """The lines with the digests of their traces, folded from the events: two statements for any number of tickets."""
    listed = list(lines)
    now = _at(at)
    events = tickets.events_of_many(session, tenant_id, {line.ticket for line in listed})
    traces = {
        (ticket_id, cycle.metric, cycle.number): digest(
            [
                [one.begin, one.end, one.kind, one.why, one.terms, one.calendar]
                for measure in range(len(cycle.measures))
                for one in explain(cycle, now, measure)
            ]
        )
        for ticket_id, story in events.items()
        for clock in read_clocks(terms, clock_events(story), at)
        for cycle in clock.cycles
    }
    return [line.traced(traces.get(line.id, "")) for line in listed]
