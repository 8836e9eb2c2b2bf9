"""Whatever is worked, bought and invoiced in whatever order: no unit of a lot is lost, and none is used twice."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from billing import actions
from billing.models import DraftLine
from billing.queries.lots import kept, lot_key
from tenants.isolation import acting_as
from tenants.rules import Role
from tests.billing.agreed import agree, day, issue, lines, month
from tests.billing.books import Books, open_books
from tests.cast import Cast

MONTHS = range(6, 10)
Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["work", "sell", "issue"]), st.sampled_from(list(MONTHS)), st.integers(1, 12)),
    min_size=3,
    max_size=9,
)


@given(steps=STEPS)
@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_lots_balance_each_month(session: Session, cast: Cast, steps: list[Step]) -> None:
    """Each month: carried in + granted + bought = used + expired + left; bought ones hold what nobody drew."""
    nested = session.begin_nested()
    try:
        with acting_as(cast.agent(cast.acme.id, Role.BILLER)):
            books = open_books(session, cast.acme.id, cast.staff[Role.AGENT])
            pool = {"price": "1000", "minutes": "300", "overage_rate": "600", "rollover": 1, "cap": "200"}
            agree(books, ("care", "pool", pool, {}))
            issued = play(books, steps)
            for number in MONTHS:
                if number not in issued:
                    balanced(lines(books, month(number)))
            held = kept(session, books.tenant_id)
            for key, paid in held.lots.items():
                assert Fraction() <= held.drawn.get(key, Fraction()) <= Fraction(paid.lot.units)
    finally:
        nested.rollback()
        session.expire_all()


def play(books: Books, steps: list[Step]) -> set[int]:
    """Work so many hours, give so many hours or invoice, in the months named; later months wait for their turn."""
    issued: set[int] = set()
    for what, number, hours in steps:
        if what == "work":
            books.log(str(hours), at=day(number, 10, hour=9))
        elif number in issued:
            continue
        elif what == "sell":
            lot = actions.sell_lot(
                books.session, books.tenant_id, "care", Decimal(hours * 60), None, None, day(number), periods_valid=1
            )
            assert lot_key(lot.id) in kept(books.session, books.tenant_id).lots
        else:
            balanced(lines(books, month(number)))
            issue(books, month(number), day(11))
            issued.add(number)
    return issued


def balanced(found: list[DraftLine]) -> None:
    for line in found:
        if line.role == "used":
            told = {name: Fraction(value) for name, value in line.explain["figures"].items()}
            come = told["carried in"] + told["granted"] + told["purchased"]
            assert come == told["drawn"] + told["expired"] + told["left"]
