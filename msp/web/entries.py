"""One time entry: what it says and how it came to say so, correcting it, and deciding about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import EntryState, TimeChange, TimeEntry
from billing.queries import time as time_queries
from billing.queries.charging import Charging, charging, check_item
from billing.queries.settings import approval
from billing.schemas.time_form import EntryFormSchema, ReasonSchema, entry_facts
from msp import clock, guard, reach
from msp.errors import Refused
from msp.keys import parse_key
from msp.reach import tenant_here
from msp.reports import timesheet
from msp.tickets import desk, queries
from msp.web import forms, work_kinds
from msp.web.mending import mend
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import Permission, Principal

pages = Blueprint("entries", __name__)
READERS = (Permission.WORK_TICKETS, Permission.RUN_TENANTS, Permission.RUN_BILLING)
APPROVERS = (Permission.RUN_TENANTS, Permission.RUN_BILLING)
SETTLED = (EntryState.BILLED, EntryState.DROPPED)
Verb = Callable[[Session, int, int], object]


def approves(who: Principal) -> bool:
    """Whether somebody may decide about others' time."""
    return any(who.may(permission) for permission in APPROVERS)


@pages.get("/time/<tenant:tenant>/<int:entry_id>")
@guard.requires(*READERS)
def show(tenant: str, entry_id: int) -> str:
    return _page(tenant, entry_id, {})


@pages.post("/time/<tenant:tenant>/<int:entry_id>")
@guard.requires(*READERS)
def edit(tenant: str, entry_id: int) -> ResponseReturnValue:
    """Correct it; the length stays as it was where nobody touched what the form showed of it."""
    found = _entry(db.session(), entry_id)
    given, errors = forms.read(EntryFormSchema())
    if not errors:
        same = request.form.get("spent") == request.form.get("spent_was") and given["day"] == found.row.worked_on
        facts = entry_facts(given, guard.principal().zone, as_it_was=same)
        if request.form.get("charge") == request.form.get("charge_was"):
            facts.pop("billable_seconds", None)

        def correct(rows: Session, tenant_id: int, by_id: int) -> object:
            now, who = clock.now(), guard.principal()
            entry = rows.get_one(TimeEntry, (tenant_id, entry_id))
            check_item(_charging(rows, entry), given["item"], {entry.item_key})
            return billing.edit_time(
                rows, tenant_id, entry_id, facts, by_id, now, approver=approves(who), version=given["version"]
            )

        errors = _tried(correct, "spent")
    return (_page(tenant, entry_id, errors), 422) if errors else _done(tenant, entry_id, "kept")


@pages.post("/time/<tenant:tenant>/<int:entry_id>/submit")
@guard.requires(Permission.WORK_TICKETS)
def submit(tenant: str, entry_id: int) -> ResponseReturnValue:
    return _act(tenant, entry_id, "submitted", lambda rows, at, by: billing.submit(rows, at, entry_id, by, clock.now()))


@pages.post("/time/<tenant:tenant>/<int:entry_id>/drop")
@guard.requires(*READERS)
def drop(tenant: str, entry_id: int) -> ResponseReturnValue:
    """Take it out of the books."""

    def take_out(rows: Session, tenant_id: int, by_id: int) -> object:
        approver = approves(guard.principal())
        return billing.drop_time(rows, tenant_id, entry_id, by_id, clock.now(), approver=approver)

    return _act(tenant, entry_id, "dropped", take_out)


@pages.post("/time/<tenant:tenant>/<int:entry_id>/move")
@guard.requires(*READERS)
def move(tenant: str, entry_id: int) -> ResponseReturnValue:
    """Put it on another ticket, also another client's: there it arrives as a draft."""
    parts = parse_key(request.form.get("ticket", "").strip().upper())
    target = _target(parts) if parts else None
    if target is None:
        _entry(db.session(), entry_id)
        raise Refused("There is no such ticket.", {"ticket": ["There is no such ticket."]})

    def put(rows: Session, tenant_id: int, by_id: int) -> object:
        approver = approves(guard.principal())
        return billing.move_time(rows, tenant_id, entry_id, target, by_id, clock.now(), approver=approver)

    return _act(tenant, entry_id, "moved", put)


@pages.post("/time/<tenant:tenant>/<int:entry_id>/approve")
@guard.requires(*APPROVERS)
def approve(tenant: str, entry_id: int) -> ResponseReturnValue:
    version = request.form.get("version", type=int)
    return _act(
        tenant,
        entry_id,
        "approved",
        lambda rows, at, by: billing.approve(rows, at, entry_id, by, clock.now(), version),
    )


