"""A month end under way: how far it is, what became of whom, stopping it and going on."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from billing import actions as billing
from billing.models import Run
from billing.queries import runs
from billing.rules.money import Money
from msp import clock, guard, month_end
from msp.errors import Refused
from msp.tickets import desk
from msp.web.month import chosen_month, issue_at_once
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("runs", __name__)


@pages.get("/month/run")
@guard.requires(Permission.SEE_BILLING)
def show() -> str:
    """The runs of a month, the newest first; while one is at work this part of the page follows it."""
    rows, month = db.session(), chosen_month()
    found = runs.progress_of(rows, runs.runs_of(rows, month))
    ids = {item.tenant_id for one in found for item in one.items} | {
        row["tenant"] for one in found for row in one.waiting
    }
    reasons = {
        (item.run_id, item.place): _(item.reason, **item.facts)
        for one in found
        for item in one.failed
    }  # fmt: skip
    template = "month/_run.html" if request.headers.get("HX-Target") == "run" else "month/run.html"
    return render_template(
        template,
        month=month,
        found=found,
        sums={one.run.id: [Money(amount, each) for each, amount in sorted(one.sums.items())] for one in found},
        reasons=reasons,
        clients=desk.clients(rows, sorted(ids)) if ids else {},
        by=desk.agent_names(rows, [one.run.started_by_id for one in found]),
        at_work=any(one.run.state == "working" for one in found),
        may_run=guard.principal().may(Permission.RUN_BILLING),
    )


@pages.post("/month/run/stop")
@guard.requires(Permission.RUN_BILLING)
def stop() -> ResponseReturnValue:
    """Stop between two clients."""
    month = chosen_month()
    with transaction() as rows:
        for run in _in_state("working"):
            billing.stop_run(rows, run.id, clock.now())
    return redirect(url_for(".show", of=f"{month:%Y-%m}"), 303)


@pages.post("/month/run/resume")
@guard.requires(Permission.RUN_BILLING)
def resume() -> ResponseReturnValue:
    """Go on where it was stopped."""
    month, who = chosen_month(), guard.principal()
    stopped = _in_state("stopped")
    if not stopped:
        raise Refused("Nothing was stopped.")
    with transaction() as rows:
        for run in stopped:
            billing.resume_run(rows, run.id)
            month_end.watch(rows, who.tenant or 0, run.id, clock.now())
    for run in stopped:
        issue_at_once(run.id)
    return redirect(url_for(".show", of=f"{month:%Y-%m}"), 303)


def _in_state(state: str) -> list[Run]:
    """The newest run of each issuer, where it is in this state."""
    newest = {run.issuer_id: run for run in reversed(runs.runs_of(db.session(), chosen_month()))}
    return [run for run in newest.values() if run.state == state]
