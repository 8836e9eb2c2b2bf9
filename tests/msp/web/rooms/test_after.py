"""The pages after the invoice: sending, payments, receivables, questions, reminders, hand-over, margin."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.actions.kenshu import Speaker
from billing.models import BankLine, Dispatch, Document, DocumentDraft, LineWord, Opening, Reminded
from billing.queries.kenshu import disputed
from billing.queries.receivables import credit_of
from billing.rules.money import Money
from msp.jobs import documents as document_jobs
from msp.jobs import questions as questions_jobs
from msp.jobs import reminders as reminder_jobs
from msp.jobs import sending as sending_jobs
from msp.outbox.models import Mail
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Tenant
from tenants.rules import Role, job
from tests.billing.books import JULY_2, Books, open_books
from tests.cast import Cast
from tests.conftest import SignIn

UNDO = timedelta(minutes=15)


@pytest.fixture
def books(session: Session, cast: Cast, monday_ten: time_machine.Traveller) -> Books:
    """June is over: Acme had two hours, 19,800 yen with tax."""
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)):
        made = open_books(session, cast.acme.id, cast.staff[Role.AGENT])
        made.log("2")
        made.draft()
        session.commit()
    monday_ten.move_to(JULY_2)
    return made


@pytest.fixture
def biller(books: Books, browser_of: SignIn, cast: Cast) -> FlaskClient:
    return browser_of(cast.emails[Role.BILLER])


@pytest.fixture
def invoice(books: Books, cast: Cast) -> Document:
    with acting_as(job(cast.acme.id)), transaction() as rows:
        draft = rows.scalars(select(DocumentDraft)).one()
        made = billing.issue(rows, cast.acme.id, draft.id, None, JULY_2)
    with acting_as(job(cast.acme.id)), transaction():
        document_jobs.render(cast.acme.id, made.id)
    return made


def text(client: FlaskClient, at: str, status: int = 200) -> str:
    answer = client.get(at)
    assert answer.status_code == status, answer.get_data(as_text=True)[:800]
    return answer.get_data(as_text=True)


def send(client: FlaskClient, at: str, status: int = 303, **form: Any) -> str:
    answer = client.post(at, data=form, content_type="multipart/form-data")
    assert answer.status_code == status, answer.get_data(as_text=True)[:3000]
    return answer.location if status == 303 else answer.get_data(as_text=True)


def test_a_document_can_be_stopped_and_sent_again_and_the_page_tells_the_story(
    cast: Cast, biller: FlaskClient, invoice: Document, monday_ten: time_machine.Traveller, browser_of: SignIn
) -> None:
    at = f"/month/ACME/invoices/{invoice.id}"
    assert "メールで送信します" in text(biller, at)
    assert invoice.number in text(biller, "/sending")
    send(biller, f"{at}/stop")
    assert "送信を取りやめました" in text(biller, at)
    send(biller, f"{at}/send")
    monday_ten.move_to(JULY_2 + UNDO)
    with acting_as(job(cast.acme.id)), transaction() as rows:
        last = rows.scalars(select(Dispatch).order_by(Dispatch.id.desc())).first()
        assert last is not None
        sending_jobs.send(cast.acme.id, last.id)
    assert "billing@acme.example" in text(biller, at)
    with acting_as(job(cast.acme.id)), transaction() as rows:
        mail = rows.scalars(select(Mail).where(Mail.key.startswith("document:"))).one()
        mail.state, mail.last_error = "refused", "550 no such user"
    assert "550 no such user" in text(biller, "/sending")
    client = browser_of(cast.acme.emails[Role.BILLING_CONTACT])
    for _again in range(2):
        assert client.get(f"/portal/ACME/invoices/{invoice.id}.pdf").status_code == 200
    with acting_as(job(cast.acme.id)):
        assert len(db.session().scalars(select(Opening)).all()) == 1
    assert "ポータルで開かれました" in text(biller, at)


def test_a_run_may_issue_and_send_later(cast: Cast, biller: FlaskClient) -> None:
    page = text(biller, "/month/issue?of=2026-06")
    seen = page[page.index('name="draft" value="') + 20 :]
    send(biller, "/month/issue", of="2026-06", draft=seen[: seen.index('"')], send="later")
    with acting_as(job(cast.acme.id)):
        assert [one.held for one in db.session().scalars(select(Dispatch))] == ["later"]
    assert "まだ送信していません" in text(biller, "/sending")


def test_a_covering_text_names_only_places_that_are_filled(biller: FlaskClient) -> None:
    page = send(biller, "/sending/texts", 422, undo_minutes="10", invoice_subject_ja="{{password}}")
    assert 'id="f-invoice_subject_ja-error"' in page
    send(biller, "/sending/texts", undo_minutes="10", invoice_subject_ja="請求書 {{number}}")
    assert "請求書 {{number}}" in text(biller, "/sending/texts")


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


def test_a_client_questions_a_line_and_the_desk_settles_it(
    cast: Cast, biller: FlaskClient, invoice: Document, browser_of: SignIn
) -> None:
    client = browser_of(cast.acme.emails[Role.BILLING_CONTACT])
    at, desk_at = f"/portal/ACME/invoices/{invoice.id}", f"/month/ACME/invoices/{invoice.id}"
    assert f'href="{at}"' in text(client, "/portal/ACME/invoices")
    opened = text(client, f"{at}?line=1")
    assert "複合機を確認" in opened
    assert "2:00" in opened
    assert "お知らせください" in send(client, f"{at}/words", 422, line="1", kind="question", text=" ")
    assert send(client, f"{at}/words", 422, line="1", kind="settle")
    send(client, f"{at}/words", line="1", kind="question", text="この2時間は何ですか")
    with acting_as(job(cast.acme.id)), transaction() as rows:
        assert disputed(rows, cast.acme.id) == {(cast.acme.id, invoice.id): Money(Decimal(19800), "JPY")}
        word = rows.scalars(select(LineWord)).one()
        questions_jobs.tell(cast.acme.id, word.id)
    owner = browser_of(cast.emails[Role.OWNER])
    assert "確認を求めています" in text(owner, "/notices")
    page = text(biller, desk_at)
    assert "確認中" in page
    line = re.search(r"\?line=([^\"]+)\"", page)
    assert line is not None
    assert "この2時間は何ですか" in text(biller, f"{desk_at}?line={line[1]}")
    send(biller, f"{desk_at}/words", line="1", kind="say", text="複合機の設定です")
    send(biller, f"{desk_at}/words", line="1", kind="settle")
    with acting_as(job(cast.acme.id)), transaction() as rows:
        assert disputed(rows, cast.acme.id) == {}
        for each in rows.scalars(select(LineWord).where(LineWord.by_desk)).all():
            questions_jobs.tell(cast.acme.id, each.id)
        assert len(rows.scalars(select(Mail).where(Mail.key.startswith("line_word:"))).all()) == 2
    assert "複合機の設定です" in text(client, f"{at}?line=1")
    send(client, f"{at}/words", line="1", kind="accept")
    assert "すべての行が承認されました" in text(biller, desk_at)


def test_all_lines_are_accepted_at_once(cast: Cast, biller: FlaskClient, invoice: Document, browser_of: SignIn) -> None:
    client = browser_of(cast.acme.emails[Role.CLIENT_ADMIN])
    send(client, f"/portal/ACME/invoices/{invoice.id}/words", line="0", kind="accept")
    with acting_as(job(cast.acme.id)):
        words = db.session().scalars(select(LineWord)).all()
        assert [word.kind for word in words] == ["accept"] * invoice.line_count


def test_reminders_are_proposed_sent_once_a_day_and_never_for_what_is_in_question(
    cast: Cast, biller: FlaskClient, invoice: Document, monday_ten: time_machine.Traveller, browser_of: SignIn
) -> None:
    assert invoice.number not in text(biller, "/dunning")
    monday_ten.move_to(JULY_2 + timedelta(days=40))
    biller = browser_of(cast.emails[Role.BILLER])
    chosen = f"ACME:{invoice.id}"
    assert chosen in text(biller, "/dunning")
    with acting_as(job(cast.acme.id)), transaction() as rows:
        speaker = Speaker(cast.acme.contacts[Role.BILLING_CONTACT], "経理", by_desk=False)
        billing.say(rows, cast.acme.id, invoice.id, 1, "question", "何ですか", speaker, JULY_2)
    assert chosen not in text(biller, "/dunning")
    assert send(biller, "/dunning", document=chosen).endswith("done=0&left=1")
    with acting_as(job(cast.acme.id)), transaction() as rows:
        billing.say(rows, cast.acme.id, invoice.id, 1, "settle", "", Speaker(1, "経理", by_desk=True), JULY_2)
    assert send(biller, "/dunning", document=chosen).endswith("done=1&left=0")
    assert chosen not in text(biller, "/dunning")
    assert send(biller, "/dunning", document=chosen).endswith("done=0&left=1")
    with acting_as(job(cast.acme.id)), transaction() as rows:
        (row,) = rows.scalars(select(Reminded)).all()
        reminder_jobs.remind(cast.acme.id, row.sent_on.toordinal())
        reminder_jobs.remind(cast.acme.id, row.sent_on.toordinal())
        (mail,) = rows.scalars(select(Mail).where(Mail.key == row.mail_key)).all()
        assert f"・{invoice.number}　¥19,800" in mail.text
        assert "督促" not in mail.subject
    assert "督促 第1段階" in text(biller, f"/month/ACME/invoices/{invoice.id}")


def test_levels_of_reminders_have_texts_of_the_desks_own(biller: FlaskClient) -> None:
    nought: dict[str, Any] = {"1_days": "0"}
    assert 'id="f-1_days-error"' in send(biller, "/dunning/levels", 422, **nought)
    ten: dict[str, Any] = {"1_days": "10", "1_subject_ja": "お支払いの件"}
    send(biller, "/dunning/levels", **ten)
    assert 'value="お支払いの件"' in text(biller, "/dunning/levels")


def test_a_batch_is_made_once_and_downloaded_again_as_the_same_bytes(
    books: Books, biller: FlaskClient, invoice: Document
) -> None:
    form: dict[str, Any] = {"issuer": str(books.issuer.id), "until": "2026-07-31"}
    assert 'id="f-until-error"' in send(biller, "/exports", 422, **(form | {"until": "x"}))
    send(biller, "/exports", **form)
    page = text(biller, "/exports")
    addresses = re.findall(r'href="(/exports/[0-9]+/[a-z]+)"', page)
    assert len(addresses) == 6
    for address in addresses:
        assert biller.get(address).data == biller.get(address).data
        assert invoice.number.encode() in biller.get(address).data
    assert "新しく連携するものはありません" in send(biller, "/exports", 422, **form)
    assert biller.get(addresses[0] + "x").status_code == 404


def test_the_owner_sees_what_a_month_brought_and_cost(
    books: Books, biller: FlaskClient, invoice: Document, cast: Cast, session: Session, browser_of: SignIn
) -> None:
    """2 h for 18,000 that cost 3,000 an hour, then 8,000 by the agent's own rate."""
    owner = browser_of(cast.emails[Role.OWNER])
    assert "2:00は原価未設定" in text(owner, "/margin?of=2026-06")
    with acting_as(cast.agent(cast.acme.id, Role.OWNER)), transaction() as rows:
        billing.set_cost_rate(rows, None, Decimal(3000), "JPY", date(2026, 1, 1), "agent")
    page = text(owner, "/margin?of=2026-06&client=ACME")
    assert [each in page for each in ("¥18,000", "¥6,000", "¥12,000", "66.7%", "ACME-9001")] == [True] * 5
    with acting_as(cast.agent(cast.acme.id, Role.OWNER)), transaction() as rows:
        billing.set_cost_rate(rows, cast.staff[Role.AGENT], Decimal(10000), "JPY", date(2026, 6, 1))
    assert "−¥2,000" in text(owner, "/margin?of=2026-06")
    assert biller.get("/margin").status_code == 403
