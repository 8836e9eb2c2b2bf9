"""What clients owe on any day, by how long it is due, and the same as a file."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO

from flask import Blueprint, Response, render_template, request

from billing.queries.receivables import BUCKETS, Aged, aged, totals
from msp import guard
from msp.tickets import desk
from msp.web.language import reader
from msp.web.sla_files import guarded
from tenants.db import db
from tenants.rules import Permission

pages = Blueprint("receivables", __name__)


@pages.get("/receivables")
@guard.requires(Permission.SEE_BILLING)
def index() -> str:
    """Per client and currency, with a sum for each currency."""
    day, rows = _day(), db.session()
    lines = aged(rows, day)
    return render_template(
        "after/receivables.html",
        day=day,
        lines=lines,
        totals=totals(lines),
        buckets=BUCKETS,
        clients=desk.clients(rows, sorted({line.tenant_id for line in lines})) if lines else {},
    )


@pages.get("/receivables.csv")
@guard.requires(Permission.SEE_BILLING)
def as_file() -> Response:
    """The same figures; UTF-8 with a mark for Excel, no cell of which becomes a formula."""
    day, rows = _day(), db.session()
    lines = aged(rows, day)
    out = StringIO()
    write = csv.writer(out, lineterminator="\r\n")
    write.writerow(["day", "client", "name", "currency", *BUCKETS, "total", "credit"])
    clients = desk.clients(rows, sorted({line.tenant_id for line in lines})) if lines else {}
    write.writerows(_cells(clients[line.tenant_id], day, line) for line in lines)
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="receivables-{day.isoformat()}.csv"'
    return answer


def _cells(client: desk.Client, day: date, line: Aged) -> list[str]:
    figures = [str(line.buckets[name].amount) for name in BUCKETS]
    return [
        day.isoformat(),
        guarded(client.key),
        guarded(client.name),
        line.currency,
        *figures,
        str(line.total.amount),
        str(line.credit.amount),
    ]


def _day() -> date:
    here = reader()
    today = here.now.astimezone(here.zone).date()
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return today
    return day if 2000 <= day.year <= today.year + 10 else today
