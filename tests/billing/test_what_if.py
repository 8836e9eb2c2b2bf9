"""A real month under other items, beside the real one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from billing.models import DocumentDraft, DraftLine
from billing.queries.what_if import WhatIf, what_if, what_if_version
from sla.queries import versions_of
from tests.billing.agreed import agree, day, issue, month
from tests.billing.books import Books

JUNE = month(6)
POOL: dict[str, Any] = {
    "key": "care",
    "kind": "pool",
    "name": "Care",
    "terms": {"price": "50000", "minutes": "300", "overage_rate": "12000"},
}


def asked(books: Books, *items: dict[str, Any]) -> WhatIf:
    return what_if(books.session, books.tenant_id, JUNE, items)


def test_hours_at_a_rate_are_replayed_under_a_pool(books: Books) -> None:
    """7 h at 9,000 are 63,000. With 5 h for 50,000 and 2 h beyond at 12,000 they would be 74,000."""
    books.log("7", at=day(6, 10))
    found = asked(books, POOL)
    assert (int(found.real.net), int(found.other.net), int(found.change)) == (63000, 74000, 11000)
    assert (found.seconds, found.issued) == (7 * 3600, False)


def test_an_invoiced_month_stands_as_it_was_issued(books: Books) -> None:
    agree(books, ("flat", "fixed", {"price": "80000"}, {}))
    books.log("7", at=day(6, 10))
    issue(books, JUNE)
    found = asked(books, POOL)
    assert (found.issued, int(found.real.net), int(found.other.net)) == (True, 80000, 74000)


def test_a_year_paid_ahead_counts_with_its_month(books: Books) -> None:
    flat = {"key": "flat", "kind": "fixed", "name": "Flat", "terms": {"price": "1200000"}}
    found = asked(books, flat | {"options": {"timing": "advance", "months": 12}})
    assert int(found.other.net) == 100000


def test_another_version_of_the_contract_is_replayed(books: Books) -> None:
    made = agree(books, ("flat", "fixed", {"price": "80000"}, {}))
    (version,) = versions_of(books.session, books.tenant_id, made.id)
    found = what_if_version(books.session, books.tenant_id, month(5), version.id)
    assert (int(found.real.net), int(found.other.net)) == (0, 80000)


def test_nothing_is_written_and_all_of_it_is_told_in_plain_facts(books: Books) -> None:
    books.log("7", at=day(6, 10))
    told = asked(books, POOL).told()
    assert (told["other"]["net"], told["period_end"]) == ("74000", "2026-07-01")
    assert [line["role"] for line in told["other"]["lines"]] == ["fee", "used", "overage"]
    rows = [books.session.scalar(select(func.count()).select_from(model)) for model in (DocumentDraft, DraftLine)]
    assert rows == [0, 0]
