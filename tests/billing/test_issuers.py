"""Issuers and the taxes of their countries: dated, corrected, taken back before they begin."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise, permutations

import pytest
from sqlalchemy import select

from billing import actions
from billing.models import TaxRate
from billing.queries.rates import taxes
from billing.rules.tax import taxes_on
from tenants.errors import Refused
from tests.billing.books import Books


def german(books: Books, since: date, rate: str) -> TaxRate:
    return actions.set_tax_rate(books.session, "DE", "standard", "S", Decimal(rate), since)


def chain(books: Books) -> list[tuple[date, date | None, Decimal]]:
    rows = books.session.scalars(select(TaxRate).where(TaxRate.country == "DE").order_by(TaxRate.since))
    return [(row.since, row.until, row.rate) for row in rows]


def test_the_next_rate_ends_the_one_before_it(books: Books) -> None:
    german(books, date(2007, 1, 1), "19")
    german(books, date(2021, 1, 1), "19")
    german(books, date(2020, 7, 1), "16")
    for supplied, rate in ((date(2020, 6, 30), 19), (date(2020, 7, 1), 16), (date(2021, 1, 1), 19)):
        assert [tax.rate for tax in taxes_on("standard", supplied, taxes(books.session, "DE"))] == [rate]


@pytest.mark.parametrize("order", list(permutations((date(2007, 1, 1), date(2020, 7, 1), date(2021, 1, 1)))))
def test_in_whatever_order_rates_are_entered_one_holds_each_day(books: Books, order: tuple[date, ...]) -> None:
    for since in order:
        german(books, since, str(since.year % 100))
    spans = [(since, until) for since, until, _ in chain(books)]
    assert all(until == following for (_, until), (following, _) in pairwise(spans))
    assert spans[-1][1] is None


def test_one_that_has_not_begun_is_taken_back_and_the_earlier_goes_on(books: Books) -> None:
    german(books, date(2007, 1, 1), "19")
    coming = german(books, date(2031, 1, 1), "20")
    actions.drop_tax_rate(books.session, coming.id, date(2026, 7, 1))
    assert chain(books) == [(date(2007, 1, 1), None, Decimal(19))]
    standing = books.session.scalars(select(TaxRate).where(TaxRate.country == "DE")).one()
    with pytest.raises(Refused):
        actions.drop_tax_rate(books.session, standing.id, date(2026, 7, 1))


def test_two_issuers_have_two_names(books: Books) -> None:
    other = actions.keep_issuer(books.session, None, {"name": "Desk GmbH", "country": "DE"})
    with pytest.raises(Refused):
        actions.keep_issuer(books.session, other.id, {"name": books.issuer.name})
    assert actions.keep_issuer(books.session, other.id, {"name": "Desk Europa GmbH"}).name == "Desk Europa GmbH"
