"""One look at the month: what is clean, what is blocked, what is out already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from billing import actions
from billing.queries.board import BoardRow, Flag, month_board
from tenants.isolation import acting
from tests.billing.books import AUGUST_3, JULY, JULY_2, Books

JUNE_1 = date(2026, 6, 1)
JULY_1 = date(2026, 7, 1)
Told = Mapping[int, Sequence[Flag]]


def board(books: Books, month: date = JUNE_1, at: datetime = AUGUST_3, told: Told | None = None) -> list[BoardRow]:
    return month_board(books.session, acting().tenants, month, at, told)


def row(books: Books, month: date = JUNE_1) -> BoardRow:
    return next(each for each in board(books, month) if each.tenant_id == books.tenant_id)


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
    first = board(books)[0]
    assert (first.tenant_id, first.blocked, first.clean) == (books.tenant_id, True, False)
    assert [flag["fault"] for flag in first.flags] == ["po_missing", "no_delivery_address"]


def test_a_client_nobody_bills_is_on_the_board_all_the_same(books: Books) -> None:
    states = {each.key: each.state for each in board(books)}
    assert states == {"ACME": "empty", "GLOBEX": "no_account"}


def test_a_period_belongs_to_the_month_of_its_closing_day(books: Books) -> None:
    actions.set_account(books.session, books.tenant_id, {"closing_day": 20}, JULY_2)
    books.log()
    actions.draft_of_day(books.session, books.tenant_id, JUNE_1, JULY_2)
    assert row(books).state == "draft"
    assert row(books, JULY_1).state == "empty"


def test_a_big_change_is_worth_a_look_and_what_the_room_above_tells(books: Books) -> None:
    books.log("2")
    actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2)
    books.log("4", at=JULY_2)
    books.draft(JULY, AUGUST_3)
    told = {"level": "notice", "fault": "unlogged_work", "subject": "", "detail": "3"}
    found = board(books, JULY_1, told={books.tenant_id: [told]})
    (shown,) = [each for each in found if each.tenant_id == books.tenant_id]
    assert [flag["fault"] for flag in shown.flags] == ["big_change", "unlogged_work"]
    assert not shown.clean


def test_a_month_that_runs_is_not_over(books: Books) -> None:
    books.log(at=JULY_2)
    books.draft(JULY, JULY_2)
    (shown,) = [each for each in board(books, JULY_1, JULY_2) if each.tenant_id == books.tenant_id]
    assert (shown.state, shown.over) == ("draft", False)


def test_rows_of_one_weight_stand_by_their_reading(books: Books) -> None:
    readings = [each.reading for each in board(books)]
    assert readings == sorted(readings)


def test_what_was_written_by_hand_counts_as_expenses(books: Books) -> None:
    books.log()
    draft = books.draft()
    actions.add_line(
        books.session, books.tenant_id, draft.id, books.agent_id, JULY_2,
        name="交通費", quantity=Decimal(1), price=Decimal(1200),
    )  # fmt: skip
    assert (row(books).expenses, row(books).overage) == (Decimal(1200), Decimal(0))


def test_only_the_clients_that_are_asked_for_stand_there(books: Books) -> None:
    assert len(board(books)) > 1
    (alone,) = month_board(books.session, [books.tenant_id], JUNE_1, AUGUST_3)
    assert alone.tenant_id == books.tenant_id
