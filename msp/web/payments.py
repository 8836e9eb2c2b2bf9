"""Money that came in: what is open with a client, entering a payment, spreading it otherwise, taking it back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from billing import actions as billing
from billing.actions import Back, Came, Share
from billing.models import BillingAccount
from billing.models.money_in import METHODS
from billing.queries import payments
from billing.queries.receivables import Owed, credit_of, open_ones, owed
from billing.rules.money import Money
from billing.schemas.account_form import CURRENCIES
from billing.schemas.after_forms import PaymentSchema, RefundSchema, VoidSchema, amount_of
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.tickets import desk
from msp.web import forms
from msp.web.language import reader
from msp.web.mending import mend
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("payments", __name__)


@pages.get("/payments")
@guard.requires(Permission.SEE_BILLING)
def index() -> str:
    """What came in last, and the credit that clients have."""
    rows = db.session()
    found, credit = payments.payments(rows), credit_of(rows)
    ids = {one.payment.tenant_id for one in found} | {tenant for tenant, _ in credit} | {
        one.tenant_id for one in open_ones(owed(rows))
    }  # fmt: skip
    return render_template(
        "after/payments.html",
        found=found,
        numbers=payments.numbers_of(
            rows, [(one.payment.tenant_id, document) for one in found for document in one.shares]
        ),
        credit=sorted(credit.items()),
        clients=desk.clients(rows, sorted(ids)) if ids else {},
        open_lines=len(payments.open_lines(rows)),
        may_run=guard.principal().may(Permission.RUN_BILLING),
    )


@pages.get("/payments/<tenant:tenant>")
@guard.requires(Permission.SEE_BILLING)
def client(tenant: str) -> str:
    """One client: what is open, what came in, and the form for what comes in."""
    return _client_page(tenant, {})


@pages.post("/payments/<tenant:tenant>")
@guard.requires(Permission.RUN_BILLING)
def enter(tenant: str) -> ResponseReturnValue:
    """A payment, spread as typed at the documents, or by itself where nothing is typed there."""
    given, errors = forms.read(PaymentSchema())
    if not errors:
        try:
            amount = Money(given["amount"], given["currency"])
            shares = _shares(given["reason"])
            came = Came(given["paid_on"], amount, given["method"], given["reference"])
            with transaction() as rows:
                made = billing.enter_payment(
                    rows, tenant_here(), came, shares or None, guard.principal().login_id, clock.now()
                )
            return redirect(url_for(".show", tenant=tenant, payment_id=made.id, kept=1), 303)
        except ValidationError as problem:
            errors = forms.said(problem.messages_dict)
        except Refused as refused:
            errors = mend(refused, "amount")
        except ValueError:
            errors = {"amount": [_("This currency has fewer decimals.")]}
    return _client_page(tenant, errors), 422


@pages.post("/payments/<tenant:tenant>/credit")
@guard.requires(Permission.RUN_BILLING)
def spend(tenant: str) -> ResponseReturnValue:
    """The client's credit pays what is open."""
    currency = request.form.get("currency", "")
    if currency not in CURRENCIES:
        abort(400)
    with transaction() as rows:
        billing.use_credit(rows, tenant_here(), currency, _today(), guard.principal().login_id, clock.now())
    return redirect(url_for(".client", tenant=tenant, kept=1), 303)


@pages.post("/payments/<tenant:tenant>/refund")
@guard.requires(Permission.RUN_BILLING)
def refund(tenant: str) -> ResponseReturnValue:
    """Money that the client has with us goes back to him, with the reason."""
    given, errors = forms.read(RefundSchema())
    if not errors:
        try:
            amount = Money(given.pop("amount"), given.pop("currency"))
            with transaction() as rows:
                billing.pay_back(
                    rows, tenant_here(), Back(amount=amount, **given), guard.principal().login_id, clock.now()
                )
            return redirect(url_for(".client", tenant=tenant, kept=1), 303)
        except Refused as refused:
            errors = mend(refused, "amount")
        except ValueError:
            errors = {"amount": [_("This currency has fewer decimals.")]}
    return _client_page(tenant, {f"back_{name}": said for name, said in errors.items()}), 422


@pages.get("/payments/<tenant:tenant>/<int:payment_id>")
@guard.requires(Permission.SEE_BILLING)
def show(tenant: str, payment_id: int) -> str:
    """One payment and what it pays; the shares may be changed until it is taken back."""
    return _payment_page(tenant, payment_id, {})