@pages.post("/time/<tenant:tenant>/<int:entry_id>/reject")
@guard.requires(*APPROVERS)
def reject(tenant: str, entry_id: int) -> ResponseReturnValue:
    """Back to whoever worked, with the reason."""
    return _with_reason(
        tenant,
        entry_id,
        "rejected",
        lambda rows, at, by, given: billing.reject(rows, at, entry_id, by, given["reason"], clock.now()),
    )


@pages.post("/time/<tenant:tenant>/<int:entry_id>/write-off")
@guard.requires(*APPROVERS)
def write_off(tenant: str, entry_id: int) -> ResponseReturnValue:
    """Some minutes of it, or all, are not charged."""

    def forgo(rows: Session, tenant_id: int, by_id: int, given: dict[str, Any]) -> object:
        seconds = given["spent"].minutes * 60 if given["spent"] is not None else None
        return billing.write_off(rows, tenant_id, entry_id, by_id, given["reason"], clock.now(), seconds)

    return _with_reason(tenant, entry_id, "written_off", forgo)


def _with_reason(
    tenant: str, entry_id: int, told: str, verb: Callable[[Session, int, int, dict[str, Any]], object]
) -> ResponseReturnValue:
    _entry(db.session(), entry_id)
    given, errors = forms.read(ReasonSchema())
    errors = errors or _tried(lambda rows, at, by: verb(rows, at, by, given), "reason")
    return (_page(tenant, entry_id, errors), 422) if errors else _done(tenant, entry_id, told)


def _act(tenant: str, entry_id: int, told: str, verb: Verb) -> ResponseReturnValue:
    _entry(db.session(), entry_id)
    with transaction() as rows:
        verb(rows, tenant_here(), guard.principal().login_id or 0)
    return _done(tenant, entry_id, told)


def _tried(verb: Verb, field: str) -> forms.Errors:
    try:
        with transaction() as rows:
            verb(rows, tenant_here(), guard.principal().login_id or 0)
    except Refused as refused:
        return mend(refused, field)
    return {}


def _done(tenant: str, entry_id: int, told: str) -> ResponseReturnValue:
    return redirect(url_for(".show", tenant=tenant, entry_id=entry_id, told=told), 303)


def _entry(rows: Session, entry_id: int) -> timesheet.Shown:
    return timesheet.one_entry(rows, tenant_here(), entry_id) or abort(404)


def _charging(rows: Session, entry: TimeEntry) -> Charging | None:
    return charging(
        rows, entry.tenant_id, entry.ticket_id, entry.work_type, entry.worked_on,
        begun=entry.started_at, contract_id=entry.contract_id, site_id=entry.site_id,
    )  # fmt: skip


def _target(parts: tuple[str, int]) -> tuple[int, int] | None:
    """(tenant, ticket) of a key the caller may see; 404 for a client who is not his."""
    tenant_id = reach.tenant_named(parts[0])
    with acting_as(reach.writer_in(tenant_id)):
        ticket = queries.ticket(db.session(), tenant_id, parts[1])
        return (tenant_id, ticket.id) if ticket is not None else None


def _moments(history: Sequence[TimeChange]) -> dict[str, datetime]:
    """The instants that changes tell of, by how they were written down."""
    said = [one for change in history for one in (change.before, change.after)]
    written = {one[name] for one in said for name in ("started_at", "ended_at") if one.get(name)}
    return {text: datetime.fromisoformat(text) for text in sorted(written)}


def _page(tenant: str, entry_id: int, errors: forms.Errors) -> str:
    rows, who, tenant_id = db.session(), guard.principal(), tenant_here()
    found = _entry(rows, entry_id)
    entry = rows.get_one(TimeEntry, (tenant_id, entry_id))
    history = time_queries.history_of(rows, tenant_id, entry_id)
    people = {change.by_id for change in history if change.by_id}
    return render_template(
        "time/entry.html",
        tenant=tenant,
        one=found,
        client=desk.clients(rows, [tenant_id])[tenant_id],
        note=timesheet.desk_notes(rows, tenant_id, [entry_id]).get(entry_id, ""),
        history=history,
        moments=_moments(history),
        write_offs=time_queries.write_offs_of(rows, tenant_id, entry_id),
        people=timesheet.people_named(rows, people),
        kinds=work_kinds.offered(rows, entry.work_type),
        names=work_kinds.names(rows),
        charged=_charging(rows, entry) if not entry.locked else None,
        item=entry.item_key or "",
        may_edit=not entry.locked
        and entry.state != EntryState.DROPPED
        and (approves(who) or entry.agent_id == who.login_id),
        may_approve=approves(who),
        four_eyes=approval(rows).four_eyes and entry.agent_id == who.login_id,
        mine=entry.agent_id == who.login_id,
        typed=request.form if request.method == "POST" else None,
        told=request.args.get("told", ""),
        errors=errors,
    )
