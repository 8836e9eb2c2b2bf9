"""The month board: one row for each client, and issuing all that is ready with one confirmation."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from time import monotonic

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import Issuer
from billing.queries import runs
from billing.queries.board import BoardRow, month_board, open_sales
from billing.queries.facts import subject_of
from billing.queries.sending import sending
from billing.rules.money import Money
from billing.rules.periods import add_months, day_in_month
from msp import clock, guard, month_end, reach
from msp.errors import Refused
from msp.reports import deeds
from msp.tickets import desk
from msp.web.board_mends import mends_of
from msp.web.language import reader
from tenants import actions as people
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import GATE, Permission

pages = Blueprint("month", __name__)
MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
DRAFT = re.compile(r"([A-Z0-9]{2,10}):([0-9]{1,18}):([0-9a-f]{64})")
ASK_AGAIN = timedelta(hours=8)
AT_ONCE = 2.0
"""So many seconds a press issues by itself; what is left then is the workers'."""
Seen = tuple[str, int, str]
"""What was looked at: the client's key, the draft, its hash."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What one press would issue, and what stays back with its reason."""

    chosen: Sequence[BoardRow]
    offered: Sequence[BoardRow]
    held: Sequence[BoardRow]
    early: Sequence[BoardRow]

    @property
    def sums(self) -> list[Money]:
        return sums_of((row.payable, row.currency) for row in self.chosen)


@pages.get("/month")
@guard.requires(Permission.SEE_BILLING)
def board() -> str:
    """Every client's month, what needs a look first."""
    rows, month = db.session(), chosen_month()
    found = _found(rows, month)
    return render_template(
        "month/board.html",
        month=month,
        before=add_months(month, -1, 1),
        after=add_months(month, 1, 1),
        rows=found,
        clients=desk.clients(rows, [row.tenant_id for row in found]) if found else {},
        sales=open_sales(rows, guard.principal().tenants),
        drafted=sums_of((row.payable, row.currency) for row in found if row.state == "draft"),
        issued=sums_of((row.payable, row.currency) for row in found if row.state == "issued"),
        seconds=sum(row.seconds for row in found),
        ready=ready_of(found),
        working=[run for run in runs.runs_of(rows, month) if run.state != "done"],
        may_run=guard.principal().may(Permission.RUN_BILLING),
        mends=mends_of(rows, found) if guard.principal().may(Permission.RUN_BILLING) else {},
        out=request.args.get("out", type=int),
        stayed=request.args.get("stayed", type=int),
    )


@pages.get("/month/<tenant:tenant>/unlogged")
@guard.requires(Permission.SEE_BILLING)
def unlogged(tenant: str) -> str:
    """What was answered or resolved for a client in a month without any time, each with the place to log it."""
    rows, month, tenant_id = db.session(), chosen_month(), reach.tenant_here()
    return render_template(
        "month/unlogged.html",
        tenant=tenant,
        month=month,
        client=desk.clients(rows, [tenant_id])[tenant_id],
        found=deeds.unlogged_with(rows, tenant_id, *span_of(month)),
        may_see=guard.principal().may(Permission.SEE_TICKETS),
    )


@pages.post("/month/<tenant:tenant>/compute")
@guard.requires(Permission.RUN_BILLING)
def compute(tenant: str) -> ResponseReturnValue:
    """Compute a client's draft of the month as the facts are now."""
    month, tenant_id = chosen_month(), reach.tenant_here()
    with transaction() as rows:
        subject = subject_of(rows, tenant_id)
        if subject is None:
            raise Refused("Nobody has said yet how this client is billed.")
        closing = day_in_month(month.year, month.month, subject.account.closing_day or 31)
        draft = billing.draft_of_day(rows, tenant_id, closing, clock.now())
    if draft is None:
        return redirect(url_for(".board", of=f"{month:%Y-%m}", nothing=tenant), 303)
    return redirect(url_for("invoices.draft", tenant=tenant, draft_id=draft.id), 303)


@pages.get("/month/issue")
@guard.requires(Permission.RUN_BILLING)
def confirm() -> str:
    """What one press would do, by name and number."""
    return _confirmation()


