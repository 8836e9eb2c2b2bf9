"""Who is on call at the desk: the rosters, one roster's plan and weeks, and who stands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from msp import clock, guard
from msp.errors import Refused
from msp.web import forms
from msp.web.mending import mend
from msp.web.roster_form import Typed, kept, read_roster
from msp.web.roster_schemas import SwapSchema
from sla import actions
from sla import queries as promises
from sla.models import Roster, Swap
from sla.rules.calendar import WEEKDAYS
from tenants import queries
from tenants.db import db, transaction
from tenants.models import Agent
from tenants.rules import Permission

pages = Blueprint("rosters", __name__)
WEEK = timedelta(days=7)
AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody's time on call, or nobody's."""

    begin: datetime
    end: datetime
    people: Sequence[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """One roster as its page shows it: whose turn it is and whose come, in order; `quiet` tells whether it is quiet."""

    row: Roster
    turns: Sequence[Turn]
    quiet: bool

    @property
    def now(self) -> Turn:
        return self.turns[0]

    @property
    def gaps(self) -> int:
        return sum(not turn.people for turn in self.turns)


@pages.get("/rosters")
@guard.requires(Permission.SEE_TICKETS)
def index() -> str:
    """Who is on call now, and in the coming week."""
    rows, now = db.session(), clock.now()
    names = _names(rows)
    every = promises.rosters(rows, with_retired=True)
    return render_template(
        "rosters/index.html",
        plans=[_plan(rows, row, names, now, WEEK) for row in every if row.retired_at is None],
        retired=[row for row in every if row.retired_at is not None],
        may_run=guard.principal().may(Permission.RUN_ROSTERS),
    )


@pages.get("/rosters/new")
@guard.requires(Permission.RUN_ROSTERS)
def form() -> str:
    return _form(None, kept(None, clock.now()), {})


@pages.post("/rosters")
@guard.requires(Permission.RUN_ROSTERS)
def create() -> ResponseReturnValue:
    return _keep(None)


@pages.get("/rosters/<int:roster_id>")
@guard.requires(Permission.SEE_TICKETS)
def show(roster_id: int) -> str:
    """One roster: two weeks ahead, its plan in words, who stands in."""
    return _show(roster_id, {})


@pages.get("/rosters/<int:roster_id>/edit")
@guard.requires(Permission.RUN_ROSTERS)
def edit(roster_id: int) -> str:
    row = _roster(db.session(), roster_id)
    return _form(row, kept(row, clock.now()), {})


@pages.post("/rosters/<int:roster_id>")
@guard.requires(Permission.RUN_ROSTERS)
def keep(roster_id: int) -> ResponseReturnValue:
    return _keep(roster_id)


@pages.post("/rosters/<int:roster_id>/use")
@guard.requires(Permission.RUN_ROSTERS)
def use(roster_id: int) -> ResponseReturnValue:
    """Take a roster out of use, or into use again."""
    with transaction() as rows:
        row = _roster(rows, roster_id)
        actions.retire_roster(row, None if row.retired_at else clock.now())
    return redirect(url_for(".index"), 303)


@pages.post("/rosters/<int:roster_id>/swaps")
@guard.requires(Permission.RUN_ROSTERS)
def swap(roster_id: int) -> ResponseReturnValue:
    """Somebody stands in for a while."""
    given, errors = forms.read(SwapSchema())
    if not errors:
        try:
            with transaction() as rows:
                row, person = _roster(rows, roster_id), _person(rows, given["login_id"])
                zone = ZoneInfo(row.zone)
                begins_at, ends_at = (given[name].replace(tzinfo=zone).astimezone(UTC) for name in ("begins", "ends"))
                actions.stand_in(rows, row, person.id, begins_at, ends_at, given["why"])
            return redirect(url_for(".show", roster_id=roster_id, said="swapped"), 303)
        except Refused as refused:
            errors = mend(refused, "begins")
    return _show(roster_id, errors), 422


@pages.post("/rosters/<int:roster_id>/swaps/<int:swap_id>/end")
@guard.requires(Permission.RUN_ROSTERS)
def end_swap(roster_id: int, swap_id: int) -> ResponseReturnValue:
    """From now on the plan counts again."""
    with transaction() as rows:
        found = rows.get(Swap, swap_id)
        if found is None or found.roster_id != roster_id:
            abort(404)
        actions.take_back_swap(rows, found, clock.now())
    return redirect(url_for(".show", roster_id=roster_id, said="ended"), 303)


def _keep(roster_id: int | None) -> ResponseReturnValue:
    typed, errors = read_roster(request.form)
    if not errors:
        try:
            with transaction() as rows:
                row = Roster() if roster_id is None else _roster(rows, roster_id)
                actions.keep_roster(rows, row, typed.facts(_names(rows)))
            return redirect(url_for(".show", roster_id=row.id, said="kept"), 303)
        except Refused as refused:
            errors = mend(refused, "name")
    return _form(None if roster_id is None else _roster(db.session(), roster_id), typed, errors), 422


def _form(row: Roster | None, typed: Typed, errors: forms.Errors) -> str:
    return render_template(
        "rosters/form.html", row=row, typed=typed, errors=errors, agents=queries.agents(db.session()), weekdays=WEEKDAYS
    )


def _show(roster_id: int, errors: forms.Errors) -> str:
    rows, now = db.session(), clock.now()
    row, names = _roster(rows, roster_id), _names(rows)
    return render_template(
        "rosters/show.html",
        plan=_plan(rows, row, names, now, AHEAD),
        swaps=promises.swaps_of(rows, row.id, now),
        names=names,
        agents=queries.agents(rows),
        weekdays=WEEKDAYS,
        errors=errors,
        typed=request.form,
        may_run=guard.principal().may(Permission.RUN_ROSTERS),
        said=request.args.get("said", ""),
    )


def _plan(rows: Session, row: Roster, names: Mapping[int, str], now: datetime, ahead: timedelta) -> Plan:
    read = promises.compiled_roster(row, promises.swaps_of(rows, row.id, now))
    begin, end = int(now.timestamp()), int((now + ahead).timestamp())
    turns = [
        Turn(datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC), [names[one] for one in who])
        for since, until, who in read.stretches(begin, end)
    ]
    return Plan(row, turns, read.leaves_at(begin) != begin)


def _roster(rows: Session, roster_id: int) -> Roster:
    return rows.get(Roster, roster_id) or abort(404)


def _person(rows: Session, login_id: int) -> Agent:
    """Somebody who is still at the desk."""
    found = rows.get(Agent, login_id)
    if found is None or found.left_at is not None:
        raise Refused("Choose one of these.", {"login_id": ["Choose one of these."]})
    return found


def _names(rows: Session) -> dict[int, str]:
    return {agent.id: agent.name for agent in queries.everybody(rows)}
