"""My time: a week by days, what came back, handing in and joining entries."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from billing import actions as billing
from msp import clock, guard
from msp.errors import Refused
from msp.reports import deeds, timesheet
from msp.tickets import desk
from msp.web import chosen_entries, work_kinds
from msp.web.chosen_entries import Seen
from msp.web.language import reader
from tenants.db import db
from tenants.rules import Permission

pages = Blueprint("my_time", __name__)
WEEK = timedelta(days=7)
LOOK_BACK = timedelta(days=14)


@pages.get("/time")
@guard.requires(Permission.WORK_TICKETS)
def week() -> str:
    """The caller's entries of a week, day by day, actual and billable."""
    rows, who, here = db.session(), guard.principal(), reader()
    today = here.now.astimezone(here.zone).date()
    monday = chosen_day(today) - timedelta(days=chosen_day(today).weekday())
    shown = timesheet.week_of(rows, who, monday, monday + WEEK)
    days: defaultdict[date, list[timesheet.Shown]] = defaultdict(list)
    for one in shown:
        days[one.row.worked_on].append(one)
    return render_template(
        "time/week.html",
        days=[(day, days[day]) for day in (monday + timedelta(days=number) for number in range(7))],
        shown=shown,
        monday=monday,
        before=monday - WEEK,
        after=monday + WEEK,
        today=today,
        clients=desk.clients(rows, {one.row.tenant_id for one in shown}) if shown else {},
        kinds=work_kinds.names(rows),
        unlogged=deeds.unlogged_of(rows, who.login_id or 0, who.tenants, here.now - LOOK_BACK, here.now),
        sent_back=timesheet.sent_back(rows, who),
        told=request.args.get("told", ""),
        count=request.args.get("count", 0, int),
    )


@pages.post("/time/submit")
@guard.requires(Permission.WORK_TICKETS)
def submit() -> ResponseReturnValue:
    """Hand in what was ticked, client by client; what cannot be handed in stays."""

    def hand_in(tenant_id: int, seen: Seen, rows: Session) -> int:
        done = 0
        for entry_id in sorted(seen):
            try:
                billing.submit(rows, tenant_id, entry_id, guard.principal().login_id or 0, clock.now())
            except Refused:
                continue
            done += 1
        return done

    done = chosen_entries.each_in_its_own(_some_chosen(), hand_in)
    return _back("submitted", sum(done))


@pages.post("/time/merge")
@guard.requires(Permission.WORK_TICKETS)
def merge() -> ResponseReturnValue:
    """Make one entry of those that were ticked."""
    chosen = _some_chosen()
    if len(chosen) > 1:
        raise Refused("Only entries of one ticket, day, kind of work and state become one.")

    def join(tenant_id: int, seen: Seen, rows: Session) -> None:
        billing.merge_time(rows, tenant_id, sorted(seen), guard.principal().login_id or 0, clock.now())

    chosen_entries.each_in_its_own(chosen, join)
    return _back("merged", 1)


@pages.post("/time/drop")
@guard.requires(Permission.WORK_TICKETS)
def drop() -> ResponseReturnValue:
    """Take out what was ticked."""

    def take_out(tenant_id: int, seen: Seen, rows: Session) -> int:
        for entry_id in sorted(seen):
            billing.drop_time(rows, tenant_id, entry_id, guard.principal().login_id or 0, clock.now())
        return len(seen)

    return _back("dropped", sum(chosen_entries.each_in_its_own(_some_chosen(), take_out)))


def chosen_day(otherwise: date) -> date:
    """The day the address or the form names; else another."""
    try:
        return date.fromisoformat(request.values.get("day", ""))
    except ValueError:
        return otherwise


def _some_chosen() -> dict[int, Seen]:
    found = dict(chosen_entries.chosen())
    if not found:
        raise Refused("Nothing was chosen.")
    return found


def _back(told: str, count: int) -> ResponseReturnValue:
    place = "my_day.day" if request.form.get("from") == "day" else ".week"
    return redirect(url_for(place, day=request.form.get("day") or None, told=told, count=count), 303)
