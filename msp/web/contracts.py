"""A client's contract in plain words: what is promised, by which calendar, since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from billing.models import ContractItem
from billing.queries.contracts import items_of
from billing.queries.facts import subject_of
from msp import guard
from msp.reach import tenant_here
from msp.tickets import desk
from msp.tickets.rules import PRIORITIES
from msp.web import contract_words as words
from msp.web.language import reader
from sla import queries
from sla.models import CalendarVersion, ContractVersion, Remeasuring
from sla.rules import reading
from sla.rules.calendar import WEEKDAYS, Calendar
from tenants.db import db
from tenants.rules import Permission

pages = Blueprint("contracts", __name__)
METRICS = ("first_response", "next_response", "resolution")


@dataclass(frozen=True, slots=True)
class Hours:
    """A calendar in words: name, zone, lines of (days, hours), its next holidays."""

    name: str
    zone: str
    lines: Sequence[tuple[str, str]]
    holidays: Sequence[date]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a contract in plain words; targets are seconds of service time by priority, then by metric.

    `goals` are per cent by metric, `credits` the table of service credits in one line.
    """

    id: int
    name: str
    since: datetime
    until: datetime | None
    in_force: bool
    hours: Sequence[Hours]
    targets: Sequence[tuple[str, tuple[int | None, ...]]]
    pauses: Sequence[tuple[str, Sequence[str]]]
    reopened: str
    goals: Sequence[tuple[str, int | str]] = ()
    credits: str = ""
    items: Sequence[ContractItem] = ()
    mode: str = "pinned"
    by: str = ""
    made_at: datetime | None = None
    terms: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] | None = None


@pages.get("/clients/<tenant:tenant>/contract")
@guard.requires(Permission.SEE_CONTRACTS)
def show(tenant: str) -> str:
    """Every version of every contract, the newest first, with its surge packs and changes under way."""
    rows, tenant_id, here = db.session(), tenant_here(), reader()
    billed = subject_of(rows, tenant_id) if guard.principal().may(Permission.SEE_BILLING) else None
    calendars = {str(each.id): each.name for each in queries.calendars_of(rows, tenant_id)}
    held = queries.contracts_of(rows, tenant_id)
    versions = versions_of(rows, tenant_id, here.now)
    return render_template(
        "companies/contract.html",
        tenant=tenant,
        client=desk.clients(rows, [tenant_id])[tenant_id],
        versions=[(version, words.differences(version.before, version.terms, calendars, here)) for version in versions],
        metrics=METRICS,
        currency=billed.account.currency if billed else None,
        decimal=Decimal,
        one_day=timedelta(days=1),
        now=here.now,
        modes={code: name for code, name, _why in words.modes()},
        contract=next((each for each in held if each.is_default), held[0] if held else None),
        packs=[
            (pack, words.pack_changes(pack.terms, calendars, here))
            for contract in held
            for pack in reversed(queries.packs_of(rows, tenant_id, contract.id))
        ],
        under_way=under_way(rows, tenant_id),
        may_run=guard.principal().may(Permission.RUN_CONTRACTS),
        may_bill=billed is not None,
    )


