"""An issued document leaves by mail after its undo window, in the client's language, with its files."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions
from billing.models import BillingAccount, Dispatch, Document
from billing.rules.covering import filled, strange
from msp.intake.actions import bounces
from msp.jobs import documents as documents_jobs
from msp.jobs import sending as jobs
from msp.outbox import actions as outbox
from msp.outbox.models import Mail, Notice
from tenants.errors import Refused
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tenants.work import Work
from tests.billing.books import JULY_2, Books
from tests.cast import Cast
from tests.conftest import SignIn

UNDO = timedelta(minutes=15)


def issued(books: Books, sends: bool = True) -> tuple[Document, Dispatch]:
    books.log("2")
    draft = books.draft()
    made = actions.issue(books.session, books.tenant_id, draft.id, books.agent_id, JULY_2, sends=sends)
    return made, books.session.scalars(select(Dispatch).where(Dispatch.document_id == made.id)).one()


def leave(session: Session, sent: Dispatch, at: datetime, render: bool = True) -> list[Mail]:
    session.flush()
    with acting_as(job(sent.tenant_id)), time_machine.travel(at, tick=False):
        if render:
            documents_jobs.render(sent.tenant_id, sent.document_id)
        jobs.send(sent.tenant_id, sent.id)
        session.flush()
        return list(session.scalars(select(Mail).where(Mail.key.startswith("document:")).order_by(Mail.id)))


def test_it_leaves_once_its_undo_window_is_over_with_its_pdf(books: Books) -> None:
    document, sent = issued(books)
    assert (sent.state, sent.leaves_at) == ("waiting", JULY_2 + UNDO)
    work = books.session.scalars(select(Work).where(Work.kind == "documents.send")).one()
    assert (work.ids, work.available_at) == ([sent.id], JULY_2 + UNDO)
    assert leave(books.session, sent, JULY_2 + UNDO - timedelta(seconds=1)) == []
    (mail,) = leave(books.session, sent, JULY_2 + UNDO)
    assert [one["address"] for one in mail.to] == ["billing@acme.example"]
    assert [one["name"] for one in mail.attachments] == [f"{document.number}.pdf"]
    assert document.number in mail.subject
    assert "¥19,800" in mail.text
    assert "髙﨑商店㈱ 御中" in mail.text
    assert f"/portal/ACME/invoices/{document.id}" in mail.text
    assert (mail.language, sent.state) == ("ja", "written")
    assert leave(books.session, sent, JULY_2 + UNDO, render=False) == [mail]


def test_an_english_client_reads_english(books: Books) -> None:
    account = books.session.get_one(BillingAccount, books.tenant_id)
    account.language = "en"
    _document, sent = issued(books)
    (mail,) = leave(books.session, sent, JULY_2 + UNDO)
    assert mail.subject.startswith("Invoice ")
    assert "Due: 31 " in mail.text or "Due: " in mail.text
    assert "御中" not in mail.text


def test_it_waits_for_its_files(books: Books) -> None:
    _document, sent = issued(books)
    assert leave(books.session, sent, JULY_2 + UNDO, render=False) == []
    assert sent.state == "waiting"
    assert len(books.session.scalars(select(Work).where(Work.kind == "documents.send")).all()) == 2


def test_within_the_window_it_can_be_stopped_and_sent_again_later(books: Books) -> None:
    document, sent = issued(books)
    with pytest.raises(Refused, match="on its way"):
        actions.send_again(books.session, books.tenant_id, document.id, books.agent_id, JULY_2)
    actions.stop_sending(books.session, books.tenant_id, document.id, JULY_2 + timedelta(minutes=1))
    assert leave(books.session, sent, JULY_2 + UNDO) == []
    with pytest.raises(Refused, match="has left"):
        actions.stop_sending(books.session, books.tenant_id, document.id, JULY_2 + UNDO)
    again = actions.send_again(books.session, books.tenant_id, document.id, books.agent_id, JULY_2 + UNDO)
    assert (again.turn, again.state) == (2, "waiting")
    assert len(leave(books.session, again, JULY_2 + 2 * UNDO, render=False)) == 1


@pytest.mark.parametrize(
    ("facts", "sends", "why"),
    [({"emails": []}, True, "no_address"), ({"sent_by": "none"}, True, "do_not_send"), ({}, False, "later")],
)
def test_what_does_not_leave_says_why(books: Books, facts: dict[str, object], sends: bool, why: str) -> None:
    account = books.session.get_one(BillingAccount, books.tenant_id)
    for name, value in facts.items():
        setattr(account, name, value)
    _document, sent = issued(books, sends)
    assert (sent.state, sent.held, sent.leaves_at) == ("held", why, None)


def test_a_credit_note_leaves_too_with_its_own_text(books: Books) -> None:
    document, _sent = issued(books)
    note = actions.credit_invoice(books.session, books.tenant_id, document.id, "値引", books.agent_id, JULY_2)
    sent = books.session.scalars(select(Dispatch).where(Dispatch.document_id == note.id)).one()
    (mail,) = leave(books.session, sent, JULY_2 + UNDO)
    assert "返還請求書" in mail.subject


def test_the_desk_has_its_own_text_and_window(books: Books) -> None:
    actions.set_sending(books.session, 0, {"invoice_subject_ja": "{{number}} です {{nobody}}"})
    document, sent = issued(books)
    assert sent.leaves_at == JULY_2
    (mail,) = leave(books.session, sent, JULY_2)
    assert mail.subject == f"{document.number} です {{{{nobody}}}}"


def test_a_value_is_never_read_as_a_place() -> None:
    assert filled("{{a}} {{ b }} {{c}}", {"a": "{{b}}", "b": "x"}) == "{{b}} x {{c}}"
    assert strange("{{number}} {{secret.key}}") == ["secret.key"]


def test_a_mail_that_came_back_is_told_to_who_bills_once_and_flagged_on_the_document(
    books: Books, cast: Cast, browser_of: SignIn
) -> None:
    document, sent = issued(books)
    (mail,) = leave(books.session, sent, JULY_2 + UNDO)
    with acting_as(job(books.tenant_id)):
        outbox.bounced(mail, "billing@acme.example", "failed 5.1.1")
        bounces.tell_failure(books.session, mail, JULY_2 + UNDO)
        bounces.tell_failure(books.session, mail, JULY_2 + UNDO)
        books.session.commit()
    with acting_as(cast.agent(cast.acme.id, Role.OWNER)):
        hear = books.session.scalars(select(Notice.login_id).where(Notice.kind == "document_failed")).all()
    assert sorted(hear) == sorted({cast.staff[Role.OWNER], cast.staff[Role.BILLER]})
    with time_machine.travel(JULY_2 + 2 * UNDO, tick=False):
        owner = browser_of(cast.emails[Role.OWNER])
        notices = owner.get("/notices").text
        assert document.number in notices
        assert f"/month/ACME/invoices/{document.id}" in notices
        page = owner.get(f"/month/ACME/invoices/{document.id}").text
    assert "billing@acme.example: failed 5.1.1" in page
    assert "banner-danger" in page
