"""What real months would have been under other terms: before and after, what flips, hours gained, beside the price."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask_babel import gettext as _

from billing.queries.facts import subject_of
from msp import guard
from msp.reach import tenant_here
from msp.reports import replays
from msp.reports.sums import Kept, WhatIf, share
from msp.tickets import desk
from msp.web.contract_words import metric_name
from sla.rules.compliance import MET
from sla.rules.contract import METRICS
from tenants.db import db
from tenants.rules import Permission

pages = Blueprint("what_if", __name__)
MOST_FLIPS = 200


@pages.get("/clients/<tenant:tenant>/contract/what-if/<int:replay_id>")
@guard.requires(Permission.RUN_CONTRACTS)
def show(tenant: str, replay_id: int) -> str:
    """The comparison; while many tickets are still being folded, how far it is."""
    rows, tenant_id = db.session(), tenant_here()
    kept = replays.replay_of(rows, tenant_id, replay_id) or abort(404)
    shown: dict[str, Any] = {"tenant": tenant, "replay": kept, "found": None}
    if kept.finished_at is not None:
        found = replays.read(rows, kept)
        billed = subject_of(rows, tenant_id) if guard.principal().may(Permission.SEE_BILLING) else None
        shown |= {
            "found": found,
            "lines": lines_of(found),
            "flips": found.flips[:MOST_FLIPS],
            "finding": finding(found),
            "currency": billed.account.currency if billed else None,
            "kept_word": MET,
        }
    if request.headers.get("HX-Request"):
        return render_template("contracts/_what_if.html", **shown)
    return render_template(
        "contracts/what_if.html",
        client=desk.clients(rows, [tenant_id])[tenant_id],
        months=[date.fromisoformat(f"{month}-01") for month in kept.months],
        **shown,
    )


def lines_of(found: WhatIf) -> list[tuple[str, str, Kept, Kept, Decimal | None, Decimal | None]]:
    """(promise, priority or "", before, after, and both in percent) for each promise and its priorities."""
    lines = []
    for metric in METRICS:
        for priority in ("", *found.priorities):
            before, after = found.kept(metric, priority)
            if any(before) or any(after):
                lines.append((metric_name(metric), priority, before, after, share(before), share(after)))
    return lines


def finding(found: WhatIf) -> str:
    """The one sentence on top."""
    kept = sum(flip.after == MET for flip in found.flips)
    missed = len(found.flips) - kept
    if not found.flips:
        return str(_("No promise would have ended otherwise."))
    return str(_("%(kept)s more promises would have been kept, %(missed)s more missed.", kept=kept, missed=missed))
