"""Whose contract the cost of a month's work counts under."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from billing import actions as billing
from msp.reports.margin import margins
from tenants.isolation import acting_as
from tenants.rules import Role
from tests.billing.agreed import agree
from tests.billing.books import open_books
from tests.cast import Cast


def test_work_that_a_flat_fee_covers_counts_under_the_clients_only_contract(session: Session, cast: Cast) -> None:
    with acting_as(cast.agent(cast.acme.id, Role.OWNER)):
        books = open_books(session, cast.acme.id, cast.staff[Role.AGENT])
        agree(books, ("care", "fixed", {"price": "50000"}, {"work_types": ["remote"]}))
        billing.set_cost_rate(session, None, Decimal(3000), "JPY", date(2026, 1, 1), "agent")
        books.log("2")
        books.draft()
        (acme,) = margins(session, [cast.acme.id], date(2026, 6, 1), date(2026, 7, 1))
    (contract,) = acme.contracts.values()
    assert (contract.revenue.amount, contract.costs.amount, contract.seconds) == (Decimal(50000), Decimal(6000), 7200)
