"""What leaves for the accounts balances, leaves once, and is the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import actions
from billing.actions import Came, Share
from billing.ledger import exported, layouts
from billing.models import ExportBatch
from billing.queries.credits import creditable
from billing.queries.hand_over import rows_of
from billing.rules import journal
from billing.rules.money import Money
from tenants.errors import Refused
from tenants.models import Tenant
from tests.billing.books import AUGUST_3, JULY_2, Books

END = date(2026, 7, 31)
S10, AA8 = ("S", Decimal(10), ""), ("AA", Decimal(8), "")
AMOUNTS = st.decimals(-100000, 100000, places=0)


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "501", "502"]), AMOUNTS, st.sampled_from([(S10,), (AA8,), ()])), max_size=6
    ),
    AMOUNTS,
    AMOUNTS,
    AMOUNTS,
    st.booleans(),
)
def test_every_entry_of_a_document_balances(
    lines: list[tuple[str, Decimal, journal.Taxes]], ten: Decimal, eight: Decimal, prepaid: Decimal, credit: bool
) -> None:
    base = {S10: Decimal(0), AA8: Decimal(0)}
    for _account, amount, taxes in lines:
        for tax in taxes:
            base[tax] += amount
    net = sum((amount for _, amount, _ in lines), Decimal(0))
    gross = net + ten + eight
    totals = journal.Totals(net, gross, gross - prepaid, "JPY", base, {S10: ten, AA8: eight})
    rows = journal.of_document([journal.Line(*line) for line in lines], totals, credit_note=credit)
    assert journal.balance(rows) == 0
    assert all(row.amount > 0 for row in rows)


@given(AMOUNTS, AMOUNTS)
def test_every_payment_and_use_of_it_balances(amount: Decimal, fee: Decimal) -> None:
    assert journal.balance(journal.of_payment(amount, "bank")) == 0
    assert journal.balance(journal.of_allocation(amount, fee)) == 0


def month(books: Books) -> None:
    """An invoice of 19,800, 660 of it kept back by a bank, and a credit note of 1,100."""
    books.log("2")
    made = actions.issue(books.session, books.tenant_id, books.draft().id, None, JULY_2)
    came = Came(END, Money(Decimal(19140), "JPY"))
    share = Share(made.id, Decimal(19140), Decimal(660), "振込手数料")
    actions.enter_payment(books.session, books.tenant_id, came, [share], None, AUGUST_3)
    key = made_key(books, made.id)
    actions.credit_invoice(
        books.session, books.tenant_id, made.id, "値引", None, JULY_2, wanted={key: Decimal(1000)}
    )  # fmt: skip


def made_key(books: Books, document_id: int) -> str:
    from_document = creditable(books.session, books.tenant_id, document_id)
    assert from_document is not None
    return from_document.rows[0].key


def batch_of(books: Books) -> ExportBatch:
    batch = actions.begin_batch(books.session, books.issuer.id, END, None, AUGUST_3)
    actions.write_journal(books.session, books.tenant_id, batch.id)
    return actions.seal_batch(books.session, batch.id, AUGUST_3)


def test_a_batch_balances_entry_by_entry_and_holds_everything_once(books: Books) -> None:
    month(books)
    batch = batch_of(books)
    rows = rows_of(books.session, batch.id)
    sums: defaultdict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.source, row.source_id] += row.amount if row.side == "debit" else -row.amount
    assert set(sums.values()) == {Decimal(0)}
    assert sorted(source for source, _ in sums) == ["allocation", "document", "document", "payment"]
    fees = [row for row in rows if row.account == "fees"]
    assert [row.amount for row in fees] == [660]
    with pytest.raises(Refused, match="closed"):
        actions.write_journal(books.session, books.tenant_id, batch.id)
    again = actions.begin_batch(books.session, books.issuer.id, END, None, AUGUST_3)
    assert again.number == batch.number + 1
    assert actions.write_journal(books.session, books.tenant_id, again.id) == 0
    with pytest.raises(Refused, match="nothing new"):
        actions.seal_batch(books.session, again.id, AUGUST_3)


@pytest.mark.parametrize("name", sorted(layouts()))
def test_a_file_is_the_same_bytes_each_time_and_no_formula(books: Books, name: str) -> None:
    books.session.get_one(Tenant, books.tenant_id).name = "=HYPERLINK(1)"
    month(books)
    batch = batch_of(books)
    made = exported(rows_of(books.session, batch.id), name)
    books.session.expire_all()
    assert exported(rows_of(books.session, batch.id), name) == made
    if name != "json":
        cells = [cell for line in csv.reader(io.StringIO(made.decode(layouts()[name]["encoding"]))) for cell in line]
        assert "=HYPERLINK(1)" not in cells
        assert "'=HYPERLINK(1)" in cells


def test_freee_gets_deals_with_tax_inside_and_a_credit_below_zero(books: Books) -> None:
    month(books)
    made = exported(rows_of(books.session, batch_of(books).id), "freee").decode("cp932")
    deal, credit = list(csv.DictReader(io.StringIO(made)))
    assert (deal["収支区分"], deal["金額"], deal["税額"], deal["税区分"]) == ("収入", "19800", "1800", "課税売上10%")
    assert (credit["金額"], credit["税額"]) == ("-1100", "-100")


def test_json_says_every_entry(books: Books) -> None:
    month(books)
    told = json.loads(exported(rows_of(books.session, batch_of(books).id), "json"))
    assert [entry[0]["source"] for entry in told] == ["document", "document", "payment", "allocation"]
