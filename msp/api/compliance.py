"""/sla-months and /disputes: what was kept, what both sides leave out, why something was broken."""

from __future__ import annotations

import re
from datetime import date
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Any

from flask import abort
from sqlalchemy.orm import Session

from msp import clock, guard
from msp.api import reach
from msp.api.frame import scope
from msp.api.once import Made
from msp.api.routes import get, post
from msp.api.shapes_months import (
    DisputeShape,
    DisputesShape,
    MonthQuery,
    MonthShape,
    NewDisputeShape,
    ReasonShape,
    ReasonTold,
)
from msp.guard import TicketKey
from msp.reach import tenant_here
from msp.reports.compliance import Result, result_of
from msp.reports.figures import Figure, Line
from msp.tickets.models import Ticket
from sla import queries as promises
from sla.actions.disputes import give_reason, open_dispute
from sla.models import Dispute
from sla.queries.compliance import disputes_of
from sla.queries.months import pace_of
from sla.rules.disputes import CLIENT, DESK
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Tenant
from tenants.rules import Kind, Permission, Principal, job

MONTH = re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])")


@get("/clients/<tenant:tenant>/sla-months/<month>", "Promises", MonthShape, MonthQuery)
@guard.requires(Permission.SEE_CONTRACTS, Permission.OWN_PROMISES)
@scope("sla:read")
def show_month(query: dict[str, Any], tenant: str, month: str) -> dict[str, Any]:  # noqa: ARG001 - the guard has read it
    """Read a month of a client’s promises

    With the list behind each figure. The strict figure counts by events alone, the agreed one without what both sides
    left out.
    """
    named = MONTH.fullmatch(month) or abort(404)
    rows = db.session()
    company = rows.get_one(Tenant, tenant_here())
    book = promises.book(rows, company.tenant_id)
    result = result_of(rows, company, book, date(int(named[1]), int(named[2]), 1), clock.now())
    return _month(result) | {"lines": [_line(line) for line in result.where(**query)]}


@get("/tickets/<ticket:key>/disputes", "Promises", DisputesShape)
@guard.requires(Permission.SEE_TICKETS, Permission.OWN_PROMISES)
@scope("sla:read")
def list_disputes(key: TicketKey) -> dict[str, Any]:
    """List what was said about a ticket’s promises"""
    rows = db.session()
    ticket = reach.ticket_seen(rows, guard.principal(), key)
    return {"items": [_dispute(each, ticket) for each in disputes_of(rows, ticket.tenant_id, ticket.id)]}


@post("/tickets/<ticket:key>/disputes", "Promises", NewDisputeShape, DisputeShape, 201)
@guard.requires(Permission.RUN_TENANTS, Permission.OWN_PROMISES)
@scope("sla:write")
def contest(rows: Session, given: dict[str, Any], key: TicketKey) -> Made:
    """Contest a promise, or propose to leave it out

    The client contests, the desk proposes; the other side answers on its page before the deadline, else it is rejected.
    """
    who, now = guard.principal(), clock.now()
    ticket = reach.ticket_seen(rows, who, key)
    with acting_as(job(ticket.tenant_id)):
        pace = pace_of(rows)
    cycle = (ticket.id, given["metric"], given["cycle"])
    name = reach.actor_here(rows, who).name
    made = open_dispute(rows, ticket.tenant_id, cycle, _side(who), given["reason"], name, pace, now)
    return Made(_dispute(made, ticket))


@post("/tickets/<ticket:key>/breach-reasons", "Promises", ReasonShape, ReasonTold)
@guard.requires(Permission.WORK_TICKETS)
@scope("sla:write")
def explain(rows: Session, given: dict[str, Any], key: TicketKey) -> Made:
    """Say why a promise was broken"""
    who = guard.principal()
    ticket = reach.ticket_seen(rows, who, key)
    cycle = (ticket.id, given["metric"], given["cycle"])
    return Made(give_reason(rows, ticket.tenant_id, cycle, given["code"], given["words"], who.name, clock.now()))


def _side(who: Principal) -> str:
    return DESK if who.kind is Kind.STAFF else CLIENT


def _dispute(dispute: Dispute, ticket: Ticket) -> dict[str, Any]:
    return {name: getattr(dispute, name) for name in DisputeShape().fields if name != "ticket"} | {"ticket": ticket.key}


def _month(result: Result) -> dict[str, Any]:
    return {
        "month": f"{result.span.month:%Y-%m}",
        "zone": result.span.zone,
        "begin": result.span.begin,
        "end": result.span.end,
        "closed": result.frozen is not None,
        "digest": result.digest,
        "figures": [_figure(name, each, result.goals.get(name)) for name, each in result.figures.items()],
    }


def _figure(metric: str, figure: Figure, goal: Decimal | None) -> dict[str, Any]:
    return figure.counts | {
        "metric": metric,
        "strict": _percent(figure.strict),
        "agreed": _percent(figure.agreed),
        "goal": None if goal is None else str(goal),
    }


def _percent(share: Fraction | None) -> str | None:
    """With one decimal, rounded down: it never reads better than it was."""
    if share is None:
        return None
    return str((Decimal(100 * share.numerator) / share.denominator).quantize(Decimal("0.1"), rounding=ROUND_DOWN))


def _line(line: Line) -> dict[str, Any]:
    return {
        "ticket": line.key,
        "title": line.title,
        "metric": line.metric,
        "cycle": line.cycle,
        "priority": line.priority,
        "outcome": line.word("outcome"),
        "started_at": line.started,
        "stopped_at": line.stopped,
        "breached_at": line.breached,
        "target": line.target,
        "spent": line.spent,
        "reason": line.reason,
        "dispute": line.dispute,
    }
