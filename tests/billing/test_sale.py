"""A sale is invoiced beside the months, and what it sells stands on one document only."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from billing import actions
from billing.actions import SaleLine
from billing.queries import documents
from tenants.errors import Refused, Stale
from tests.billing.books import JULY_2, JUNE, Books
from tests.cast import MONDAY_9

TEN_HOURS = SaleLine(name="前払10時間", quantity=Decimal(1), price=Decimal(80000), source=("lot", 42))


def test_a_sale_is_issued_on_its_day_under_its_own_series(books: Books) -> None:
    draft = actions.draft_sale(books.session, books.tenant_id, [TEN_HOURS], books.agent_id, MONDAY_9)
    assert (draft.kind, draft.period_start, draft.payable) == ("sale", date(2026, 6, 1), Decimal(88000))
    document = actions.issue(books.session, books.tenant_id, draft.id, books.agent_id, MONDAY_9, seen=draft.calc_hash)
    assert (document.number, document.period_start, document.payable) == ("SL-000001", None, Decimal(88000))
    (source,) = documents.sources_of(books.session, books.tenant_id, document.id)
    assert (source.kind, source.source_id, source.live) == ("lot", 42, True)


def test_what_is_sold_is_sold_once(books: Books) -> None:
    draft = actions.draft_sale(books.session, books.tenant_id, [TEN_HOURS], books.agent_id, MONDAY_9)
    with pytest.raises(Refused, match="already"):
        actions.draft_sale(books.session, books.tenant_id, [TEN_HOURS], books.agent_id, MONDAY_9)
    actions.issue(books.session, books.tenant_id, draft.id, books.agent_id, MONDAY_9)
    with pytest.raises(Refused, match="already"):
        actions.draft_sale(books.session, books.tenant_id, [TEN_HOURS], books.agent_id, MONDAY_9)


def test_two_sales_of_one_day_stand_beside_the_month(books: Books) -> None:
    books.log()
    month = books.draft()
    for number in (1, 2):
        line = SaleLine(name=f"売り{number}", quantity=Decimal(number), price=Decimal(1000))
        actions.draft_sale(books.session, books.tenant_id, [line], None, JULY_2, supplied_on=JUNE.begin)
    drafts = actions.refresh_drafts(books.session, books.tenant_id, JULY_2)
    assert [(draft.kind, draft.net) for draft in drafts] == [
        ("sale", Decimal(1000)), ("sale", Decimal(2000)), ("invoice", Decimal(9000)),
    ]  # fmt: skip
    assert month.id in {draft.id for draft in drafts}


def test_a_reduced_rate_is_that_of_the_day_of_supply(books: Books) -> None:
    water = SaleLine(name="水", quantity=Decimal(1), price=Decimal(1000), tax_code="reduced")
    before = actions.draft_sale(books.session, books.tenant_id, [water], None, JULY_2, supplied_on=date(2019, 9, 30))
    after = actions.draft_sale(books.session, books.tenant_id, [water], None, JULY_2)
    assert (before.blocked, after.tax) == (True, Decimal(80))


def test_a_line_of_a_lot_stays_and_one_of_ones_own_goes(books: Books) -> None:
    draft = actions.draft_sale(books.session, books.tenant_id, [TEN_HOURS], books.agent_id, MONDAY_9)
    more = actions.add_line(
        books.session, books.tenant_id, draft.id, books.agent_id, MONDAY_9,
        name="設定", quantity=Decimal(1), price=Decimal(5000), version=draft.version,
    )  # fmt: skip
    assert more.net == Decimal(85000)
    with pytest.raises(Stale):
        actions.add_line(
            books.session, books.tenant_id, draft.id, books.agent_id, MONDAY_9,
            name="また", quantity=Decimal(1), price=Decimal(1), version=more.version - 1,
        )  # fmt: skip
