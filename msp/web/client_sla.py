"""The shared room, the desk's side: a client's month with what must be said before it closes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.reports.closing import close_month, hindrance_of
from msp.reports.compliance import Result
from msp.tickets import desk
from msp.web import forms, sla_files, sla_room
from msp.web.mending import mend
from sla import queries as promises
from sla.actions.disputes import answer_dispute, withdraw_dispute
from sla.queries.compliance import credits_of
from sla.queries.compliance import dispute as dispute_by_id
from sla.queries.months import pace_of
from sla.rules.disputes import DESK
from sla.schemas.disputes import AnswerSchema
from tenants.db import db, transaction
from tenants.models import Tenant
from tenants.rules import Permission

pages = Blueprint("client_sla", __name__)


@pages.get("/clients/<tenant:tenant>/sla")
@guard.requires(Permission.SEE_CONTRACTS)
def show(tenant: str) -> str:
    """The month as the client sees it, with the contests that wait and the reasons that are missing."""
    return _page(tenant)


@pages.get("/clients/<tenant:tenant>/sla/tickets")
@guard.requires(Permission.SEE_CONTRACTS)
def tickets(tenant: str) -> str:
    """The list behind a figure."""
    rows = db.session()
    client, found = desk.clients(rows, [tenant_here()])[tenant_here()], sla_room.list_of(rows)
    ways = sla_room.ways_of(found, tenant, ".tickets", ".file")
    return render_template("companies/sla_list.html", tenant=tenant, client=client, **found, **ways)


@pages.get("/clients/<tenant:tenant>/sla/tickets.csv")
@guard.requires(Permission.SEE_CONTRACTS)
def file(tenant: str) -> Response:
    """The same list for the spreadsheet, from the same result."""
    found = sla_room.list_of(db.session())
    return sla_files.csv_of(found["result"], found["lines"], f"{tenant}-{found['result'].span.month:%Y-%m}")


@pages.post("/clients/<tenant:tenant>/sla/disputes/<int:dispute_id>/answer")
@guard.requires(Permission.RUN_TENANTS)
def answer(tenant: str, dispute_id: int) -> ResponseReturnValue:
    """The desk accepts a contest, or rejects it with a reason."""
    given, errors = forms.read(AnswerSchema())
    who, now = guard.principal(), clock.now()
    if not errors:
        try:
            with transaction() as rows:
                found = dispute_by_id(rows, tenant_here(), dispute_id, lock=True) or abort(404)
                answer_dispute(rows, found, DESK, given["verdict"] == "accept", given["answer"], who.name, now)
            return redirect(url_for(".show", tenant=tenant, of=request.form.get("of"), told="answered"), 303)
        except Refused as refused:
            if refused.status != 422:
                raise
            errors = mend(refused, "answer")
    dispute_by_id(db.session(), tenant_here(), dispute_id) or abort(404)
    return _page(tenant, errors=errors, typed=request.form, failed=dispute_id), 422


@pages.post("/clients/<tenant:tenant>/sla/disputes/<int:dispute_id>/withdraw")
@guard.requires(Permission.RUN_TENANTS)
def withdraw(tenant: str, dispute_id: int) -> ResponseReturnValue:
    """The desk takes a proposal back."""
    with transaction() as rows:
        found = dispute_by_id(rows, tenant_here(), dispute_id, lock=True) or abort(404)
        withdraw_dispute(found, DESK, guard.principal().name, clock.now())
    return redirect(url_for(".show", tenant=tenant, of=request.form.get("of"), told="withdrawn"), 303)


@pages.post("/clients/<tenant:tenant>/sla/close")
@guard.requires(Permission.RUN_CONTRACTS)
def close(tenant: str) -> ResponseReturnValue:
    """Close a month before its day comes; nothing changes it afterwards."""
    now = clock.now()
    with transaction() as rows:
        company = rows.get_one(Tenant, tenant_here())
        month = sla_room.chosen_month(rows, company, promises.book(rows, company.tenant_id))
        close_month(rows, company, month, guard.principal().name, now)
    return redirect(url_for(".show", tenant=tenant, of=f"{month:%Y-%m}", told="closed"), 303)


def _page(tenant: str, **more: Any) -> str:
    rows, tenant_id, who = db.session(), tenant_here(), guard.principal()
    shown = sla_room.sight_of(rows, tenant, ".tickets", ".show")
    result: Result = shown["result"]
    facts = {
        "client": desk.clients(rows, [tenant_id])[tenant_id],
        "waiting": sla_room.waiting(rows, tenant_id, DESK),
        "hindrance": hindrance_of(result),
        "closes_at": sla_room.instant(pace_of(rows).closes(int(result.span.end.timestamp()))),
        "credits": credits_of(rows, tenant_id) if who.may(Permission.SEE_BILLING) else [],
        "may_answer": who.may(Permission.RUN_TENANTS),
        "may_close": who.may(Permission.RUN_CONTRACTS),
        "told": request.args.get("told", ""),
        "errors": {},
        "typed": {},
        "failed": None,
    }
    return render_template("companies/sla.html", tenant=tenant, **(shown | facts | more))
