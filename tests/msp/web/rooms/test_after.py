"""The pages after the invoice: sending, questions, reminders, hand-over, margin."""

from __future__ import annotations

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
from billing.models import Dispatch, Document, LineWord, Opening, Reminded
from billing.queries.kenshu import disputed
from billing.rules.money import Money
from msp.jobs import documents as document_jobs
from msp.jobs import questions as questions_jobs
from msp.jobs import reminders as reminder_jobs
from msp.jobs import sending as sending_jobs
from msp.outbox.models import Mail
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.books import JULY_2, Books
from tests.cast import Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.conftest import send, text

UNDO = timedelta(minutes=15)


@pytest.fixture
def invoice(invoice: Document, cast: Cast) -> Document:
    """June's invoice with its pages made, as it is sent."""
    with acting_as(job(cast.acme.id)), transaction():
        document_jobs.render(cast.acme.id, invoice.id)
    return invoice


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


def test_a_run_may_issue_and_send_later(june: Books, cast: Cast, biller: FlaskClient) -> None:
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