@pages.get("/clients/<tenant:tenant>/contract/progress")
@guard.requires(Permission.SEE_CONTRACTS)
def progress(tenant: str) -> ResponseReturnValue:
    """How far changes on their way to the tickets are, asked again while there are any; by itself, the page."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".show", tenant=tenant))
    rows = db.session()
    return render_template(
        "contracts/_progress.html", tenant=tenant, under_way=under_way(rows, tenant_here()), now=reader().now
    )


def under_way(rows: Session, tenant_id: int) -> list[Remeasuring]:
    """The last changes of the contracts, newest first."""
    return [
        change
        for contract in queries.contracts_of(rows, tenant_id)
        if contract.is_default
        for change in queries.remeasurings_of(rows, tenant_id, contract.id)
    ]


def in_force(rows: Session, tenant_id: int, at: datetime) -> Version | None:
    """The version of the default contract that holds now."""
    return next((version for version in versions_of(rows, tenant_id, at) if version.in_force), None)


def versions_of(rows: Session, tenant_id: int, at: datetime) -> list[Version]:
    """All versions, newest first; a tenant has few contracts and few versions."""
    calendars = _calendars(rows, tenant_id, at)
    found: list[Version] = []
    for contract in queries.contracts_of(rows, tenant_id):
        chain = queries.versions_of(rows, tenant_id, contract.id)
        ends = [*(version.since for version in chain[1:]), None]
        olders = [None, *(version.terms for version in chain[:-1])]
        for version, until, older in zip(chain, ends, olders, strict=True):
            holds = contract.is_default and version.since <= at and (until is None or at < until)
            items = items_of(rows, tenant_id, version.id)
            found.append(_version(contract.name, version, until, holds, calendars, items, older))
    return sorted(found, key=lambda version: version.since, reverse=True)


def _version(
    name: str,
    version: ContractVersion,
    until: datetime | None,
    holds: bool,
    calendars: Mapping[str, Hours],
    items: Sequence[ContractItem],
    older: Mapping[str, Any] | None,
) -> Version:
    terms: Mapping[str, Any] = version.terms
    targets: Mapping[str, Mapping[str, int]] = terms.get("targets") or {}
    pauses: Mapping[str, Sequence[str]] = terms.get("pause_on") or {}
    goals: Mapping[str, int | str] = terms.get("goals") or {}
    named = [terms.get("calendar"), *(terms.get("calendar_by_priority") or {}).values()]
    return Version(
        id=version.id,
        name=name,
        since=version.since,
        until=until,
        in_force=holds,
        hours=[calendars[key] for key in dict.fromkeys(named) if key in calendars],
        targets=[
            (priority, tuple(_seconds(targets[priority].get(metric)) for metric in METRICS))
            for priority in PRIORITIES
            if priority in targets
        ],
        pauses=[(metric, list(pauses[metric])) for metric in METRICS if pauses.get(metric)],
        reopened=terms.get("on_reopen") or "resume",
        goals=[(metric, goals[metric]) for metric in METRICS if metric in goals],
        credits=words.credits_text(terms),
        items=items,
        mode=version.mode,
        by=version.by_name,
        made_at=version.made_at,
        terms=terms,
        before=older,
    )


def _seconds(minutes: int | None) -> int | None:
    return None if minutes is None else int(minutes * 60)


def _calendars(rows: Session, tenant_id: int, at: datetime) -> dict[str, Hours]:
    """Each calendar as it holds at an instant, by its id as text."""
    names = {calendar.id: calendar.name for calendar in queries.calendars_of(rows, tenant_id)}
    held: dict[int, CalendarVersion] = {}
    for version in queries.calendar_versions_of(rows, tenant_id):
        if version.since <= at or version.calendar_id not in held:
            held[version.calendar_id] = version
    return {str(key): _hours(names[key], version.hours, at) for key, version in held.items()}


def _hours(name: str, facts: Mapping[str, Any], at: datetime) -> Hours:
    calendar = reading.calendar(facts, lambda _set, _year: frozenset())
    today = at.date()
    soon = sorted(day for day in calendar.holidays if today <= day <= today + timedelta(days=120))
    return Hours(name, calendar.zone, list(_weekly(calendar)), soon[:5])


def _weekly(calendar: Calendar) -> Sequence[tuple[str, str]]:
    """Neighbouring days of the same hours as one line."""
    days = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    spans = [tuple(sorted(calendar.weekly[number])) for number in range(len(WEEKDAYS))]
    lines = []
    for open_spans, group in groupby(range(len(WEEKDAYS)), key=lambda number: spans[number]):
        numbers = list(group)
        which = days[numbers[0]] if len(numbers) == 1 else f"{days[numbers[0]]} – {days[numbers[-1]]}"
        hours = ", ".join(f"{_clock(begin)} – {_clock(end)}" for begin, end in open_spans)
        lines.append((str(which), hours or str(_("closed"))))
    return lines


def _clock(second: int) -> str:
    hours, rest = divmod(second // 60, 60)
    return f"{hours}:{rest:02}"
