"""What waits to be approved, by client: approve many at once, send back with a reason, write off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import EntryState
from billing.queries.settings import approval
from billing.schemas.time_form import ApprovalSchema, ReasonSchema
from msp import clock, guard, reach
from msp.errors import Refused
from msp.reports import timesheet
from msp.tickets import desk
from msp.web import chosen_entries, forms, work_kinds
from msp.web.chosen_entries import Seen
from msp.web.entries import APPROVERS
from tenants.db import db, transaction
from tenants.rules import DESK_KEY, Permission

pages = Blueprint("approvals", __name__)
STATES = (EntryState.SUBMITTED, EntryState.APPROVED, EntryState.DRAFT, EntryState.REJECTED)


@pages.get("/time/approvals")
@guard.requires(*APPROVERS)
def index() -> str:
    return _page({})


@pages.post("/time/approvals/approve")
@guard.requires(*APPROVERS)
def approve() -> ResponseReturnValue:
    """Approve what was ticked as it was seen; what moved meanwhile, or is one's own, stays."""

    def all_of(tenant_id: int, seen: Seen, rows: Session) -> tuple[int, list[Refused]]:
        return billing.approve_all(rows, tenant_id, seen, _login(), clock.now())

    done = chosen_entries.each_in_its_own(_some_chosen(), all_of)
    return _back("approved", sum(count for count, _stayed in done), sum(len(stayed) for _count, stayed in done))


@pages.post("/time/approvals/reject")
@guard.requires(*APPROVERS)
def reject() -> ResponseReturnValue:
    """Send what was ticked back with one reason."""

    def each(rows: Session, tenant_id: int, entry_id: int, reason: str) -> None:
        billing.reject(rows, tenant_id, entry_id, _login(), reason, clock.now())

    return _with_reason("rejected", each)


@pages.post("/time/approvals/write-off")
@guard.requires(*APPROVERS)
def write_off() -> ResponseReturnValue:
    """Charge nothing of what was ticked, for one reason."""

    def each(rows: Session, tenant_id: int, entry_id: int, reason: str) -> None:
        billing.write_off(rows, tenant_id, entry_id, _login(), reason, clock.now())

    return _with_reason("written_off", each)


@pages.post("/time/approvals/way")
@guard.requires(Permission.RUN_BILLING)
def decide() -> ResponseReturnValue:
    """How the desk approves time from now on."""
    given, errors = forms.read(ApprovalSchema())
    if errors:
        return make_response(_page(errors), 422)
    with transaction() as rows:
        billing.decide_approval(rows, given["how"], given["four_eyes"])
    return _back("kept", 1, 0)


def _with_reason(told: str, verb: Callable[[Session, int, int, str], None]) -> ResponseReturnValue:
    given, errors = forms.read(ReasonSchema())
    chosen = _some_chosen()
    if errors:
        return make_response(_page(errors), 422)

    def all_of(tenant_id: int, seen: Seen, rows: Session) -> tuple[int, int]:
        done = 0
        for entry_id in sorted(seen):
            try:
                verb(rows, tenant_id, entry_id, given["reason"])
            except Refused:
                continue
            done += 1
        return done, len(seen) - done

    done = chosen_entries.each_in_its_own(chosen, all_of)
    return _back(told, sum(count for count, _stayed in done), sum(stayed for _count, stayed in done))


def _page(errors: forms.Errors) -> str:
    rows, who = db.session(), guard.principal()
    key = request.values.get("client", "")
    wanted = timesheet.Wanted(
        reach.tenant_named(key) if key else None,
        request.values.get("agent", type=int),
        request.values.get("state", "") if request.values.get("state") in STATES else EntryState.SUBMITTED,
    )
    shown = timesheet.waiting(rows, who, wanted)
    groups: defaultdict[int, list[timesheet.Shown]] = defaultdict(list)
    for one in shown:
        groups[one.row.tenant_id].append(one)
    everybody = desk.every_client(rows, who)
    return render_template(
        "time/approvals.html",
        groups=[(client, groups[client.id]) for client in everybody if client.id in groups],
        shown=shown,
        full=len(shown) == timesheet.MOST,
        clients=[(client.key, client.name) for client in everybody if client.key != DESK_KEY],
        agents=timesheet.waiting_agents(rows, who),
        wanted=wanted,
        chosen_client=key,
        chosen=set(request.form.getlist("entry")),
        states=STATES,
        kinds=work_kinds.names(rows),
        how=approval(rows),
        told=request.args.get("told", ""),
        count=request.args.get("count", 0, int),
        stayed=request.args.get("stayed", 0, int),
        reason=request.form.get("reason", ""),
        errors=errors,
        mine=who.login_id,
        may_decide=who.may(Permission.RUN_BILLING),
    )


def _back(told: str, count: int, stayed: int) -> ResponseReturnValue:
    kept: dict[str, Any] = {name: request.form[name] for name in ("client", "agent", "state") if request.form.get(name)}
    return redirect(url_for(".index", told=told, count=count, stayed=stayed, **kept), 303)


def _some_chosen() -> dict[int, Seen]:
    found = dict(chosen_entries.chosen())
    if not found:
        raise Refused("Nothing was chosen.")
    return found


def _login() -> int:
    return guard.principal().login_id or 0