@pages.post("/month/issue")
@guard.requires(Permission.RUN_BILLING)
def issue() -> ResponseReturnValue:
    """Start the run over what was looked at. A small one is done before the page comes; a second press is the same."""
    seen = _seen()
    if not seen:
        raise Refused("Nothing was chosen.")
    if must_ask_again() and not is_he(request.form.get("password", "")):
        return _confirmation({"password": [_("This is not your password.")]}), 422
    named = [(reach.tenant_named(key), draft_id, calc_hash) for key, draft_id, calc_hash in sorted(seen)]
    month, who = chosen_month(), guard.principal()
    looked = month_end.looked_at(db.session(), named)
    sends = request.form.get("send") != "later"
    started = month_end.start(month, looked, who.login_id, who.tenant or 0, sends=sends)
    for run_id in started:
        issue_at_once(run_id)
    found = [one for one in runs.progress_of(db.session(), runs.runs_of(db.session(), month)) if one.run.id in started]
    if any(one.run.state != "done" or one.failed for one in found):
        return redirect(url_for("runs.show", of=f"{month:%Y-%m}"), 303)
    return redirect(url_for(".board", of=f"{month:%Y-%m}", out=sum(len(one.issued) for one in found)), 303)


def issue_at_once(run_id: int) -> None:
    """As many clients as two seconds allow, each in his own transaction and with his own row of audit."""
    until = monotonic() + AT_ONCE
    while monotonic() < until:
        g.written = False
        if month_end.issue_next(run_id, reach.writer_in) is None:
            return


def chosen_month() -> date:
    """The month the address names; without one the last that is over."""
    named = MONTH.fullmatch(request.values.get("of", ""))
    if named:
        return date(int(named[1]), int(named[2]), 1)
    here = reader()
    return add_months(here.now.astimezone(here.zone).date(), -1, 1)


def span_of(month: date) -> tuple[datetime, datetime]:
    """A month's first instant where the reader is, and the next one's."""
    begin, end = (datetime.combine(day, time(), reader().zone) for day in (month, add_months(month, 1, 1)))
    return begin, end


def ready_of(board_rows: Sequence[BoardRow], named: Iterable[str] = ()) -> Ready:
    """What may be issued: the clean ones, and those with a notice whom somebody named; the rest says why not."""
    wanted = set(named)
    drafts = [row for row in board_rows if row.state == "draft"]
    over = [row for row in drafts if row.over]
    return Ready(
        [row for row in over if row.clean or (row.key in wanted and not row.blocked)],
        [row for row in over if not row.clean and not row.blocked and row.key not in wanted],
        [row for row in over if row.blocked],
        [row for row in drafts if not row.over],
    )


def sums_of(amounts: Iterable[tuple[Decimal, str]]) -> list[Money]:
    """One sum for each currency, the one most amounts are in first."""
    found: defaultdict[str, list[Decimal]] = defaultdict(list)
    for amount, currency in amounts:
        found[currency].append(amount)
    by_use = sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))
    return [Money(sum(each, Decimal()), currency) for currency, each in by_use]


def must_ask_again() -> bool:
    """Whether the last sign-in is too long ago for what cannot be undone."""
    caller = guard.signed_in()
    return caller is None or clock.now() - caller.since > ASK_AGAIN


def _found(rows: Session, month: date) -> list[BoardRow]:
    """The board with what only the tickets know."""
    tenants = guard.principal().tenants
    missing = deeds.unlogged_by_client(rows, tenants, *span_of(month))
    told = {
        tenant_id: [{"level": "notice", "fault": "unlogged_work", "subject": "", "detail": str(count)}]
        for tenant_id, count in missing.items()
    }
    return month_board(rows, tenants, month, reader().now, told)


def _confirmation(errors: dict[str, list[str]] | None = None) -> str:
    rows, month = db.session(), chosen_month()
    found = _found(rows, month)
    named = request.values.getlist("with")
    only = request.values.get("only")
    if only is not None:
        found = [row for row in found if row.key == only]
        named = [only]
    ready = ready_of(found, named)
    return render_template(
        "month/confirm.html",
        month=month,
        only=only,
        named=named,
        ready=ready,
        numbers=_numbers(rows, ready.chosen),
        clients=desk.clients(rows, [row.tenant_id for row in found]) if found else {},
        ask_again=must_ask_again(),
        undo=sending(rows).undo,
        errors=errors or {},
    )


def _numbers(rows: Session, chosen: Sequence[BoardRow]) -> list[tuple[str, str]]:
    """The first and the last number that each issuer's series would give now."""
    counts = Counter(row.issuer_id for row in chosen)
    today = reader().now.astimezone(reader().zone).date()
    return [
        billing.upcoming(rows, rows.get_one(Issuer, issuer_id), "invoice", count, today)
        for issuer_id, count in sorted(counts.items())
    ]


def _seen() -> list[Seen]:
    found = []
    for line in request.form.getlist("draft"):
        named = DRAFT.fullmatch(line) or abort(400)
        found.append((named[1], int(named[2]), named[3]))
    return found


def is_he(password: str) -> bool:
    """Whether the password is that of whoever is signed in."""
    caller = guard.signed_in()
    with acting_as(GATE):
        return caller is not None and people.knows_password(db.session(), caller.login_id, password)
