"""The month board, a draft that opens to its entries, issuing with one confirmation, and what is issued."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import BillingAccount, Document, DocumentDraft, DraftLine, ManualLine
from msp.jobs import documents as jobs
from tenants.audit import Audit
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.books import JULY_2, open_books
from tests.cast import PASSWORD, Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.conftest import Counted

Rows = Callable[[], Session]
OF = "2026-06"


@pytest.fixture
def july(session: Session, cast: Cast, monday_ten: time_machine.Traveller) -> Rows:
    """June is over: Acme had two hours and a half of work, Globex is not billed yet."""
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)):
        books = open_books(session, cast.acme.id, cast.staff[Role.AGENT])
        books.log("2")
        books.log("0.5", work_type="on_site")
        books.draft()
        session.commit()
    monday_ten.move_to(JULY_2)
    return lambda: db.session()


@pytest.fixture
def biller(july: Rows, browser_of: SignIn, cast: Cast) -> FlaskClient:
    return browser_of(cast.emails[Role.BILLER])


def draft_of(rows: Rows, cast: Cast) -> DocumentDraft:
    return rows().scalars(select(DocumentDraft).where(DocumentDraft.tenant_id == cast.acme.id)).one()


def address(rows: Rows, cast: Cast) -> str:
    with acting_as(job(cast.acme.id)):
        return f"/month/ACME/drafts/{draft_of(rows, cast).id}"


def text(client: FlaskClient, at: str, status: int = 200, headers: dict[str, str] | None = None) -> str:
    answer = client.get(at, headers=headers)
    assert answer.status_code == status, answer.get_data(as_text=True)[:800]
    return answer.get_data(as_text=True)


def form_of(page: str) -> dict[str, list[str]]:
    """What the confirmation would send."""
    return {"of": [OF], "draft": re.findall(r'name="draft" value="([^"]+)"', page)}


def issued(rows: Rows, cast: Cast) -> Document:
    """Acme's June, issued and rendered."""
    with acting_as(job(cast.acme.id)), transaction() as session:
        return billing.issue(session, cast.acme.id, draft_of(rows, cast).id, cast.staff[Role.BILLER], JULY_2)


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OWNER, 200), (Role.BILLER, 200), (Role.AUDITOR, 200), (Role.LEAD, 403), (Role.AGENT, 403)],
)
def test_the_month_is_for_those_who_bill(july: Rows, cast: Cast, browser_of: SignIn, role: Role, status: int) -> None:
    client = browser_of(cast.emails[role])
    text(client, f"/month?of={OF}", status)
    text(client, address(july, cast), status)


def test_no_client_sees_it(july: Rows, cast: Cast, browser_of: SignIn) -> None:
    client = browser_of(cast.acme.emails[Role.CLIENT_ADMIN])
    text(client, f"/month?of={OF}", 403)
    text(client, address(july, cast), 403)


def test_the_auditor_looks_and_presses_nothing(july: Rows, cast: Cast, browser_of: SignIn) -> None:
    client = browser_of(cast.emails[Role.AUDITOR])
    assert "/month/issue" not in text(client, f"/month?of={OF}")
    assert client.post(f"{address(july, cast)}/lines", data={}).status_code == 403
    assert client.post("/month/issue", data={}).status_code == 403


def test_the_board_names_what_one_press_would_issue(july: Rows, biller: FlaskClient) -> None:
    page = text(biller, "/month")
    assert "2026年6月" in page  # the last month that is over
    assert "¥33,000" in page  # 2 h at 9,000 and on site at least an hour at 12,000, with tax
    assert "3:00" in page
    assert f'href="/month/issue?of={OF}"' in page
    assert 'href="/clients/GLOBEX/billing"' in page  # nobody said how it is billed


def test_the_board_asks_the_same_number_of_questions_however_many_clients(
    july: Rows, cast: Cast, biller: FlaskClient, questions: Counted
) -> None:
    few = questions(lambda: text(biller, f"/month?of={OF}"))
    with acting_as(cast.agent(cast.globex.id, Role.BILLER)), transaction() as session:
        facts = {"issuer_id": 1, "recipient": "グローベックス", "emails": ["b@globex.example"]}
        issuer = session.scalars(select(DocumentDraft.issuer_id)).first()
        billing.set_account(session, cast.globex.id, facts | {"issuer_id": issuer}, JULY_2)
    assert questions(lambda: text(biller, f"/month?of={OF}")) == few


