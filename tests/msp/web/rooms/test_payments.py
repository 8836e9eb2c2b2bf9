"""Money that came in: the bank's file, payments spread and taken back, receivables of any day."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from billing.models import BankLine, Document
from billing.queries.receivables import credit_of
from billing.rules.money import Money
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Tenant
from tenants.rules import job
from tests.cast import Cast
from tests.msp.web.rooms.conftest import send, text


def typed(invoice: Document, amount: str) -> dict[str, Any]:
    """What stands in the field of a document."""
    return {f"amount-{invoice.id}": amount}


BANK = "日付,金額,振込人\n2026/7/1,19140,ｶ)ﾀｶｻｷｼﾖｳﾃﾝ\n2026/7/1,777,ﾀﾅｶ\n"


def test_the_banks_lines_are_proposed_confirmed_together_and_seen_on_the_invoice(
    cast: Cast, biller: FlaskClient, invoice: Document
) -> None:
    answer = send(biller, "/payments/bank", file=(io.BytesIO(BANK.encode("cp932")), "july.csv"), layout="generic")
    page = text(biller, answer)
    assert invoice.number in page
    assert "¥660" in page
    assert send(biller, "/payments/bank", file=(io.BytesIO(BANK.encode()), "b.csv")).endswith("fresh=0&lines=2")
    with acting_as(job(cast.acme.id)):
        first, second = db.session().scalars(select(BankLine).order_by(BankLine.id)).all()
    form: dict[str, Any] = {
        "line": [str(first.id), str(second.id)],
        f"client-{first.id}": "ACME",
        f"client-{second.id}": "",
    }
    assert send(biller, "/payments/bank/confirm", **form).endswith("done=1&left=1")
    assert send(biller, "/payments/bank/confirm", **form).endswith("done=0&left=2")
    form = {"line": str(second.id), f"client-{second.id}": "ACME"}
    assert send(biller, "/payments/bank/confirm", **form).endswith("done=1&left=0")
    with acting_as(job(cast.acme.id)):
        assert credit_of(db.session(), cast.acme.id) == {(cast.acme.id, "JPY"): Money(Decimal(777), "JPY")}
    send(biller, "/payments/bank", file=(io.BytesIO(BANK.replace("777", "778").encode()), "c.csv"))
    with acting_as(job(cast.acme.id)):
        third = max(db.session().scalars(select(BankLine.id)))
    assert "タナカ" in text(biller, "/payments/bank")
    send(biller, f"/payments/bank/{third}/pass")
    assert "タナカ" not in text(biller, "/payments/bank")
    shown = text(biller, f"/month/ACME/invoices/{invoice.id}")
    assert "振込手数料" in shown
    assert "入金済み" in shown


def test_a_payment_is_entered_spread_and_taken_back(cast: Cast, biller: FlaskClient, invoice: Document) -> None:
    page = send(biller, "/payments/ACME", 422, paid_on="2026-07-01", amount="viel")
    assert 'id="f-amount-error"' in page
    page = send(biller, "/payments/ACME", 422, paid_on="2026-07-01", amount="100", **typed(invoice, "200"))
    assert "入金額を超えています" in page
    at = send(biller, "/payments/ACME", paid_on="2026-07-01", amount="２０,０００", method="cash").split("?")[0]
    assert "¥200" in text(biller, "/payments")
    send(biller, f"{at}/spread", **typed(invoice, "5000"))
    assert "一部入金" in text(biller, f"/month/ACME/invoices/{invoice.id}")
    send(biller, "/payments/ACME/credit", currency="JPY")
    assert "入金済み" in text(biller, f"/month/ACME/invoices/{invoice.id}")
    assert send(biller, f"{at}/void", 422, reason="")
    send(biller, f"{at}/void", reason="誤入力")
    assert "取り消しました" in text(biller, at)
    assert "<s>¥20,000</s>" in text(biller, "/payments")


def test_credit_is_paid_back_with_a_reason(cast: Cast, biller: FlaskClient, invoice: Document) -> None:
    assert 'id="refund"' not in text(biller, "/payments/ACME")
    send(biller, "/payments/ACME", paid_on="2026-07-01", amount="20000")
    assert 'id="refund"' in text(biller, "/payments/ACME")
    form: dict[str, Any] = {"paid_on": "2026-07-02", "amount": "200", "reason": "過入金"}
    for wrong, field in (({"reason": ""}, "reason"), ({"amount": "201"}, "amount"), ({"paid_on": ""}, "paid_on")):
        page = send(biller, "/payments/ACME/refund", 422, **form | wrong)
        assert f'id="f-back_{field}-error"' in page
    send(biller, "/payments/ACME/refund", **form)
    page = text(biller, "/payments/ACME")
    assert "−¥200" in page
    assert "過入金" in page
    assert 'id="refund"' not in page


def test_receivables_of_any_day_and_as_a_file_that_is_no_formula(
    cast: Cast, biller: FlaskClient, invoice: Document
) -> None:
    with acting_as(job(cast.acme.id)), transaction() as rows:
        rows.get_one(Tenant, cast.acme.id).name = "=cmd()"
    day = (invoice.due_on + timedelta(days=40)).isoformat()
    assert "¥19,800" in text(biller, f"/receivables?day={day}")
    file = text(biller, f"/receivables.csv?day={day}")
    assert file.splitlines()[1] == f"{day},ACME,'=cmd(),JPY,0,0,19800,0,0,19800,0"
    assert "この日に未入金のものはありません" in text(biller, "/receivables?day=2026-06-30")
