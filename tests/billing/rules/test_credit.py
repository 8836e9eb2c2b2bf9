"""Credit notes in sequence: never more than is left, and everything credited is zero."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.credit import (
    CreditNote,
    InvoicedLine,
    MoreThanIsLeftError,
    credit,
    credit_all,
    invoiced_lines,
    left_to_credit,
)
from billing.rules.money import Direction
from billing.rules.tax import Tax
from billing.rules.totals import Adjustment, Line, Terms, totals
from tests.billing.rules.figures import figures

D = Decimal
S10, AA8 = Tax("S", D(10)), Tax("AA", D(8))
YEN = Terms("JPY", tax="down")
LINES = (InvoicedLine("a", (S10,), D(105)), InvoicedLine("b", (AA8,), D(33)))


def test_the_tax_of_a_part_is_what_all_credited_so_far_makes_it() -> None:
    notes: list[CreditNote] = []
    for amount in (35, 35, 35):
        notes.append(credit(LINES, {"a": D(amount)}, YEN, notes))
    assert [note.tax for note in notes] == list(figures("3 4 3"))


def test_amounts_are_rounded_half_up_before_tax() -> None:
    note = credit(LINES, {"a": D("10.5")}, YEN)
    assert (note.net, note.tax, note.gross) == figures("11 1 12")


def test_never_more_than_is_left_and_the_rest_is_offered() -> None:
    first = credit(LINES, {"a": D(100)}, YEN)
    with pytest.raises(MoreThanIsLeftError) as refused:
        credit(LINES, {"a": D(6), "b": D(33)}, YEN, [first])
    assert refused.value.left == {"a": D(5)}
    with pytest.raises(MoreThanIsLeftError):
        credit(LINES, {"a": D(-1)}, YEN)


def test_a_strange_line_is_refused() -> None:
    with pytest.raises(KeyError):
        credit(LINES, {"z": D(1)}, YEN)


def test_a_line_is_worth_what_its_document_discount_left() -> None:
    told = [("a", (S10,), D(100)), ("b", (S10,), D(200)), ("c", (AA8,), D(50))]
    assert [line.amount for line in invoiced_lines(told, [Adjustment(D(50), (S10,))], "JPY")] == list(
        figures("83 167 50")
    )


def test_prices_that_include_tax_are_credited_with_it() -> None:
    note = credit((InvoicedLine("a", (S10,), D(1999)),), {"a": D(1999)}, Terms("JPY", True, tax="down"))
    assert (note.net, note.tax, note.gross) == figures("1818 181 1999")


amounts = st.decimals(-(10**5), 10**5, places=2)


@given(
    st.lists(st.tuples(amounts, st.sampled_from([S10, AA8])), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.fractions(0, 1)), max_size=5),
    st.booleans(),
    st.sampled_from(["half_up", "down", "up"]),
)
def test_everything_credited_is_zero(
    invoiced: list[tuple[Decimal, Tax]], steps: list[tuple[int, Fraction]], included: bool, direction: Direction
) -> None:
    terms = Terms("EUR", prices_include_tax=included, tax=direction)
    foot = totals([Line(D(1), amount, (tax,)) for amount, tax in invoiced], terms)
    lines = [InvoicedLine(str(number), (tax,), amount) for number, (amount, tax) in enumerate(invoiced)]
    notes: list[CreditNote] = []
    for place, share in steps:
        left = left_to_credit(lines, notes)
        key = str(place % len(lines))
        notes.append(credit(lines, {key: share * Fraction(left[key])}, terms, notes))
    notes.append(credit_all(lines, terms, notes))
    assert sum((note.gross for note in notes), D(0)) == foot.gross
    assert sum((note.tax for note in notes), D(0)) == foot.tax
    assert not any(left_to_credit(lines, notes).values())
