"""The way to a site is charged once a visit, by the prices of the version in force that day."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import select

from billing import actions
from billing.models import DocumentSource, DraftLine, DraftSource, EntryState, TimeEntry, Visit
from billing.queries.drafts import lines_of
from sla.queries import versions_of
from tests.billing.agreed import agree, day, issue, month
from tests.billing.books import JULY_2, JUNE, Books

TRAVEL = {"travel": [{"basis": "visit", "price": "3000"}, {"basis": "km", "price": "50"}]}


def visit(books: Books, of_month: int = 3, km: str = "12.5", number: int = 6) -> Visit:
    said = {"work_type": "remote", "worked_on": day(number, of_month).date(), "seconds": 3600}
    facts: dict[str, Any] = {"visited_at": day(number, of_month), "km": Decimal(km)}
    work = [(books.ticket_id, said), (books.ticket_id, said)]
    return actions.log_visit(books.session, books.tenant_id, books.agent_id, facts, work, day(number, of_month))


def priced(books: Books) -> None:
    made = agree(books)
    (version,) = versions_of(books.session, books.tenant_id, made.id)
    actions.count_time(books.session, books.tenant_id, version.id, TRAVEL, day(6))


def ways(books: Books, draft_id: int) -> list[tuple[str, Decimal, int]]:
    rows: list[DraftLine] = list(lines_of(books.session, books.tenant_id, draft_id))
    return [(row.name, row.quantity, int(row.amount)) for row in rows if row.role == "travel"]


def test_a_visit_is_charged_once_however_many_tickets_it_served(books: Books) -> None:
    priced(books)
    visit(books)
    visit(books, 5, "10")
    draft = books.draft()
    assert ways(books, draft.id) == [("visit", Decimal(2), 6000), ("km", Decimal("22.5"), 1125)]
    kinds = books.session.scalars(select(DraftSource.part).where(DraftSource.kind == "visit")).all()
    assert sorted(kinds) == ["km", "km", "visit", "visit"]


def test_without_a_price_a_visit_stands_on_no_line(books: Books) -> None:
    agree(books)
    visit(books)
    assert ways(books, books.draft().id) == []


def test_a_visit_whose_work_was_taken_out_is_none(books: Books) -> None:
    priced(books)
    visit(books)
    for entry in books.session.scalars(select(TimeEntry)):
        entry.state = EntryState.DROPPED
    books.session.flush()
    assert actions.recompute_draft(books.session, books.tenant_id, JUNE, JULY_2) is None


def test_an_issued_visit_never_stands_on_another_document(books: Books) -> None:
    priced(books)
    visit(books)
    document = issue(books, month(6))
    assert books.session.scalars(select(DocumentSource.source_id).where(DocumentSource.kind == "visit")).all()
    visit(books, 8, "1")  # entered late: June has its document
    draft = books.draft(month(7), day(8, 1))
    assert ways(books, draft.id) == [("visit", Decimal(1), 3000), ("km", Decimal(1), 50)]
    assert document.number == "INV-000001"
