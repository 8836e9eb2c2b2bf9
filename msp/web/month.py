"""The month board: one row for each client, and issuing all that is ready with one confirmation."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.queries.board import BoardRow, month_board
from billing.queries.facts import subject_of
from billing.rules.money import Money
from billing.rules.periods import add_months, day_in_month
from msp import clock, guard
from msp.errors import Refused
from msp.reports.month import period_ends, tickets_behind
from msp.tickets import desk
from msp.web import reach
from msp.web.language import reader
from tenants import actions as people
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import GATE, Permission

pages = Blueprint("month", __name__)
MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
DRAFT = re.compile(r"([A-Z0-9]{2,10}):([0-9]{1,18}):([0-9a-f]{64})")
ASK_AGAIN = timedelta(hours=8)
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
    found = month_board(rows, month)
    return render_template(
        "month/board.html",
        month=month,
        before=add_months(month, -1, 1),
        after=add_months(month, 1, 1),
        rows=found,
        clients=desk.clients(rows, [row.tenant_id for row in found]) if found else {},
        drafted=sums_of((row.payable, row.currency) for row in found if row.state == "draft"),
        issued=sums_of((row.payable, row.currency) for row in found if row.state == "issued"),
        seconds=sum(row.seconds for row in found),
        ready=ready_of(rows, found),
        may_run=guard.principal().may(Permission.RUN_BILLING),
        out=request.args.get("out", type=int),
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
        period = subject.period(day_in_month(month.year, month.month, subject.account.closing_day or 31))
        draft = billing.recompute_draft(rows, tenant_id, period, clock.now())
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
    """Issue what was looked at, client by client, each in a transaction of its own; what moved meanwhile stays back."""
    now, seen = clock.now(), _seen()
    if not seen:
        raise Refused("Nothing was chosen.")
    if must_ask_again() and not _is_he(request.form.get("password", "")):
        return _confirmation({"password": [_("This is not your password.")]}), 422
    done, stayed = [], []
    for key, draft_id, calc_hash in sorted(seen):
        try:
            done.append(_issue_one(key, draft_id, calc_hash))
        except Refused as refused:
            stayed.append((key, _(refused.sentence, **refused.facts)))
    found = desk.clients(db.session(), [reach.tenant_named(key) for key, *_rest in seen])
    return render_template(
        "month/issued.html",
        done=done,
        stayed=stayed,
        clients={client.key: client for client in found.values()},
        month=chosen_month(),
        at=now,
    )


def chosen_month() -> date:
    """The month the address names; without one the last that is over."""
    named = MONTH.fullmatch(request.values.get("of", ""))
    if named:
        return date(int(named[1]), int(named[2]), 1)
    here = reader()
    return add_months(here.now.astimezone(here.zone).date(), -1, 1)


def ready_of(rows: Session, board_rows: Sequence[BoardRow], named: Iterable[str] = ()) -> Ready:
    """What may be issued: the clean ones, and those with a notice whom somebody named; the rest says why not."""
    here, wanted = reader(), set(named)
    today = here.now.astimezone(here.zone).date()
    drafts = [row for row in board_rows if row.state == "draft"]
    ends = period_ends(rows, [row.tenant_id for row in drafts], [row.draft_id or 0 for row in drafts])
    early = [row for row in drafts if ends.get(row.draft_id or 0, today) > today]
    over = [row for row in drafts if row not in early]
    return Ready(
        [row for row in over if row.clean or (row.key in wanted and not row.blocked)],
        [row for row in over if not row.clean and not row.blocked and row.key not in wanted],
        [row for row in over if row.blocked],
        early,
    )


def sums_of(amounts: Iterable[tuple[Decimal, str]]) -> list[Money]:
    """One sum for each currency."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for amount, currency in amounts:
        sums[currency] += amount
    return [Money(amount, currency) for currency, amount in sorted(sums.items())]


def must_ask_again() -> bool:
    """Whether the last sign-in is too long ago for what cannot be undone."""
    caller = guard.signed_in()
    return caller is None or clock.now() - caller.since > ASK_AGAIN


def _confirmation(errors: dict[str, list[str]] | None = None) -> str:
    rows, month = db.session(), chosen_month()
    found = month_board(rows, month)
    named = request.values.getlist("with")
    only = request.values.get("only")
    if only is not None:
        found = [row for row in found if row.key == only]
        named = [only]
    return render_template(
        "month/confirm.html",
        month=month,
        only=only,
        named=named,
        ready=ready_of(rows, found, named),
        clients=desk.clients(rows, [row.tenant_id for row in found]) if found else {},
        ask_again=must_ask_again(),
        errors=errors or {},
    )


def _seen() -> list[Seen]:
    found = []
    for line in request.form.getlist("draft"):
        named = DRAFT.fullmatch(line) or abort(400)
        found.append((named[1], int(named[2]), named[3]))
    return found


def _issue_one(key: str, draft_id: int, calc_hash: str) -> dict[str, Any]:
    """One client's invoice, in his own transaction and with his own row of audit."""
    who, now = reach.writer_in(reach.tenant_named(key)), clock.now()
    tenant_id = who.tenant or 0
    g.written = False
    with acting_as(who), transaction() as rows:
        behind = tickets_behind(rows, tenant_id, draft_id)
        made = billing.issue(rows, tenant_id, draft_id, who.login_id, now, seen=calc_hash, tickets=behind)
        return {"key": key, "id": made.id, "number": made.number, "payable": made.payable, "currency": made.currency}


def _is_he(password: str) -> bool:
    caller = guard.signed_in()
    with acting_as(GATE):
        return caller is not None and people.knows_password(db.session(), caller.login_id, password)
