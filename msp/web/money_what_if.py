"""A real month under another version of the contract, side by side with what it costs as agreed."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, render_template, request
from sqlalchemy.orm import Session

from billing.queries.facts import Subject
from billing.queries.what_if import WhatIf, what_if_version
from billing.rules.periods import Period, previous_period
from msp import guard
from msp.reach import tenant_here
from msp.web import client_money
from msp.web.language import reader
from msp.web.lines_beside import beside
from sla import queries as agreements
from tenants.db import db
from tenants.rules import Permission

pages = Blueprint("money_what_if", __name__)
MONTHS = 12


@pages.get("/clients/<tenant:tenant>/what-if")
@guard.requires(Permission.SEE_BILLING)
def show(tenant: str) -> str:
    """Choose a month and a version; the last month and the newest version to begin with."""
    rows = db.session()
    room = client_money.frame(rows, tenant, "money_what_if.show")
    subject: Subject | None = room["subject"]
    periods = _periods(subject) if subject else []
    versions = _versions(rows)
    period = next((each for each in periods if each.begin.isoformat() == request.args.get("month")), None)
    period = period or (periods[0] if periods else None)
    chosen = request.args.get("version", type=int) or (versions[0][0] if versions else None)
    if chosen is not None and chosen not in {version_id for version_id, _words in versions}:
        abort(404)
    found: WhatIf | None = None
    if period is not None and chosen is not None:
        found = what_if_version(rows, tenant_here(), period, chosen)
    return render_template(
        "money/what_if.html",
        **room,
        periods=periods,
        period=period,
        versions=versions,
        chosen=chosen,
        found=found,
        lines=beside(rows, tenant_here(), found) if found else [],
    )


def _periods(subject: Subject) -> list[Period]:
    """The months that are over, the newest first."""
    today: date = subject.today(reader().now)
    period = subject.period(today)
    found = []
    for _ in range(MONTHS):
        period = previous_period(period, subject.account.closing_day)
        found.append(period)
    return found


def _versions(rows: Session) -> list[tuple[int, tuple[str, date]]]:
    """Every version of every contract, the newest first."""
    found = [
        (version.id, (contract.name, version.since))
        for contract in agreements.contracts_of(rows, tenant_here())
        for version in agreements.versions_of(rows, tenant_here(), contract.id)
    ]
    return sorted(found, key=lambda each: each[1][1], reverse=True)
