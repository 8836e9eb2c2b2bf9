"""Money that goes back comes out of what a client has with us, and the books agree; what is open is noted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from billing import actions
from billing.actions import Back, Came, Share
from billing.models import Document, JournalRow, OpenDocument, Payment
from billing.queries.payments import payments
from billing.queries.receivables import aged, credit_of, owed
from billing.rules.journal import ADVANCES
from billing.rules.money import Money
from tenants.errors import Refused
from tests.billing.books import AUGUST_3, JULY_2, Books
from tests.billing.test_payments import DAY, enter, left, two_invoices, yen

AUGUST_1 = date(2026, 8, 1)


def back(books: Books, amount: int, reason: str = "過入金", on: date = AUGUST_1) -> list[Payment]:
    said = Back(on, yen(amount), reason)
    return list(actions.pay_back(books.session, books.tenant_id, said, books.agent_id, AUGUST_3))


def credit(books: Books) -> int:
    found = credit_of(books.session, books.tenant_id).get((books.tenant_id, "JPY"))
    return int(found.amount) if found else 0


def test_credit_goes_back_and_is_no_credit_any_more(books: Books) -> None:
    two_invoices(books)
    enter(books, 30000)
    assert credit(books) == 300
    back(books, 200)
    assert credit(books) == 100
    with pytest.raises(Refused, match="more than"):
        back(books, 101)
    back(books, 100)
    assert credit(books) == 0
    with pytest.raises(Refused, match="nothing to use"):
        actions.use_credit(books.session, books.tenant_id, "JPY", DAY, None, AUGUST_3)


@pytest.mark.parametrize(("amount", "reason"), [(0, "過入金"), (-5, "過入金"), (10, " ")])
def test_a_refund_has_an_amount_and_a_reason(books: Books, amount: int, reason: str) -> None:
    two_invoices(books)
    enter(books, 30000)
    with pytest.raises(Refused):
        back(books, amount, reason)


def test_what_was_paid_beyond_a_document_goes_back_after_the_credit(books: Books) -> None:
    june, _july = two_invoices(books)
    enter(books, 29700)
    actions.credit_invoice(books.session, books.tenant_id, june.id, "誤請求", None, AUGUST_3)
    assert left(books) == [-19800, 0]
    back(books, 10000)
    assert left(books) == [-9800, 0]
    assert credit(books) == 0
    back(books, 9800)
    assert left(books) == [0, 0]


def test_the_money_that_went_back_pays_nothing_and_holds_its_payment(books: Books) -> None:
    june, july = two_invoices(books)
    payment = enter(books, 20000, [Share(june.id, Decimal(19800))])
    (gone,) = back(books, 200)
    shares = [Share(june.id, Decimal(19800)), Share(july.id, Decimal(200))]
    with pytest.raises(Refused, match="more than came in"):
        actions.spread_anew(books.session, books.tenant_id, payment.id, shares, DAY, None, AUGUST_3)
    with pytest.raises(Refused, match="paid back"):
        actions.void_payment(books.session, books.tenant_id, payment.id, "誤り", DAY, None, AUGUST_3)
    with pytest.raises(Refused, match="pays nothing"):
        actions.spread_anew(books.session, books.tenant_id, gone.id, [], DAY, None, AUGUST_3)
    actions.void_payment(books.session, books.tenant_id, gone.id, "誤り", DAY, None, AUGUST_3)
    assert credit(books) == 200
    assert {one.free for one in payments(books.session, books.tenant_id) if not one.refund} == {Decimal(200)}
    actions.void_payment(books.session, books.tenant_id, payment.id, "誤り", DAY, None, AUGUST_3)


def test_a_refund_stands_in_the_journal_against_what_the_client_has_with_us(books: Books) -> None:
    two_invoices(books)
    enter(books, 30000)
    back(books, 300)
    batch = actions.begin_batch(books.session, books.issuer.id, date(2026, 8, 31), None, AUGUST_3)
    actions.write_journal(books.session, books.tenant_id, batch.id)
    rows = books.session.scalars(select(JournalRow).where(JournalRow.amount == 300, JournalRow.source == "payment"))
    assert sorted((row.side, row.account) for row in rows) == [("credit", "bank"), ("debit", ADVANCES)]


def test_receivables_of_a_past_day_know_what_was_open_and_what_was_credit_then(books: Books) -> None:
    two_invoices(books)
    enter(books, 30000)
    back(books, 300)
    (june,) = aged(books.session, date(2026, 7, 30))
    assert (june.total, june.credit) == (yen(19800), yen(0))
    (then,) = aged(books.session, DAY)
    assert (then.total, then.credit) == (yen(0), yen(300))
    assert aged(books.session, AUGUST_1) == []


STEPS = st.lists(st.tuples(st.sampled_from(["pay", "void", "refund", "credit"]), st.integers(1, 30000)), max_size=6)


def test_what_is_noted_as_open_is_what_is_open(books: Books) -> None:
    two_invoices(books)

    @settings(max_examples=15)
    @given(STEPS)
    def whatever_is_done(steps: list[tuple[str, int]]) -> None:
        with books.session.begin_nested() as all_of_it:
            for step, amount in steps:
                try:
                    _take(books, step, amount)
                except Refused:
                    continue
            every = books.session.scalars(select(Document.id)).all()
            really = {one.document_id for one in owed(books.session, books.tenant_id, also=every) if one.open}
            assert set(books.session.scalars(select(OpenDocument.document_id))) == really
            assert sum((row.amount for row in books.session.scalars(select(Payment))), Decimal(0)) >= 0
            all_of_it.rollback()

    whatever_is_done()


def _take(books: Books, step: str, amount: int) -> None:
    if step == "pay":
        came = Came(DAY, Money(Decimal(amount), "JPY"))
        actions.enter_payment(books.session, books.tenant_id, came, None, None, AUGUST_3)
    elif step == "refund":
        back(books, amount)
    elif step == "credit":
        first = books.session.scalars(select(Document.id).where(Document.kind == "invoice").order_by(Document.id))
        actions.credit_invoice(books.session, books.tenant_id, next(iter(first)), "誤請求", None, AUGUST_3)
    else:
        last = books.session.scalars(select(Payment.id).order_by(Payment.id.desc())).first() or 0
        actions.void_payment(books.session, books.tenant_id, last, "誤り", DAY, None, AUGUST_3)


def test_settled_documents_are_not_asked_for(books: Books) -> None:
    books.log("2")
    actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2)
    assert len(owed(books.session, books.tenant_id)) == 1
    enter(books, 19800)
    assert owed(books.session, books.tenant_id) == []
