"""Money that came in: nothing of it is lost, nothing comes in twice, and every day in the past stays what it was."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from billing import actions
from billing.actions import Came, Share
from billing.bank import UnreadableError, read_bank
from billing.models import Allocation, BankLine, Document, Payment
from billing.queries.payments import matches, open_lines, payments
from billing.queries.receivables import aged, credit_of, owed
from billing.rules.ageing import Claim
from billing.rules.matching import Payer, fit, folded, match
from billing.rules.money import Money
from tenants.errors import Refused
from tests.billing.books import AUGUST_3, JULY, JULY_2, Books

CSV = '日付,金額,振込人\n2026/7/31,"19,800",ｶ)ﾀｶｻｷｼﾖｳﾃﾝ\n2026/7/31,500,ﾀﾅｶ\n2026/7/31,500,ﾀﾅｶ\n2026/8/1,-300,ﾃｽｳﾘﾖｳ\n'
DAY = date(2026, 7, 31)


def yen(amount: int) -> Money:
    return Money(Decimal(amount), "JPY")


def two_invoices(books: Books) -> tuple[Document, Document]:
    """June's of 19,800 and July's of 9,900."""
    books.log("2")
    june = actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2)
    books.log("1", at=JULY_2)
    july = actions.issue(books.session, books.tenant_id, books.draft(JULY, AUGUST_3).id, None, AUGUST_3)
    return june, july


def enter(books: Books, amount: int, shares: list[Share] | None = None, on: date = DAY) -> Payment:
    return actions.enter_payment(
        books.session, books.tenant_id, Came(on, yen(amount)), shares, books.agent_id, AUGUST_3
    )


def left(books: Books) -> list[Decimal]:
    books.session.flush()
    every = books.session.scalars(select(Document.id)).all()
    return [one.open.amount for one in owed(books.session, books.tenant_id, also=every)]


def test_what_is_due_longest_is_paid_first_and_the_rest_stays_credit(books: Books) -> None:
    two_invoices(books)
    enter(books, 20000)
    assert left(books) == [0, 9700]
    enter(books, 10000)
    assert left(books) == [0, 0]
    assert credit_of(books.session, books.tenant_id) == {(books.tenant_id, "JPY"): yen(300)}


def test_credit_pays_a_later_invoice(books: Books) -> None:
    books.log("2")
    actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2)
    enter(books, 25000)
    with pytest.raises(Refused, match="nothing to use"):
        actions.use_credit(books.session, books.tenant_id, "JPY", DAY, None, AUGUST_3)
    books.log("1", at=JULY_2)
    actions.issue(books.session, books.tenant_id, books.draft(JULY, AUGUST_3).id, None, AUGUST_3)
    assert actions.use_credit(books.session, books.tenant_id, "JPY", DAY, None, AUGUST_3) == yen(5200)
    assert left(books) == [0, 4700]
    assert credit_of(books.session, books.tenant_id) == {}


def test_a_fee_kept_back_closes_with_its_reason_only(books: Books) -> None:
    june, _july = two_invoices(books)
    with pytest.raises(Refused, match="Say why"):
        enter(books, 19140, [Share(june.id, Decimal(19140), Decimal(660))])
    enter(books, 19140, [Share(june.id, Decimal(19140), Decimal(660), "振込手数料")])
    assert left(books) == [0, 9900]


@pytest.mark.parametrize(("amount", "share"), [(30000, 19801), (100, 101), (100, -1)])
def test_no_more_than_came_in_or_is_open_is_spread(books: Books, amount: int, share: int) -> None:
    june, _july = two_invoices(books)
    with pytest.raises(Refused):
        enter(books, amount, [Share(june.id, Decimal(share))])


def test_shares_can_be_changed_and_a_payment_taken_back_by_rows_of_their_own(books: Books) -> None:
    june, july = two_invoices(books)
    made = enter(books, 9900)
    actions.spread_anew(books.session, books.tenant_id, made.id, [Share(july.id, Decimal(9900))], DAY, None, AUGUST_3)
    assert left(books) == [19800, 0]
    actions.void_payment(books.session, books.tenant_id, made.id, "二重入力", AUGUST_3.date(), None, AUGUST_3)
    assert left(books) == [19800, 9900]
    assert credit_of(books.session, books.tenant_id) == {}
    with pytest.raises(Refused, match="taken back already"):
        actions.void_payment(books.session, books.tenant_id, made.id, "x", DAY, None, AUGUST_3)
    (row,) = payments(books.session, books.tenant_id)
    assert row.voided
    assert books.session.scalar(select(func.sum(Allocation.amount)).where(Allocation.document_id == june.id)) == 0


def test_ageing_of_a_past_day_stays_what_it_was(books: Books) -> None:
    june, _july = two_invoices(books)
    late = june.due_on + timedelta(days=31)
    (before,) = aged(books.session, late)
    assert (before.buckets["31-60"], before.total) == (yen(19800), yen(29700))
    enter(books, 29700, on=late + timedelta(days=1))
    books.session.flush()
    assert aged(books.session, late) == [before]
    assert aged(books.session, late + timedelta(days=1)) == []


def test_credited_after_it_was_paid_is_open_below_zero(books: Books) -> None:
    june, _july = two_invoices(books)
    enter(books, 19800)
    actions.credit_invoice(books.session, books.tenant_id, june.id, "値引", None, AUGUST_3)
    assert left(books) == [-19800, 9900]


def test_spreading_loses_nothing(books: Books) -> None:
    two_invoices(books)

    @settings(max_examples=25)
    @given(st.lists(st.integers(1, 15000), min_size=1, max_size=5))
    def whatever_comes(amounts: list[int]) -> None:
        with books.session.begin_nested() as undone:
            for amount in amounts:
                enter(books, amount)
            rest = sum(left(books), Decimal(0))
            credit = credit_of(books.session, books.tenant_id).get((books.tenant_id, "JPY"), yen(0))
            assert rest - credit.amount == 29700 - sum(amounts)
            assert not credit or rest == 0
            undone.rollback()

    whatever_comes()


def test_a_file_comes_in_once_however_often_it_is_brought(books: Books) -> None:
    first = actions.take_in(books.session, CSV.encode("cp932"), "a.csv", "generic", "JPY", None, AUGUST_3)
    assert (first.lines, first.fresh) == (3, 3)
    again = actions.take_in(books.session, CSV.encode(), "b.csv", "generic", "JPY", None, AUGUST_3)
    assert (again.lines, again.fresh) == (3, 0)
    assert books.session.scalar(select(func.count()).select_from(BankLine)) == 3


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(1, 10**9), st.sampled_from("アイウ")),
        max_size=12,
    )
)
def test_each_line_has_a_hash_of_its_own_and_keeps_it(rows: list[tuple[date, int, str]]) -> None:
    text = "date,amount,payer\n" + "".join(f"{on},{amount},{payer}\n" for on, amount, payer in rows)
    found = read_bank(text.encode(), "generic", "JPY")
    assert len({one.hash for one in found}) == len(rows)
    assert [one.hash for one in read_bank(text.encode("cp932"), "generic", "JPY")] == [one.hash for one in found]


def test_a_fixed_record_of_the_banks_is_read() -> None:
    record = "2" + "000001" + "080731" + "080731" + "0000019800" + "0" * 10 + "0" * 10
    record += "ｶ)ﾀｶｻｷｼﾖｳﾃﾝ".ljust(48) + " " * 30 + " " + "EDI".ljust(20) + " " * 52
    (one,) = read_bank((record + "\r\n" + "8" + " " * 199).encode("cp932"), "zengin", "JPY")
    assert (one.on, one.amount, one.payer, one.note) == (DAY, Decimal(19800), "カ)タカサキシヨウテン", "EDI")


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", "日付,金額,振込人\nx,1,y\n".encode(), b"\xff\xfe\x81"])
def test_what_is_no_such_file_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_bank(content, "generic", "JPY")


@pytest.mark.parametrize(
    "name", ["株式会社タカサキ商店", "ｶ)ﾀｶｻｷ商店", "たかさき商店", "タカサキ商店(カ", "㈱タカサキ商店", "タカサキ 商店"]
)
def test_names_are_compared_as_banks_write_them(name: str) -> None:
    assert folded(name) == "タカサキ商店"


def claim(number: str, amount: int, due: int = 1) -> Claim:
    return Claim(number=number, issued=date(2026, 6, 1), due=date(2026, 7, due), total=yen(amount))


def test_an_amount_fits_one_document_or_the_oldest_together_or_short_by_a_fee() -> None:
    claims = [claim("A", 100, 1), claim("B", 200, 2), claim("C", 5000, 3)]
    assert fit(yen(200), claims, yen(99)) == (("B",), yen(0))
    assert fit(yen(300), claims, yen(99)) == (("A", "B"), yen(0))
    assert fit(yen(4950), claims, yen(99)) == (("C",), yen(50))
    assert fit(yen(4900), claims, yen(99)) is None


def test_two_who_fit_alike_are_left_to_a_person() -> None:
    payers = [Payer(1, ("アカギ",), (claim("A", 100),)), Payer(2, ("ミヤギ",), (claim("B", 100),))]
    assert match("ﾐﾔｷﾞ", yen(100), payers, yen(0)) is not None
    assert match("ﾀﾅｶ", yen(100), payers, yen(0)) is None
    named = match("ｱｶｷﾞ", yen(77), payers, yen(0))
    assert named is not None
    assert (named.tenant, named.how) == (1, "name")


def test_a_line_is_proposed_confirmed_once_and_free_again_when_taken_back(books: Books) -> None:
    two_invoices(books)
    actions.take_in(books.session, CSV.encode(), "a.csv", "generic", "JPY", None, AUGUST_3)
    lines = open_lines(books.session)
    first = lines[0]
    found = matches(books.session, lines)[first.id]
    assert (found.tenant, found.how) == (books.tenant_id, "sure")
    came = Came(first.on_date, yen(19800), "bank", first.payer, first.id)
    made = actions.enter_payment(books.session, books.tenant_id, came, None, None, AUGUST_3)
    with pytest.raises(Refused, match="taken already"):
        actions.enter_payment(books.session, books.tenant_id, came, None, None, AUGUST_3)
    assert first not in open_lines(books.session)
    actions.void_payment(books.session, books.tenant_id, made.id, "誤り", DAY, None, AUGUST_3)
    assert first in open_lines(books.session)
