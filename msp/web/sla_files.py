"""A month's list as a file for the spreadsheet; no cell can become a formula there."""

from __future__ import annotations

import csv
from io import StringIO

from flask import Response

from msp.reports.compliance import Result
from msp.reports.figures import ALL, Line
from msp.web.compliance import share_number
from msp.web.format import iso
from sla.rules.contract import METRICS

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
COLUMNS = (
    "ticket", "title", "promise", "cycle", "outcome", "excluded", "priority", "site", "kind", "started_utc",
    "stopped_utc", "breached_utc", "target_seconds", "spent_seconds", "reason", "reason_words", "dispute",
    "contract_version", "calendar", "trace_sha256",
)  # fmt: skip


def csv_of(result: Result, lines: list[Line], name: str) -> Response:
    """The lines with the figures above them, from the result that the page shows; UTF-8 with a mark for Excel."""
    out = StringIO()
    write = csv.writer(out, lineterminator="\r\n")
    write.writerow(["month", f"{result.span.month:%Y-%m}", "zone", result.span.zone, "result", result.digest])
    write.writerow(
        ["closed" if result.frozen else "as of", iso(result.frozen.closed_at if result.frozen else result.as_of)]
    )
    write.writerow(["promise", "goal", "agreed", "strict", "met", "missed", "excluded", "cancelled", "running"])
    for metric in (ALL, *METRICS):
        one = result.figures[metric]
        write.writerow(
            [
                metric,
                str(result.goals.get(metric, "")),
                *(share_number(share) if share is not None else "" for share in (one.agreed, one.strict)),
                *(one.met, one.missed, one.excluded, one.cancelled, one.running),
            ]
        )
    write.writerow([])
    write.writerow(COLUMNS)
    write.writerows(_cells(line) for line in lines)
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def guarded(cell: str) -> str:
    """A text that a spreadsheet reads as text."""
    return f"'{cell}" if cell.startswith(RISKY) else cell


def _cells(line: Line) -> list[str | int]:
    instants = [iso(at) if at else "" for at in (line.started, line.stopped, line.breached)]
    told: list[str | int] = [
        line.key,
        line.title,
        line.metric,
        line.cycle,
        line.outcome,
        "yes" if line.excluded else "",
    ]
    rest = [line.reason, line.words, line.dispute, line.terms, line.calendar, line.trace]
    cells: list[str | int] = [*told, line.priority, line.site, line.kind, *instants, line.target, line.spent, *rest]
    return [guarded(cell) if isinstance(cell, str) else cell for cell in cells]