def test_every_amount_opens_down_to_the_entries(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    at = address(july, cast)
    page = text(biller, at)
    line = re.findall(r'hx-get="([^"]+line=[^"]+)"', page)
    assert len(line) == 2
    part = text(biller, line[1], headers={"HX-Request": "true", "HX-Target": "calculation"})
    assert "<html" not in part
    for shown in ("ACME-9001", "2:00", "¥9,000", "複合機を確認", "¥18,000"):
        assert shown in part
    assert "ACME-9001" in text(biller, line[1])  # the same without scripts


def test_the_preview_shows_the_real_pages(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    part = text(biller, f"{address(july, cast)}/preview", headers={"HX-Request": "true"})
    assert part.count("data:image/svg+xml;base64,") == 1


def test_a_line_by_hand_stays_and_goes(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    at = address(july, cast)
    given = {"name": "値引", "quantity": "1", "price": "−１,０００", "tax_code": "standard"}
    assert biller.post(f"{at}/lines", data=given).status_code == 303
    with acting_as(job(cast.acme.id)):
        assert draft_of(july, cast).net == Decimal(29000)
        manual = july().scalars(select(ManualLine)).one()
    assert biller.post(f"{at}/restore?line=manual-{manual.id}").status_code == 303
    with acting_as(job(cast.acme.id)):
        assert draft_of(july, cast).net == Decimal(30000)


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("quantity", "viel"), ("price", ""), ("price", "0.1234567"), ("tax_code", "x")]
)
def test_what_does_not_fit_is_said_at_its_field(
    july: Rows, cast: Cast, biller: FlaskClient, field: str, value: str
) -> None:
    given = {"name": "値引", "quantity": "1", "price": "100", "tax_code": "standard"} | {field: value}
    answer = biller.post(f"{address(july, cast)}/lines", data=given)
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.get_data(as_text=True)


def test_a_changed_line_needs_a_reason_and_comes_back(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    at = address(july, cast)
    with acting_as(job(cast.acme.id)):
        key = july().scalars(select(DraftLine.key).order_by(DraftLine.place)).first()
    change = {"price": "8000", "quantity": "", "name": "", "reason": ""}
    refused = biller.post(f"{at}/change", query_string={"line": key}, data=change)
    assert refused.status_code == 422
    assert 'id="f-reason-error"' in refused.get_data(as_text=True)
    done = biller.post(f"{at}/change", query_string={"line": key}, data=change | {"reason": "約束"})
    assert done.status_code == 303
    with acting_as(job(cast.acme.id)):
        assert draft_of(july, cast).net == Decimal(26000)
    biller.post(f"{at}/restore", query_string={"line": key})
    with acting_as(job(cast.acme.id)):
        assert draft_of(july, cast).net == Decimal(30000)


def test_a_draft_that_moved_is_not_changed_blindly(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    at = address(july, cast)
    with acting_as(job(cast.acme.id)):
        key = july().scalars(select(DraftLine.key).order_by(DraftLine.place)).first()
    given = {"price": "1", "reason": "x", "version": "999"}
    assert biller.post(f"{at}/change", query_string={"line": key}, data=given).status_code == 409


def test_one_press_issues_what_was_looked_at(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    page = text(biller, f"/month/issue?of={OF}")
    assert "¥33,000" in page
    answer = biller.post("/month/issue", data=form_of(page), follow_redirects=True)
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 200, shown[:800]
    assert "INV-000001" in shown
    with acting_as(job(cast.acme.id)):
        document = july().scalars(select(Document)).one()
        assert document.issued_by_id == cast.staff[Role.BILLER]
        assert "ACME-9001" in document.snapshot  # the annex names the ticket
        written = july().scalars(select(Audit).where(Audit.verb == "month.issue")).all()
        assert len(written) == 1
    again = biller.post("/month/issue", data=form_of(page), follow_redirects=True).get_data(as_text=True)
    assert "INV-000002" not in again


def test_what_moved_since_it_was_looked_at_stays_back(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    page = text(biller, f"/month/issue?of={OF}")
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)), transaction() as session:
        draft = draft_of(july, cast)
        biller_id = cast.staff[Role.BILLER]
        billing.add_line(
            session, cast.acme.id, draft.id, biller_id, JULY_2, name="追加", quantity=Decimal(1), price=Decimal(500)
        )
    shown = biller.post("/month/issue", data=form_of(page), follow_redirects=True).get_data(as_text=True)
    assert "INV-0" not in shown
    with acting_as(job(cast.acme.id)):
        assert july().scalars(select(Document)).all() == []


def test_what_needs_a_decision_is_held_back_with_its_reason(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)), transaction() as session:
        billing.set_account(session, cast.acme.id, {"po_required": True}, JULY_2)
        billing.refresh_drafts(session, cast.acme.id, JULY_2)
    page = text(biller, f"/month/issue?of={OF}")
    assert form_of(page)["draft"] == []
    assert "tag-danger" in page


def test_a_notice_must_be_taken_in_by_name(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)), transaction() as session:
        billing.set_account(session, cast.acme.id, {"emails": []}, JULY_2)
        billing.refresh_drafts(session, cast.acme.id, JULY_2)
    assert form_of(text(biller, f"/month/issue?of={OF}"))["draft"] == []
    assert len(form_of(text(biller, f"/month/issue?of={OF}&with=ACME"))["draft"]) == 1


def test_another_clients_draft_cannot_be_issued_under_a_false_name(
    july: Rows, cast: Cast, browser_of: SignIn, biller: FlaskClient
) -> None:
    lines = form_of(text(biller, f"/month/issue?of={OF}"))["draft"]
    swapped = [line.replace("ACME:", "GLOBEX:") for line in lines]
    biller.post("/month/issue", data={"of": OF, "draft": swapped})
    assert biller.post("/month/issue", data={"of": OF, "draft": [f"NEMO:1:{'0' * 64}"]}).status_code == 404
    assert biller.post("/month/issue", data={"of": OF, "draft": ["ACME:x:y"]}).status_code == 400
    with acting_as(job(cast.acme.id)):
        assert july().scalars(select(Document)).all() == []


def test_long_after_signing_in_the_password_is_asked_again(
    july: Rows, cast: Cast, biller: FlaskClient, monday_ten: time_machine.Traveller
) -> None:
    monday_ten.shift(timedelta(hours=9))
    page = text(biller, f"/month/issue?of={OF}")
    assert 'name="password"' in page
    refused = biller.post("/month/issue", data=form_of(page) | {"password": ["wrong"]})
    assert (refused.status_code, 'id="f-password-error"' in refused.get_data(as_text=True)) == (422, True)
    done = biller.post("/month/issue", data=form_of(page) | {"password": [PASSWORD]}, follow_redirects=True)
    assert "INV-000001" in done.get_data(as_text=True)


def test_an_issued_document_shows_its_proof_and_its_pdf(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    document = issued(july, cast)
    at = f"/month/ACME/invoices/{document.id}"
    assert document.sha256 in text(biller, at)
    assert biller.get(f"{at}.pdf").status_code == 302  # still being made
    with acting_as(job(cast.acme.id)), transaction():
        jobs.render(cast.acme.id, document.id)
    answer = biller.get(f"{at}.pdf")
    assert answer.get_data().startswith(b"%PDF")
    assert answer.headers["Content-Disposition"] == "attachment; filename=INV-000001.pdf"
    text(biller, f"/month/GLOBEX/invoices/{document.id}", 404)
    text(biller, f"/month/GLOBEX/invoices/{document.id}.pdf", 404)


def test_the_clients_own_people_get_the_same_pdf(july: Rows, cast: Cast, browser_of: SignIn) -> None:
    document = issued(july, cast)
    with acting_as(job(cast.acme.id)), transaction():
        jobs.render(cast.acme.id, document.id)
    client = browser_of(cast.acme.emails[Role.BILLING_CONTACT])
    assert "INV-000001" in text(client, "/portal/ACME/invoices")
    assert client.get(f"/portal/ACME/invoices/{document.id}.pdf").get_data().startswith(b"%PDF")
    text(client, "/portal/ACME/invoices/99999.pdf", 404)
    other = browser_of(cast.globex.emails[Role.BILLING_CONTACT])
    text(other, f"/portal/GLOBEX/invoices/{document.id}.pdf", 404)


def test_a_draft_of_another_client_is_not_there(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    with acting_as(job(cast.acme.id)):
        draft_id = draft_of(july, cast).id
    text(biller, f"/month/GLOBEX/drafts/{draft_id}", 404)
    text(biller, f"/month/GLOBEX/drafts/{draft_id}/preview", 404)
    for verb in ("compute", "restore"):
        assert biller.post(f"/month/GLOBEX/drafts/{draft_id}/{verb}").status_code == 404


ACCOUNT = {"recipient": "グローベックス㈱", "emails": "a@globex.example、b@globex.example", "closing_day": "20"}


def test_a_client_gets_its_account_and_is_billed(july: Rows, cast: Cast, biller: FlaskClient) -> None:
    with acting_as(job(cast.acme.id)):
        issuer = draft_of(july, cast).issuer_id
    answer = biller.post("/clients/GLOBEX/billing", data=ACCOUNT | {"issuer": str(issuer)})
    assert answer.status_code == 303, answer.get_data(as_text=True)[:500]
    with acting_as(job(cast.globex.id)):
        account = july().get_one(BillingAccount, cast.globex.id)
        assert account.emails == ["a@globex.example", "b@globex.example"]
        assert (account.closing_day, account.recipient) == (20, "グローベックス㈱")
    assert "グローベックス㈱" in text(biller, "/clients/GLOBEX/billing")
    assert "nothing=GLOBEX" in biller.post(f"/month/GLOBEX/compute?of={OF}").location


@pytest.mark.parametrize(
    ("field", "value"),
    [("issuer", ""), ("issuer", "999"), ("recipient", ""), ("emails", "nowhere"), ("closing_day", "40")],
)
def test_an_account_that_does_not_fit_is_refused(
    july: Rows, cast: Cast, biller: FlaskClient, field: str, value: str
) -> None:
    with acting_as(job(cast.acme.id)):
        issuer = draft_of(july, cast).issuer_id
    answer = biller.post("/clients/GLOBEX/billing", data=ACCOUNT | {"issuer": str(issuer)} | {field: value})
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.get_data(as_text=True)


def test_accounts_are_for_those_who_bill(july: Rows, cast: Cast, browser_of: SignIn) -> None:
    for role in (Role.AGENT, Role.LEAD, Role.AUDITOR):
        text(browser_of(cast.emails[role]), "/clients/ACME/billing", 403)
