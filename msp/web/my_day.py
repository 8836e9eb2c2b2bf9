"""The end of the day: what was logged, and what the agent seems to have done beside it; only he sees this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import EntryState
from billing.rules.proposals import Proposal
from billing.schemas.time_form import SpanSchema
from msp import clock, guard
from msp.errors import Refused
from msp.guard import TicketKey
from msp.reach import tenant_here
from msp.reports import deeds, timesheet
from msp.tickets import desk, queries
from msp.web import chosen_entries, forms, work_kinds
from msp.web.language import reader
from msp.web.my_time import chosen_day
from tenants.db import db, transaction
from tenants.rules import Permission, Principal

pages = Blueprint("my_day", __name__)


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposed span with its ticket. `until` is where a neighbour on the same ticket ends that may join it."""

    span: Proposal
    key: str
    title: str
    until: datetime | None = None
    entry: timesheet.Shown | None = None

    @property
    def at(self) -> datetime:
        return self.span.begin


@pages.get("/time/day")
@guard.requires(Permission.WORK_TICKETS)
def day() -> str:
    return _page(_chosen(), request.args.get("told", ""), request.args.get("count", 0, int))


@pages.post("/tickets/<ticket:key>/time/proposed")
@guard.requires(Permission.WORK_TICKETS)
def accept(key: TicketKey) -> ResponseReturnValue:
    """Take a span, as it was proposed, stretched, or joined with its neighbour: it becomes a draft of the caller's."""
    now = clock.now()
    with transaction() as rows:
        ticket = queries.ticket(rows, tenant_here(), key.number) or abort(404)
        given = _span()
        end = max(given["end"], given["until"] or given["end"])
        billing.accept(rows, ticket.tenant_id, ticket.id, _login(), given["begin"], min(end, now), now)
    return _again("accepted", 1)


@pages.post("/time/<tenant:tenant>/<int:entry_id>/grow")
@guard.requires(Permission.WORK_TICKETS)
def grow(tenant: str, entry_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the guard has read it
    """A span belongs to the entry beside it, which grows to hold both."""
    with transaction() as rows:
        found = timesheet.one_entry(rows, tenant_here(), entry_id) or abort(404)
        row, given = found.row, _span()
        facts = {
            "started_at": min(given["begin"], row.started_at or given["begin"]),
            "ended_at": max(given["end"], row.ended_at or given["end"]),
        }
        billing.edit_time(rows, row.tenant_id, row.id, facts, _login(), clock.now())
    return _again("accepted", 1)


@pages.post("/time/day/pass-over")
@guard.requires(Permission.WORK_TICKETS)
def pass_over() -> ResponseReturnValue:
    """This was no work to log."""
    given = _span()
    with transaction() as rows:
        billing.pass_over(rows, _login(), given["begin"], given["end"])
    return _again("passed", 1)


@pages.post("/time/day/accept-all")
@guard.requires(Permission.WORK_TICKETS)
def accept_all() -> ResponseReturnValue:
    """Take whatever is proposed now but mere glances, client by client."""
    who, now = guard.principal(), clock.now()
    by_tenant: dict[int, list[tuple[int, datetime, datetime]]] = {}
    for one in deeds.proposed(db.session(), who, _begin(_chosen()), now):
        if not one.glance:
            by_tenant.setdefault(one.matter[0], []).append((one.matter[1], one.begin, one.end))
    db.session.rollback()
    count = 0
    for tenant_id, spans in sorted(by_tenant.items()):

        def take(rows: Session, tenant: int = tenant_id, taken: Sequence[Any] = spans) -> int:
            return billing.accept_all(rows, tenant, _login(), taken, now)

        count += chosen_entries.in_its_own(tenant_id, take)
    return _again("accepted", count)


def _page(on: date, told: str, count: int) -> str:
    rows, who, here = db.session(), guard.principal(), reader()
    logged = timesheet.week_of(rows, who, on, on + timedelta(days=1))
    offers = _offers(rows, who, on, logged)
    seen = {one.row.tenant_id for one in logged} | {one.span.matter[0] for one in offers}
    return render_template(
        "time/_day.html" if request.headers.get("HX-Request") else "time/day.html",
        on=on,
        before=on - timedelta(days=1),
        after=on + timedelta(days=1),
        today=here.now.astimezone(here.zone).date(),
        lines=sorted([*logged, *offers], key=lambda one: _place(one, here.now)),
        logged=logged,
        offers=offers,
        clients=desk.clients(rows, seen) if seen else {},
        kinds=work_kinds.names(rows),
        told=told,
        count=count,
    )


def _offers(rows: Session, who: Principal, on: date, logged: Sequence[timesheet.Shown]) -> list[Offer]:
    """The proposals of a day with their tickets' names, each with the neighbour it could be joined to."""
    spans = deeds.proposed(rows, who, _begin(on), clock.now())
    tickets = timesheet.tickets_named(rows, {span.matter for span in spans}) if spans else {}
    drafts = [one for one in logged if one.row.state == EntryState.DRAFT and one.row.ended_at is not None]
    made = []
    for place, span in enumerate(spans):
        if span.matter not in tickets:
            continue
        key, title = tickets[span.matter]
        following = spans[place + 1] if place + 1 < len(spans) else None
        until = following.end if following is not None and following.matter == span.matter else None
        beside = [one for one in drafts if (one.row.tenant_id, one.row.ticket_id) == span.matter]
        nearest = min(beside, key=lambda one: _distance(one, span), default=None)
        made.append(Offer(span, key, title, until, nearest if until is None else None))
    return made


def _distance(entry: timesheet.Shown, span: Proposal) -> timedelta:
    begin, end = entry.row.started_at or span.begin, entry.row.ended_at or span.end
    return max(begin - span.end, span.begin - end)


def _place(one: timesheet.Shown | Offer, last: datetime) -> tuple[datetime, int]:
    if isinstance(one, Offer):
        return one.at, 1
    return one.row.started_at or last, 0


def _again(told: str, count: int) -> ResponseReturnValue:
    """The day anew for htmx in its place, by its own address else."""
    if request.headers.get("HX-Request"):
        return _page(_chosen(), told, count)
    return redirect(url_for(".day", day=request.form.get("day") or None, told=told, count=count), 303)


def _span() -> dict[str, Any]:
    given, errors = forms.read(SpanSchema())
    if errors:
        raise Refused("This is no span of time that was worked.")
    return given


def _chosen() -> date:
    here = reader()
    return chosen_day(here.now.astimezone(here.zone).date())


def _begin(on: date) -> datetime:
    return datetime.combine(on, time(), ZoneInfo(guard.principal().zone))


def _login() -> int:
    return guard.principal().login_id or 0
