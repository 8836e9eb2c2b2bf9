"""What the desk does by itself: schedules, the depth of the ledger, what failed and what was given up."""

from __future__ import annotations

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from msp import clock, guard, reach
from msp.errors import Stale
from msp.schedules import Schedule
from msp.tickets import desk
from msp.timetable import SCHEDULES, overview, run_now
from tenants import ledger, queries, work
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Tenant
from tenants.rules import DESK_KEY, Permission

pages = Blueprint("work", __name__)


@pages.get("/work")
@guard.requires(Permission.SEE_WORK)
def index() -> str:
    """One look tells whether all is being done."""
    rows, who, now = db.session(), guard.principal(), clock.now()
    own = rows.get_one(Tenant, reach.tenant_named(DESK_KEY))
    parked, failing = ledger.parked(rows), ledger.failing(rows)
    named = {row.tenant_id for row in (*parked, *failing)}
    return render_template(
        "work/index.html",
        schedules=overview(rows, own, now),
        depth=work.depth(rows, now),
        kinds=ledger.waiting_by_kind(rows, now),
        parked=parked,
        failing=failing,
        clients=desk.clients(rows, named) if named else {},
        now=now,
        may_run=who.may(Permission.RUN_WORK),
        said=request.args.get("said", ""),
    )


@pages.post("/work/schedules/<name>/run")
@guard.requires(Permission.RUN_WORK)
def run(name: str) -> ResponseReturnValue:
    """Leave a schedule's work now: for the desk, or for each client in a transaction of its own."""
    schedule = next((one for one in SCHEDULES if one.name == name), None) or abort(404)
    for tenant_id in _concerned(schedule):
        g.written = False
        with acting_as(reach.writer_in(tenant_id)), transaction() as rows:
            run_now(rows, schedule, tenant_id, clock.now())
    return redirect(url_for(".index", said="left"), 303)


@pages.post("/work/<tenant:tenant>/<int:work_id>/again")
@guard.requires(Permission.RUN_WORK)
def again(tenant: str, work_id: int) -> ResponseReturnValue:
    """Try a row again at once, parked or waiting for its next try."""
    with transaction() as rows:
        row = ledger.held(rows, reach.tenant_named(tenant), work_id) or abort(404)
        if row.done_at is not None:
            raise Stale("It has been done meanwhile.")
        work.try_again(rows, row, clock.now())
    return redirect(url_for(".index", said="again"), 303)


def _concerned(schedule: Schedule) -> list[int]:
    """The tenants a schedule works for, of those the person sees."""
    if schedule.desk_only:
        return [reach.tenant_named(DESK_KEY)]
    tenants = queries.tenants_of(db.session(), guard.principal())
    return [tenant.tenant_id for tenant in tenants if tenant.closed_at is None]
