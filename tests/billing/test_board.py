"""One look at the month: what is clean, what is blocked, what is out already."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from billing import actions
from billing.queries.board import BoardRow, month_board
from tests.billing.books import AUGUST_3, JULY, JULY_2, Books

JUNE_1 = date(2026, 6, 1)
JULY_1 = date(2026, 7, 1)


def row(books: Books, month: date = JUNE_1) -> BoardRow:
    return next(each for each in month_board(books.session, month) if each.tenant_id == books.tenant_id)


def test_a_client_goes_from_empty_over_draft_to_issued(books: Books) -> None:
    assert row(books).state == "empty"
    books.log("2")
    draft = books.draft()
    shown = row(books)
    assert (shown.state, shown.seconds, shown.net, shown.clean) == ("draft", 7200, Decimal(18000), True)
    document = actions.issue(books.session, books.tenant_id, draft.id, None, JULY_2, seen=shown.calc_hash)
    out = row(books)
    assert (out.state, out.seconds, out.document_id, out.number) == ("issued", 7200, document.id, document.number)


def test_last_month_stands_beside_this_one(books: Books) -> None:
    books.log("2")
    actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2)
    books.log("3", at=JULY_2)
    books.draft(JULY, AUGUST_3)
    shown = row(books, JULY_1)
    assert (shown.before, shown.change) == (Decimal(18000), Decimal(9000))


def test_what_is_blocked_stands_first_with_its_worst_flag(books: Books) -> None:
    actions.set_account(books.session, books.tenant_id, {"po_required": True, "emails": []}, JULY_2)
    books.log()
    books.draft()
    first = month_board(books.session, JUNE_1)[0]
    assert (first.tenant_id, first.blocked, first.clean) == (books.tenant_id, True, False)
    assert [flag["fault"] for flag in first.flags] == ["po_missing", "no_delivery_address"]


def test_a_client_nobody_bills_is_on_the_board_all_the_same(books: Books) -> None:
    states = {each.key: each.state for each in month_board(books.session, JUNE_1)}
    assert states == {"ACME": "empty", "GLOBEX": "no_account"}


def test_a_period_belongs_to_the_month_of_its_closing_day(books: Books) -> None:
    actions.set_account(books.session, books.tenant_id, {"closing_day": 20}, JULY_2)
    books.log()
    actions.draft_of_day(books.session, books.tenant_id, JUNE_1, JULY_2)
    assert row(books).state == "draft"
    assert row(books, JULY_1).state == "empty"
