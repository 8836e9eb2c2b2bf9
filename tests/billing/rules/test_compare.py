"""This month beside last month."""

from decimal import Decimal
from fractions import Fraction
from typing import get_args

import pytest

from billing.rules.invoice.compare import WORST_FIRST, Figures, beyond, differences, worst_first
from billing.rules.invoice.document import Fault, Finding

D = Decimal


def line(quantity: int, price: int) -> Figures:
    return Figures(Fraction(quantity), D(price), D(quantity * price))


def test_what_is_new_gone_or_changed_is_named() -> None:
    before = {"same": line(1, 5), "more": line(1, 5), "dearer": line(1, 5), "gone": line(1, 5)}
    now = {"new": line(1, 7), "same": line(1, 5), "more": line(2, 5), "dearer": line(1, 6)}
    found = differences(before, now)
    assert [(difference.key, difference.what) for difference in found] == [
        ("new", ("new",)),
        ("more", ("quantity", "amount")),
        ("dearer", ("price", "amount")),
        ("gone", ("gone",)),
    ]
    assert sum(difference.change for difference in found) == 8


@pytest.mark.parametrize(
    ("before", "now", "beyond_ten"), [(100, 110, False), (100, 111, True), (100, 89, True), (0, 1, True)]
)
def test_a_change_beyond_the_threshold_is_seen(before: int, now: int, beyond_ten: bool) -> None:
    assert beyond(D(before), D(now), D(10)) is beyond_ten


def test_the_worst_comes_first_and_every_fault_has_its_place() -> None:
    assert sorted(WORST_FIRST) == sorted(get_args(Fault))
    told = [Finding("late_entry", "b"), Finding("late_entry", "a"), Finding("no_price", "c")]
    assert [finding.subject for finding in worst_first(told)] == ["c", "a", "b"]
