"""One confirmation issues what was looked at and nothing else; what is issued shows its proof."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from billing import actions as billing
from billing.models import Document
from msp.jobs import documents as jobs
from tenants.audit import Audit
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.billing.books import JULY_2
from tests.cast import PASSWORD, Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.month.conftest import OF, Rows, draft_of, text


def form_of(page: str) -> dict[str, list[str]]:
    """What the confirmation would send."""
    return {"of": [OF], "draft": re.findall(r'name="draft" value="([^"]+)"', page)}


def issued(rows: Rows, cast: Cast) -> Document:
    """Acme's June, issued and rendered."""
    with acting_as(job(cast.acme.id)), transaction() as session:
        return billing.issue(session, cast.acme.id, draft_of(rows, cast).id, cast.staff[Role.BILLER], JULY_2)


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
