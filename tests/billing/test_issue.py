"""A draft becomes a document once, under the next number, and stays as it is."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from billing import actions
from billing.actions.numbering import business_year, written
from billing.models import BilledAhead, Document, DocumentDraft, DocumentSource, EntryState, NumberSeries
from billing.queries import documents
from sla.queries import versions_of
from tenants.errors import Refused, Stale
from tenants.isolation import acting_as
from tenants.rules import Role
from tenants.work import Work
from tests.billing.books import AUGUST_3, JULY, JULY_2, JUNE, Books
from tests.cast import MONDAY_9, Cast
from tests.promises import agree_on_office_hours


def invoiced(books: Books, at: datetime = JULY_2) -> Document:
    books.log("1.5")
    draft = books.draft()
    return actions.issue(books.session, books.tenant_id, draft.id, books.agent_id, at, seen=draft.calc_hash)


def test_an_hour_and_a_half_becomes_an_invoice(books: Books) -> None:
    entry = books.log("1.5")
    draft = books.draft()
    document = actions.issue(books.session, books.tenant_id, draft.id, books.agent_id, JULY_2, seen=draft.calc_hash)
    assert (document.net, document.tax, document.payable) == (Decimal(13500), Decimal(1350), Decimal(14850))
    assert document.number == "INV-000001"
    assert (document.issued_on, document.due_on) == (date(2026, 7, 2), date(2026, 7, 31))
    assert (entry.state, entry.charged_seconds, entry.rule) == (EntryState.BILLED, 5400, "exact")
    (source,) = documents.sources_of(books.session, books.tenant_id, document.id)
    assert (source.source_id, source.live) == (entry.id, True)
    assert books.session.get(DocumentDraft, (books.tenant_id, draft.id)) is None


def test_the_snapshot_says_all_that_is_printed(books: Books) -> None:
    said = json.loads(invoiced(books).snapshot)
    assert said["lines"][0]["text"] == "リモート作業"
    assert (said["lines"][0]["quantity"], said["lines"][0]["base_quantity"]) == ("90", "60")
    assert said["issuer"]["registration_number"] == "T7000012050002"
    assert said["taxes"] == [
        {"amount": "1350", "base": "13500", "category": "S", "gross": "14850", "name": "", "rate": "10"}
    ]


def test_the_annex_names_tickets_the_room_above_brought(books: Books) -> None:
    books.log("1")
    tickets = {books.ticket_id: ("ACME-9001", "印刷")}
    document = actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2, tickets=tickets)
    (entry,) = json.loads(document.snapshot)["annex"]
    assert (entry["ticket"], entry["charged"], entry["text"]) == ("ACME-9001", 3600, "複合機を確認")


def test_the_hash_of_the_snapshot_hangs_on_the_chain(books: Books) -> None:
    document = invoiced(books)
    assert document.sha256 == hashlib.sha256(document.snapshot.encode()).hexdigest()
    assert document.hash == documents.chained("", document.sha256)
    assert documents.broken_links(books.session, books.issuer.id, "invoice") == []


def test_issuing_leaves_the_rendering_as_work(books: Books) -> None:
    document = invoiced(books)
    work = books.session.scalars(select(Work).where(Work.kind == "documents.render")).all()
    assert [row.ids for row in work] == [[document.id]]


def test_a_second_press_finds_it_issued(books: Books) -> None:
    books.log()
    draft_id = books.draft().id
    actions.issue(books.session, books.tenant_id, draft_id, None, JULY_2)
    with pytest.raises(Refused):
        actions.issue(books.session, books.tenant_id, draft_id, None, JULY_2)


def test_facts_that_moved_since_somebody_looked_stop_it(books: Books) -> None:
    books.log()
    draft = books.draft()
    seen = draft.calc_hash
    books.log("0.25", at=MONDAY_9 + timedelta(days=1))
    with pytest.raises(Stale):
        actions.issue(books.session, books.tenant_id, draft.id, None, JULY_2, seen=seen)


def test_a_period_is_over_before_it_is_issued(books: Books) -> None:
    books.log()
    with pytest.raises(Refused, match="not over"):
        actions.issue(books.session, books.tenant_id, books.draft().id, None, MONDAY_9 + timedelta(days=28))


def test_what_needs_a_decision_is_not_issued(books: Books) -> None:
    actions.set_account(books.session, books.tenant_id, {"po_required": True}, MONDAY_9)
    books.log()
    with pytest.raises(Refused, match="decision"):
        actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2)


def test_a_failed_issue_uses_no_number(books: Books) -> None:
    books.log()
    draft_id = books.draft().id
    attempt = books.session.begin_nested()
    assert actions.issue(books.session, books.tenant_id, draft_id, None, JULY_2).number == "INV-000001"
    attempt.rollback()
    assert actions.issue(books.session, books.tenant_id, draft_id, None, JULY_2).number == "INV-000001"


def test_the_days_of_a_series_never_go_back(books: Books) -> None:
    invoiced(books, AUGUST_3)
    books.log(at=JULY_2)
    with pytest.raises(Refused, match="later date"):
        actions.issue(books.session, books.tenant_id, books.draft(JULY).id, None, AUGUST_3 - timedelta(days=1))


def test_numbers_begin_again_with_the_fiscal_year(books: Books) -> None:
    actions.set_series(books.session, books.issuer.id, "invoice", "{year}-{number:4}", "fiscal_year")
    invoiced(books)
    books.log(at=JULY_2)
    second = actions.issue(books.session, books.tenant_id, books.draft(JULY).id, None, JULY_2 + timedelta(days=300))
    series = books.session.get_one(NumberSeries, (books.issuer.id, "invoice"))
    assert (second.number, series.place) == ("2027-0001", 2)
    assert documents.broken_links(books.session, books.issuer.id, "invoice") == []


def test_a_pattern_and_a_fiscal_year_are_filled_in() -> None:
    assert written("INV-{year}-{number:5}", 2026, 42) == "INV-2026-00042"
    assert (business_year(date(2027, 3, 31), 4), business_year(date(2027, 4, 1), 4)) == (2026, 2027)


def test_an_item_in_advance_is_remembered(books: Books) -> None:
    made = agree_on_office_hours(books.session, books.tenant_id)
    (version,) = versions_of(books.session, books.tenant_id, made.id)
    actions.add_item(
        books.session, books.tenant_id, version.id, "care", "fixed", "保守", {"price": "10000"}, MONDAY_9,
        {"timing": "advance"},
    )  # fmt: skip
    document = actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2)
    rows = books.session.scalars(select(BilledAhead).order_by(BilledAhead.since)).all()
    assert [(row.since, row.price) for row in rows] == [
        (JUNE.begin, Decimal(10000)), (JULY.begin, Decimal(10000)),
    ]  # fmt: skip
    assert document.net == Decimal(20000)
    july = books.draft(JULY, AUGUST_3)
    assert july.net == Decimal(10000)


REFUSED = {
    "document": "UPDATE document SET payable = 1",
    "document gone": "DELETE FROM document",
    "line": "UPDATE document_line SET amount = 1",
    "line gone": "DELETE FROM document_line",
    "tax": "UPDATE document_tax SET amount = 0",
    "source": "UPDATE document_source SET charged = 0",
    "source gone": "DELETE FROM document_source",
    "link": "UPDATE series_link SET sha256 = ''",
    "series back": "UPDATE number_series SET place = 0, value = 0",
    "series gone": "DELETE FROM number_series",
    "series in the past": "UPDATE number_series SET last_on = '2020-01-01'",
    "billed time": "UPDATE time_entry SET billable_seconds = 1, state = 'approved'",
    "billed time freed": "UPDATE time_entry SET state = 'approved', charged_seconds = NULL",
    "billed time gone": "DELETE FROM time_entry",
    "history": "DELETE FROM time_change",
    "twice": "INSERT INTO document_source (tenant_id, document_id, line_id, kind, source_id, part, on_date, rule, live)"
    " SELECT tenant_id, document_id, line_id, kind, source_id, part, on_date, rule, true FROM document_source",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_the_database_itself_refuses(books: Books, statement: str) -> None:
    invoiced(books)
    with pytest.raises(DBAPIError), books.session.begin_nested():
        books.session.execute(text(statement))


def test_a_line_slipped_in_later_does_not_add_up(books: Books) -> None:
    document = invoiced(books)
    books.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    with pytest.raises(DBAPIError, match="does not add up"), books.session.begin_nested():
        books.session.execute(
            text(
                "INSERT INTO document_tax (tenant_id, document_id, category, rate, name, currency, base, amount)"
                " VALUES (:tenant, :document, 'S', 8, '', 'JPY', 100, 8)"
            ),
            {"tenant": books.tenant_id, "document": document.id},
        )


def test_a_freed_source_frees_its_entry_once(books: Books) -> None:
    entry = books.log()
    document = actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2)
    books.session.flush()
    books.session.execute(text("UPDATE document_source SET live = false"))
    entry.state, entry.charged_seconds, entry.rule = EntryState.APPROVED, None, None
    books.session.flush()
    with pytest.raises(DBAPIError, match="freed, once"), books.session.begin_nested():
        books.session.execute(text("UPDATE document_source SET live = true"))
    assert document.id


def test_a_billing_contact_reads_documents_and_no_drafts(books: Books, cast: Cast) -> None:
    document = invoiced(books)
    books.log(at=JULY_2)
    books.draft(JULY)
    with acting_as(cast.client(cast.acme, Role.BILLING_CONTACT)):
        assert [row.id for row in documents.documents_of(books.session, books.tenant_id)] == [document.id]
        assert len(documents.lines_of(books.session, books.tenant_id, document.id)) == 1
        assert books.session.scalars(select(DocumentDraft)).all() == []
    with acting_as(cast.client(cast.globex, Role.BILLING_CONTACT)):
        assert books.session.scalars(select(Document)).all() == []
        assert books.session.scalars(select(DocumentSource)).all() == []


def test_a_file_is_noted_once(session: Session, books: Books) -> None:
    document = invoiced(books)

    def note(place: str) -> bool:
        return actions.note_rendering(
            session, books.tenant_id, document.id, "pdf",
            place=place, size=1, sha256="00", made_with="typst", at=JULY_2,
        )  # fmt: skip

    assert (note("a"), note("b")) == (True, False)
    kept = documents.rendering(session, books.tenant_id, document.id)
    assert kept is not None
    assert kept.place == "a"
