"""The bank's lines: bringing a file, looking at whose each line seems to be, confirming many at once."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from billing import actions as billing
from billing.actions import Came, Share
from billing.bank import LARGEST, UnreadableError, layouts
from billing.models import BankLine
from billing.queries import payments
from billing.queries.receivables import open_ones, owed
from billing.rules.matching import Match, fit
from billing.rules.money import Money
from billing.schemas.account_form import CURRENCIES
from billing.schemas.after_forms import BankFileSchema
from msp import clock, guard, reach
from msp.errors import Refused
from msp.tickets import desk
from msp.web import forms
from msp.web.language import reader
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import Permission

pages = Blueprint("bank", __name__)
LINE = re.compile(r"[0-9]{1,18}")


@pages.get("/payments/bank")
@guard.requires(Permission.SEE_BILLING)
def index() -> str:
    """Lines that are nobody's yet, each with whose it seems to be."""
    return _page({})


@pages.post("/payments/bank")
@guard.requires(Permission.RUN_BILLING)
def bring() -> ResponseReturnValue:
    """A file of the bank's; lines that came before are passed over."""
    given, errors = forms.read(BankFileSchema())
    sent = request.files.get("file")
    if not errors:
        try:
            with transaction() as rows:
                head = billing.take_in(
                    rows,
                    sent.read(LARGEST + 1) if sent else b"",
                    (sent.filename or "") if sent else "",
                    given["layout"],
                    given["currency"],
                    guard.principal().login_id,
                    clock.now(),
                )
                fresh, lines = head.fresh, head.lines
            return redirect(url_for(".index", fresh=fresh, lines=lines), 303)
        except UnreadableError as bad:
            said = _("Line %(number)s cannot be read.", number=bad.number) if bad.number else ""
            errors = {"file": [said or _("This file does not fit the layout.")]}
        except Refused as refused:
            errors = {"file": [_(refused.sentence, **refused.facts)]}
    return _page(errors), 422


@pages.post("/payments/bank/confirm")
@guard.requires(Permission.RUN_BILLING)
def confirm() -> ResponseReturnValue:
    """Each chosen line becomes a payment of the client that stands at it, each in a transaction of its own."""
    chosen = [int(one) for one in request.form.getlist("line") if LINE.fullmatch(one)]
    if not chosen:
        raise Refused("Nothing was chosen.")
    done, left = 0, 0
    for line_id in chosen[:200]:
        key = request.form.get(f"client-{line_id}", "")
        if not key:
            left += 1
            continue
        tenant_id = reach.tenant_named(key)
        g.written = False
        try:
            with acting_as(reach.writer_in(tenant_id)), transaction() as rows:
                line = rows.get(BankLine, line_id)
                if line is None:
                    abort(404)
                came = Came(line.on_date, Money(line.amount, line.currency), "bank", line.payer, line_id)
                shares = _shares_of(tenant_id, came)
                billing.enter_payment(rows, tenant_id, came, shares, guard.principal().login_id, clock.now())
            done += 1
        except Refused:
            left += 1
    return redirect(url_for(".index", done=done, left=left), 303)


@pages.post("/payments/bank/<int:line_id>/pass")
@guard.requires(Permission.RUN_BILLING)
def pass_over(line_id: int) -> ResponseReturnValue:
    """It is no client's money."""
    if db.session().get(BankLine, line_id) is None:
        abort(404)
    with transaction() as rows:
        billing.pass_line_over(rows, line_id, clock.now())
    return redirect(url_for(".index"), 303)


def _shares_of(tenant_id: int, came: Came) -> list[Share]:
    """The documents that fit the amount, with what the bank kept; else the oldest first."""
    rows = db.session()
    most = Money(payments.MOST_FEE.get(came.amount.currency, Decimal(0)), came.amount.currency)
    found = {one.claim.number: one for one in open_ones(owed(rows, tenant_id), came.amount.currency)}
    fitting = fit(came.amount, [one.claim for one in found.values()], most)
    if fitting is None:
        return billing.oldest_first(rows, tenant_id, came.amount)
    numbers, fee = fitting
    paid = [found[number] for number in numbers]
    shares = [Share(one.document_id, one.open.amount) for one in paid]
    if fee:
        last = paid[-1]
        shares[-1] = Share(last.document_id, last.open.amount - fee.amount, fee.amount, _("Transfer fee"))
    return shares


def _page(errors: forms.Errors) -> str:
    rows = db.session()
    lines = payments.open_lines(rows)
    found = payments.matches(rows, lines)
    payers = payments.payers_of(rows)
    clients = desk.clients(rows, [one.tenant for one in payers]) if payers else {}
    return render_template(
        "after/bank.html",
        lines=[(line, found.get(line.id), _proposal(found.get(line.id))) for line in lines],
        clients=clients,
        layouts=[(name, how["name"][reader().language]) for name, how in layouts().items()],
        currencies=CURRENCIES,
        imports=payments.imports(rows),
        fresh=request.args.get("fresh", type=int),
        brought=request.args.get("lines", 0, int),
        typed=request.form if request.method == "POST" else {},
        errors=errors,
        may_run=guard.principal().may(Permission.RUN_BILLING),
    )


def _proposal(found: Match | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "numbers": [number.rpartition("#")[0] for number in found.numbers],
        "fee": found.fee if found.fee else None,
        "how": found.how,
    }
