"""A client's calendars: when his promises run, what an edit changes, a year at a glance, and when something is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.tickets import desk
from msp.tickets.rules import PRIORITIES
from msp.web import calendar_words as words
from msp.web import calendar_year, forms
from msp.web.calendar_form import SETS, as_typed, proposed
from msp.web.format import moment_text
from msp.web.language import reader
from msp.web.mending import mend
from sla import actions, queries
from sla.models import Calendar, CalendarVersion
from sla.rules.calendar import WEEKDAYS
from sla.rules.contract import METRICS
from sla.schemas import CalendarSchema, RestatementSchema, local_instant
from sla.schemas.spans import read_length
from tenants.db import db, transaction
from tenants.models import Tenant
from tenants.rules import Permission

pages = Blueprint("calendars", __name__)
YEARS = range(2000, 2100)


@pages.get("/clients/<tenant:tenant>/calendars")
@guard.requires(Permission.SEE_CONTRACTS)
def index(tenant: str) -> str:
    """All calendars of the client as they hold now."""
    rows, tenant_id, here = db.session(), tenant_here(), reader()
    held = _held(queries.calendar_versions_of(rows, tenant_id), here.now)
    lines = [
        (calendar, words.calendar_of(held[calendar.id].hours), words.week(words.calendar_of(held[calendar.id].hours)))
        for calendar in queries.calendars_of(rows, tenant_id)
        if calendar.id in held
    ]
    return _render("index", tenant, lines=lines)


@pages.get("/clients/<tenant:tenant>/calendars/new")
@guard.requires(Permission.RUN_CONTRACTS)
def form(tenant: str) -> str:
    zone = db.session().get_one(Tenant, tenant_here()).zone
    empty = {"tz": zone, "weekly": {day: [["09:00", "18:00"]] for day in WEEKDAYS[:5]}, "holidays_from": "JP"}
    return _form(tenant, None, empty, None)


@pages.post("/clients/<tenant:tenant>/calendars/new")
@guard.requires(Permission.RUN_CONTRACTS)
def create(tenant: str) -> ResponseReturnValue:
    who = guard.principal()

    def act(rows: Session, given: Mapping[str, Any]) -> int:
        made = actions.open_calendar(rows, tenant_here(), given["name"], given["hours"], who.name, clock.now())
        return made.id

    return _take(tenant, None, CalendarSchema(), act)


@pages.get("/clients/<tenant:tenant>/calendars/<int:calendar_id>")
@guard.requires(Permission.SEE_CONTRACTS)
def show(tenant: str, calendar_id: int) -> str:
    """One calendar: its week, a year of it, its versions with what each changed, and the tester."""
    rows, tenant_id, here = db.session(), tenant_here(), reader()
    calendar = queries.calendar_of(rows, tenant_id, calendar_id) or abort(404)
    history = queries.calendar_history_of(rows, tenant_id, calendar_id)
    standing = [row for row in queries.calendar_versions_of(rows, tenant_id) if row.calendar_id == calendar_id]
    held = _held(standing, here.now)[calendar_id]
    chosen = next(
        (row for row in standing if int(row.since.timestamp()) == request.args.get("version", type=int)), held
    )
    compiled = words.calendar_of(chosen.hours)
    zone = ZoneInfo(compiled.zone)
    asked = request.args.get("year", type=int)
    year = asked if asked is not None and asked in YEARS else here.now.astimezone(zone).year
    months = calendar_year.year_of(chosen.hours, year)
    promised = _promises(rows, tenant_id)
    return _render(
        "show",
        tenant,
        calendar=calendar,
        held=held,
        chosen=chosen,
        zone=zone,
        moment_in=partial(moment_text, reader=replace(here, zone=zone)),
        week=words.week(compiled),
        year=year,
        months=months,
        day_names=words.day_names(),
        unusual=calendar_year.unusual(months),
        versions=_versions(history),
        now=here.now,
        promised=promised,
        **_tested(chosen.hours, zone, here.now, promised),
    )


@pages.get("/clients/<tenant:tenant>/calendars/<int:calendar_id>/edit")
@guard.requires(Permission.RUN_CONTRACTS)
def edit(tenant: str, calendar_id: int) -> str:
    calendar, hours = _newest(calendar_id)
    return _form(tenant, calendar, hours, None)


@pages.post("/clients/<tenant:tenant>/calendars/<int:calendar_id>/edit")
@guard.requires(Permission.RUN_CONTRACTS)
def keep(tenant: str, calendar_id: int) -> ResponseReturnValue:
    """The next version; it is carried to the open tickets by work."""
    found, hours = _newest(calendar_id)
    who = guard.principal()

    def act(rows: Session, given: Mapping[str, Any]) -> int:
        calendar = queries.calendar_of(rows, tenant_here(), calendar_id, lock=True) or abort(404)
        at = clock.now()
        actions.edit_hours(rows, calendar, given["name"], given["hours"], given["since"] or at, who.name, at)
        return calendar.id

    return _take(tenant, found, CalendarSchema(hours), act, hours)


@pages.get("/clients/<tenant:tenant>/calendars/<int:calendar_id>/restate")
@guard.requires(Permission.RUN_CONTRACTS)
def restatement(tenant: str, calendar_id: int) -> str:
    calendar, hours = _newest(calendar_id)
    return _form(tenant, calendar, hours, None, restates=True)


@pages.post("/clients/<tenant:tenant>/calendars/<int:calendar_id>/restate")
@guard.requires(Permission.RUN_CONTRACTS)
def restate(tenant: str, calendar_id: int) -> ResponseReturnValue:
    """Correct the past, with a reason; it is appended and closed months stay."""
    found, hours = _newest(calendar_id)
    who = guard.principal()

    def act(rows: Session, given: Mapping[str, Any]) -> int:
        calendar = queries.calendar_of(rows, tenant_here(), calendar_id, lock=True) or abort(404)
        at = clock.now()
        actions.restate_hours(rows, calendar, given["hours"], given["since"], who.name, given["reason"], at)
        return calendar.id

    return _take(tenant, found, RestatementSchema(hours), act, hours, restates=True)


def _take(
    tenant: str,
    calendar: Calendar | None,
    schema: CalendarSchema,
    act: Callable[[Session, Mapping[str, Any]], int],
    hours: Mapping[str, Any] | None = None,
    restates: bool = False,
) -> ResponseReturnValue:
    """Read the form and act; or show it again, with the proposal asked for or the sentences at its fields."""
    posted = request.form.to_dict() | {name: request.form.getlist(name) for name in ("shown", "used")}
    if calendar is not None and restates:
        posted["name"] = calendar.name
    if "propose" in request.form:
        return _form(tenant, calendar, hours or {}, posted, restates=restates)
    try:
        given = schema.load(posted)
        with transaction() as rows:
            calendar_id = act(rows, given)
        return redirect(url_for(".show", tenant=tenant, calendar_id=calendar_id, kept=1), 303)
    except ValidationError as problem:
        errors = forms.said(problem.messages_dict)
    except Refused as refused:
        errors = mend(refused, "mon")
    return _form(tenant, calendar, hours or {}, posted, errors, restates), 422


def _form(
    tenant: str,
    calendar: Calendar | None,
    hours: Mapping[str, Any],
    typed: Mapping[str, Any] | None,
    errors: forms.Errors | None = None,
    restates: bool = False,
) -> str:
    chosen = str((typed or {}).get("holiday_set", hours.get("holidays_from", "")))
    return _render(
        "form",
        tenant,
        calendar=calendar,
        restates=restates,
        was=typed or as_typed(calendar, hours),
        errors=errors or {},
        days=list(zip(WEEKDAYS, words.day_names(), strict=True)),
        sets=sorted({*SETS, *([chosen] if chosen else [])}),
        countries=get_locale().territories,
        proposed=proposed(chosen, hours, typed),
    )


def _tested(hours: Mapping[str, Any], zone: ZoneInfo, now: datetime, promised: Mapping[str, int]) -> dict[str, Any]:
    """What the tester was asked, its answer, or the sentences at its fields."""
    asked = {name: request.args.get(name, "") for name in ("start", "length", "promise")}
    if not asked["start"]:
        return {"asked": asked | {"start": now.astimezone(zone).strftime("%Y-%m-%dT%H:%M")}, "due": None, "errors": {}}
    errors: forms.Errors = {}
    start, minutes = None, None
    try:
        start = local_instant(asked["start"], zone.key)
    except ValidationError as wrong:
        errors |= forms.said({"start": wrong.messages})
    try:
        minutes = promised.get(asked["promise"]) or read_length(asked["length"])
    except ValidationError as wrong:
        errors |= forms.said({"length": wrong.messages})
    if minutes is None and not errors:
        errors["length"] = [_("Say how long, or choose a promise.")]
    if start is not None and not datetime(1901, 1, 1, tzinfo=UTC) < start < datetime(2190, 1, 1, tzinfo=UTC):
        errors["start"] = [_("This is not a date and time.")]
    if errors or start is None or minutes is None:
        return {"asked": asked, "due": None, "errors": errors}
    return {"asked": asked, "due": calendar_year.due_of(hours, start, minutes * 60), "errors": {}}


def _promises(rows: Session, tenant_id: int) -> dict[str, int]:
    """Minutes of each promise of the contract in force, by "P1 first_response"."""
    book = queries.book(rows, tenant_id)
    terms = book.terms.get(book.contract.holds(int(reader().now.timestamp())) or "")
    promised = terms.promises if terms else {}
    return {
        f"{priority} {metric}": promised[priority, metric].target // 60
        for priority in PRIORITIES
        for metric in METRICS
        if (priority, metric) in promised
    }


def _versions(history: Sequence[CalendarVersion]) -> list[tuple[CalendarVersion, Sequence[str], bool]]:
    """Newest first: (version, what it changed, whether a later revision holds in its place)."""
    here = reader()
    latest = {row.since: max(each.revision for each in history if each.since == row.since) for row in history}
    found: list[tuple[CalendarVersion, Sequence[str], bool]] = []
    for row, older in zip(history, [*history[1:], None], strict=True):
        found.append(
            (row, words.differences(older.hours if older else None, row.hours, here), row.revision < latest[row.since])
        )
    return found


def _newest(calendar_id: int) -> tuple[Calendar, Mapping[str, Any]]:
    """A calendar of this client with what its last version says; else 404."""
    rows = db.session()
    calendar = queries.calendar_of(rows, tenant_here(), calendar_id) or abort(404)
    history = queries.calendar_history_of(rows, tenant_here(), calendar_id)
    return calendar, history[0].hours if history else {}


def _held(versions: Sequence[CalendarVersion], at: datetime) -> dict[int, CalendarVersion]:
    """What each calendar says at an instant; before its first version, that one."""
    held: dict[int, CalendarVersion] = {}
    for version in versions:
        if version.since <= at or version.calendar_id not in held:
            held[version.calendar_id] = version
    return held


def _render(name: str, tenant: str, **more: Any) -> str:
    client = desk.clients(db.session(), [tenant_here()])[tenant_here()]
    may_run = guard.principal().may(Permission.RUN_CONTRACTS)
    return render_template(f"calendars/{name}.html", tenant=tenant, client=client, may_run=may_run, **more)