@pages.post("/payments/<tenant:tenant>/<int:payment_id>/spread")
@guard.requires(Permission.RUN_BILLING)
def spread(tenant: str, payment_id: int) -> ResponseReturnValue:
    """The shares as they stand in the form; what is free stays the client's credit."""
    payments.payment(db.session(), tenant_here(), payment_id) or abort(404)
    try:
        shares = _shares(request.form.get("reason", "").strip()[:200])
        with transaction() as rows:
            billing.spread_anew(
                rows, tenant_here(), payment_id, shares, _today(), guard.principal().login_id, clock.now()
            )
        return redirect(url_for(".show", tenant=tenant, payment_id=payment_id, kept=1), 303)
    except ValidationError as problem:
        errors = forms.said(problem.messages_dict)
    except Refused as refused:
        errors = mend(refused, "shares")
    return _payment_page(tenant, payment_id, errors), 422


@pages.post("/payments/<tenant:tenant>/<int:payment_id>/void")
@guard.requires(Permission.RUN_BILLING)
def void(tenant: str, payment_id: int) -> ResponseReturnValue:
    """It was none: taken back with all it paid."""
    payments.payment(db.session(), tenant_here(), payment_id) or abort(404)
    given, errors = forms.read(VoidSchema())
    if not errors:
        with transaction() as rows:
            billing.void_payment(
                rows, tenant_here(), payment_id, given["reason"], _today(), guard.principal().login_id, clock.now()
            )
        return redirect(url_for(".show", tenant=tenant, payment_id=payment_id), 303)
    return _payment_page(tenant, payment_id, errors), 422


def _client_page(tenant: str, errors: forms.Errors) -> str:
    rows, tenant_id = db.session(), tenant_here()
    found = owed(rows, tenant_id)
    account = rows.get(BillingAccount, tenant_id)
    history = payments.payments(rows, tenant_id)
    return render_template(
        "after/payments_client.html",
        tenant=tenant,
        client=desk.clients(rows, [tenant_id])[tenant_id],
        open_ones=[one for one in found if one.open.amount],
        over=[-one.open for one in found if one.open.amount < 0],
        history=history,
        numbers=payments.numbers_of(rows, [(tenant_id, document) for one in history for document in one.shares]),
        credit=[amount for _key, amount in sorted(credit_of(rows, tenant_id).items())],
        today=_today(),
        currency=account.currency if account else "JPY",
        currencies=CURRENCIES,
        methods=METHODS,
        typed=request.form if request.method == "POST" else {},
        errors=errors,
        may_run=guard.principal().may(Permission.RUN_BILLING),
    )


def _payment_page(tenant: str, payment_id: int, errors: forms.Errors) -> str:
    rows, tenant_id = db.session(), tenant_here()
    found = payments.payment(rows, tenant_id, payment_id) or abort(404)
    every = owed(rows, tenant_id, also=found.shares)
    return render_template(
        "after/payment.html",
        tenant=tenant,
        client=desk.clients(rows, [tenant_id])[tenant_id],
        paid=found,
        lines=_lines(found, every),
        by=desk.agent_names(rows, [found.payment.by_id]).get(found.payment.by_id or 0, ""),
        typed=request.form if request.method == "POST" else {},
        errors=errors,
        may_run=guard.principal().may(Permission.RUN_BILLING) and not found.voided,
    )


def _lines(found: payments.Paid, every: list[Owed]) -> list[dict[str, Any]]:
    """The documents that a payment pays, and those it could pay."""
    currency = found.payment.currency
    nothing = (Decimal(0), Decimal(0), "")

    def typed(amount: Decimal) -> str:
        return str(Money(amount, currency).amount) if amount else ""

    return [
        {"owed": one, "share": share, "amount": typed(share[0]), "fee": typed(share[1])}
        for one in every
        for share in (found.shares.get(one.document_id, nothing),)
        if one.claim.total.currency == currency and (one.document_id in found.shares or one.open.amount > 0)
    ]


def _shares(reason: str) -> list[Share]:
    """What was typed at the documents. Raises ValidationError with the field's name."""
    shares = []
    for name in request.form:
        if not name.startswith("amount-") or not name[7:].isdecimal() or len(name) > 25:
            continue
        document_id = int(name[7:])
        figures = []
        for field in (name, f"fee-{document_id}"):
            text = request.form.get(field, "").strip()
            try:
                figures.append(amount_of(text) if text else Decimal(0))
            except ValidationError as problem:
                raise ValidationError({field: problem.messages}) from None
        if any(figures):
            shares.append(Share(document_id, figures[0], figures[1], reason if figures[1] else ""))
    return shares


def _today() -> date:
    here = reader()
    return here.now.astimezone(here.zone).date()
