"""Credit notes from the invoice's page, the run as a page, what is missing filled in on the board."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from billing import actions as billing
from billing.models import BillingAccount, Document, DocumentDraft, TimeEntry
from billing.queries import runs
from msp import month_end
from msp.jobs import documents as jobs
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.books import JULY_2, Books
from tests.cast import Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.conftest import text

OF = "2026-06"


pytestmark = pytest.mark.usefixtures("june")


def all_of(cast: Cast, kind: str) -> list[Document]:
    with acting_as(job(cast.acme.id)):
        return list(db.session().scalars(select(Document).where(Document.kind == kind)))


def test_a_part_is_credited_and_both_name_each_other(cast: Cast, biller: FlaskClient, invoice: Document) -> None:
    at = f"/month/ACME/invoices/{invoice.id}"
    assert f'href="{at}/credit"' in text(biller, at)
    assert "¥18,000" in text(biller, f"{at}/credit")
    answer = biller.post(f"{at}/credit", data={"how": "part", "amount-1": "１,０００", "reason": "値引"})
    assert answer.status_code == 303, answer.get_data(as_text=True)[:800]
    (note,) = all_of(cast, "credit_note")
    assert (note.gross, note.issued_by_id) == (Decimal(1100), cast.staff[Role.BILLER])
    assert invoice.number in text(biller, answer.location)
    assert note.number in text(biller, at)


def test_more_than_is_left_offers_the_rest_at_its_line(cast: Cast, biller: FlaskClient, invoice: Document) -> None:
    at = f"/month/ACME/invoices/{invoice.id}/credit"
    answer = biller.post(at, data={"how": "part", "amount-1": "18001", "reason": "値引"})
    page = answer.get_data(as_text=True)
    assert (answer.status_code, 'id="f-amount-1-error"' in page, "¥18,000" in page) == (422, True, True)
    assert all_of(cast, "credit_note") == []


@pytest.mark.parametrize(
    ("given", "field"),
    [({"amount-1": "viel", "reason": "x"}, "amount-1"), ({"amount-1": "1", "reason": ""}, "reason")],
)
def test_what_does_not_fit_is_said_at_its_field(
    biller: FlaskClient, invoice: Document, given: dict[str, str], field: str
) -> None:
    answer = biller.post(f"/month/ACME/invoices/{invoice.id}/credit", data={"how": "part"} | given)
    assert (answer.status_code, f'id="f-{field}-error"' in answer.get_data(as_text=True)) == (422, True)


def test_all_credited_with_its_work_bills_it_again(cast: Cast, biller: FlaskClient, invoice: Document) -> None:
    at = f"/month/ACME/invoices/{invoice.id}/credit"
    biller.post(at, data={"how": "all", "release_all": "1", "reason": "取消"})
    with acting_as(job(cast.acme.id)):
        assert db.session().scalars(select(TimeEntry.state)).all() == ["approved"]
    assert "f-amount-1" not in text(biller, at)


def test_the_wrong_recipient_is_set_right_in_one_act(cast: Cast, biller: FlaskClient, invoice: Document) -> None:
    at = f"/month/ACME/invoices/{invoice.id}"
    refused = biller.post(f"{at}/replace", data={"recipient": "", "reason": ""})
    assert refused.status_code == 422
    answer = biller.post(f"{at}/replace", data={"recipient": "髙﨑HD㈱", "reason": "宛名"})
    assert answer.status_code == 303
    assert "髙﨑HD㈱" in text(biller, answer.location)
    assert [len(all_of(cast, kind)) for kind in ("credit_note", "replacement")] == [1, 1]


def test_who_may_not_bill_credits_nothing(browser_of: SignIn, cast: Cast, invoice: Document) -> None:
    for role in (Role.AUDITOR, Role.AGENT):
        client = browser_of(cast.emails[role])
        assert client.post(f"/month/ACME/invoices/{invoice.id}/credit", data={}).status_code == 403
        assert client.get(f"/month/ACME/invoices/{invoice.id}/credit").status_code == 403


def test_another_clients_invoice_is_not_there(biller: FlaskClient, invoice: Document) -> None:
    text(biller, f"/month/GLOBEX/invoices/{invoice.id}/credit", 404)
    text(biller, f"/month/GLOBEX/invoices/{invoice.id}.xml", 404)
    for verb in ("credit", "replace"):
        given = {"how": "all", "reason": "x", "recipient": "x"}
        answer = biller.post(f"/month/GLOBEX/invoices/{invoice.id}/{verb}", data=given)
        assert answer.status_code in (404, 422)


def test_the_electronic_form_is_kept_beside_the_pdf(books: Books, cast: Cast, biller: FlaskClient) -> None:
    facts = {"einvoice": "jp_pint", "endpoint": "1234567890123", "endpoint_scheme": "0188"}
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)), transaction() as rows:
        billing.set_account(rows, cast.acme.id, facts, JULY_2)
        draft = rows.scalars(select(DocumentDraft)).one()
        made = billing.issue(rows, cast.acme.id, draft.id, None, JULY_2)
    at = f"/month/ACME/invoices/{made.id}"
    text(biller, f"{at}.xml", 404)
    with acting_as(job(cast.acme.id)), transaction():
        jobs.render(cast.acme.id, made.id)
    assert f'href="{at}.xml"' in text(biller, at)
    answer = biller.get(f"{at}.xml")
    assert b"urn:peppol:pint:billing-1@jp-1" in answer.get_data()
    assert answer.headers["Content-Disposition"] == "attachment; filename=INV-000001.xml"


def press(biller: FlaskClient) -> str:
    page = text(biller, f"/month/issue?of={OF}")
    lines = re.findall(r'name="draft" value="([^"]+)"', page)
    return biller.post("/month/issue", data={"of": OF, "draft": lines}, follow_redirects=True).get_data(as_text=True)


def test_the_confirmation_names_the_next_number(biller: FlaskClient) -> None:
    assert "INV-000001" in text(biller, f"/month/issue?of={OF}")


def test_what_two_seconds_do_not_reach_is_the_workers(
    books: Books, cast: Cast, biller: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("msp.web.month.AT_ONCE", 0)
    page = press(biller)
    assert 'id="run"' in page
    assert 'data-live="run:*"' in page
    stopped = biller.post("/month/run/stop", data={"of": OF}, follow_redirects=True).get_data(as_text=True)
    assert 'action="/month/run/resume' in stopped
    assert biller.post("/month/run/stop", data={"of": OF}).status_code == 303
    monkeypatch.undo()
    done = biller.post("/month/run/resume", data={"of": OF}, follow_redirects=True).get_data(as_text=True)
    assert "INV-000001" in done
    assert biller.post("/month/run/resume", data={"of": OF}).status_code == 422
    assert "<html" not in biller.get(f"/month/run?of={OF}", headers={"HX-Target": "run"}).get_data(as_text=True)


def test_a_worker_rings_the_next_and_the_watch_finds_a_lost_bell(
    books: Books, cast: Cast, biller: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("msp.web.month.AT_ONCE", 0)
    press(biller)
    with acting_as(job(cast.desk)), transaction() as rows:
        run_id = runs.runs_of(rows, JULY_2.date().replace(month=6, day=1))[0].id
    month_end.ring_next(run_id)
    month_end.ring_next(run_id)
    with acting_as(job(cast.acme.id)), transaction():
        jobs.issue(cast.acme.id, run_id)
        jobs.issue(cast.acme.id, run_id)
    assert len(all_of(cast, "invoice")) == 1
    assert not month_end.at_work(run_id)


def test_what_is_missing_is_filled_in_where_it_is_missed(books: Books, cast: Cast, biller: FlaskClient) -> None:
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)), transaction() as rows:
        billing.set_account(rows, cast.acme.id, {"po_required": True, "emails": []}, JULY_2)
        billing.refresh_drafts(rows, cast.acme.id, JULY_2)
    assert 'action="/month/ACME/mend' in text(biller, f"/month?of={OF}")
    assert biller.post(f"/month/ACME/mend?of={OF}", data={"emails": "nowhere"}).status_code == 422
    given = {"po_number": "PO-7", "emails": "a@acme.example"}
    answer = biller.post(f"/month/ACME/mend?of={OF}", data=given)
    assert answer.location == f"/month?of={OF}#row-ACME"
    with acting_as(job(cast.acme.id)):
        account = db.session().get_one(BillingAccount, cast.acme.id)
        assert (account.po_number, account.emails) == ("PO-7", ["a@acme.example"])
        assert set(db.session().scalars(select(DocumentDraft.blocked))) == {False}


def test_what_a_computation_moved_is_told_with_its_reasons(books: Books, cast: Cast, biller: FlaskClient) -> None:
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)), transaction():
        books.log("1", at=JULY_2 - timedelta(days=3))
        draft = books.draft()
    (told,) = draft.moved["lines"]
    assert (told["what"], len(told["came"]), told["before"], told["now"]) == (
        ["quantity", "amount"], 1, "18000", "27000",
    )  # fmt: skip
    assert "¥27,000" in text(biller, f"/month/ACME/drafts/{draft.id}")


def test_a_save_on_an_old_page_keeps_what_was_typed_and_shows_what_moved(
    books: Books, cast: Cast, biller: FlaskClient
) -> None:
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)), transaction():
        seen = books.draft().version
        books.log("1", at=JULY_2 - timedelta(days=3))
        draft = books.draft()
    given = {"name": "交通費", "quantity": "1", "price": "500", "tax_code": "standard", "version": str(seen)}
    answer = biller.post(f"/month/ACME/drafts/{draft.id}/lines", data=given)
    page = answer.get_data(as_text=True)
    assert (answer.status_code, "交通費" in page, "¥27,000" in page) == (409, True, True)


def test_a_sale_is_issued_by_itself_from_its_page(books: Books, cast: Cast, biller: FlaskClient) -> None:
    line = billing.SaleLine(name="前払10時間", quantity=Decimal(1), price=Decimal(80000), source=("lot", 7))
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)), transaction() as rows:
        draft = billing.draft_sale(rows, cast.acme.id, [line], None, JULY_2)
    at = f"/month/ACME/drafts/{draft.id}"
    assert f'href="{at}"' in text(biller, f"/month?of={OF}")
    seen = re.findall(r'name="seen" value="([0-9a-f]{64})"', text(biller, at))
    assert biller.post(f"{at}/issue", data={"seen": "x"}).status_code == 409
    assert biller.post(f"/month/GLOBEX/drafts/{draft.id}/issue", data={"seen": seen}).status_code == 404
    answer = biller.post(f"{at}/issue", data={"seen": seen})
    assert "SL-000001" in text(biller, answer.location)
    assert "前払10時間" in text(biller, answer.location)


def test_a_months_draft_is_issued_by_its_run_only(books: Books, cast: Cast, biller: FlaskClient) -> None:
    with acting_as(job(cast.acme.id)):
        draft_id = db.session().scalars(select(DocumentDraft.id)).one()
    assert biller.post(f"/month/ACME/drafts/{draft_id}/issue", data={"seen": "x"}).status_code == 404
