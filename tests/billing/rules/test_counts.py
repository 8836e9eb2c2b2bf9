"""Counts and discounts: which quantity is billed, and what is taken off."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.counts import NoCountsError, Policy, Tier, counted, in_tiers, needs_tick
from billing.rules.discounts import Discount, document_discount, line_discount
from billing.rules.periods import Period
from billing.rules.tax import Tax
from tests.billing.rules.figures import figures

D = Decimal
JUNE = Period(date(2026, 6, 1), date(2026, 7, 1))


def june(day: int) -> date:
    return date(2026, 6, day)


COUNTS = {june(1): 10, june(11): 12, june(21): 9}


@pytest.mark.parametrize(
    ("policy", "quantity"), [("period_end", "9"), ("period_start", "10"), ("peak", "12"), ("average", "10.33")]
)
def test_each_policy_has_its_quantity(policy: Policy, quantity: str) -> None:
    assert counted(COUNTS, JUNE, policy).quantity == D(quantity)


def test_daily_counts_are_runs_without_one_quantity() -> None:
    found = counted(COUNTS, JUNE, "daily")
    assert found.quantity is None
    assert [(run.begin.day, (run.end - run.begin).days, run.quantity) for run in found.runs] == [
        (1, 10, D(10)),
        (11, 10, D(12)),
        (21, 10, D(9)),
    ]


def test_missing_days_take_the_last_known_and_are_marked() -> None:
    found = counted({date(2026, 5, 28): 7, june(2): 8}, JUNE, "period_start")
    assert found.quantity == 7
    assert len(found.missing) == 29


def test_before_the_first_count_there_was_nothing() -> None:
    assert counted({june(16): 10}, JUNE, "average").quantity == 5
    assert counted({june(16): 10}, JUNE, "period_start").quantity == 0


def test_no_count_at_all_is_an_error_and_not_zero() -> None:
    with pytest.raises(NoCountsError):
        counted({date(2026, 7, 1): 3}, JUNE, "peak")


def test_an_unknown_policy_is_named() -> None:
    with pytest.raises(ValueError, match="median"):
        counted(COUNTS, JUNE, "median")  # type: ignore[arg-type]


def test_a_minimum_lifts_and_free_ones_are_taken_off() -> None:
    assert counted(COUNTS, JUNE, "period_end", minimum=D(10)).quantity == 10
    assert counted(COUNTS, JUNE, "period_end", free=D(5)).quantity == 4
    assert counted(COUNTS, JUNE, "period_end", free=D(50)).quantity == 0


@given(st.dictionaries(st.dates(june(1), june(30)), st.integers(0, 50), min_size=1))
def test_the_average_lies_between_and_runs_cover_the_period(snapshots: dict[date, int]) -> None:
    average, peak = (counted(snapshots, JUNE, policy).quantity for policy in ("average", "peak"))
    assert average is not None
    assert peak is not None
    assert D(0) <= average <= peak
    runs = counted(snapshots, JUNE, "daily").runs
    assert sum((run.end - run.begin).days for run in runs) == 30
    assert all(before.quantity != after.quantity for before, after in pairwise(runs))


@pytest.mark.parametrize(
    ("before", "now", "tick"),
    [(None, 50, False), (10, 12, False), (10, 13, True), (100, 105, False), (100, 106, True), (0, 1, True)],
)
def test_a_jump_needs_a_tick(before: int | None, now: int, tick: bool) -> None:
    assert needs_tick(None if before is None else D(before), D(now)) is tick


TIERS = (Tier(D(10), D(500)), Tier(D(50), D(400)), Tier(None, D(300)))


def test_graduated_tiers_price_their_own_units() -> None:
    assert in_tiers(D(60), TIERS, "graduated") == (figures("10 500"), figures("40 400"), figures("10 300"))
    assert in_tiers(D(10), TIERS, "graduated") == (figures("10 500"),)


def test_volume_tiers_price_all_units_alike() -> None:
    assert in_tiers(D(11), TIERS, "volume") == (figures("11 400"),)


def test_a_quantity_beyond_the_last_tier_is_refused() -> None:
    with pytest.raises(ValueError, match="no tier"):
        in_tiers(D(11), TIERS[:1], "volume")


def test_a_line_discount_comes_from_the_rounded_line_and_never_exceeds_it() -> None:
    assert line_discount(D(105), Discount(percent=D(10)), "JPY") == 11
    assert line_discount(D(-105), Discount(percent=D(10)), "JPY") == -11
    assert line_discount(D(105), Discount(percent=D(150)), "JPY") == 105
    assert line_discount(D(105), Discount(amount=D(500)), "JPY") == 105
    assert line_discount(D(-5), Discount(amount=D(500)), "JPY") == 0


def test_a_discount_is_one_thing_and_lowers_the_price() -> None:
    with pytest.raises(ValueError, match="percentage or an amount"):
        Discount()
    with pytest.raises(ValueError, match="lowers"):
        Discount(amount=D(-1))


def test_a_document_discount_is_split_over_the_taxes() -> None:
    standard, reduced = (Tax("S", D(10)),), (Tax("AA", D(8)),)
    given_ = document_discount({standard: D(1000), reduced: D(500)}, Discount(amount=D(100), reason="x"), "JPY")
    assert [(part.taxes, part.amount, part.reason) for part in given_] == [
        (standard, D(67), "x"),
        (reduced, D(33), "x"),
    ]


@given(st.lists(st.integers(-500, 1000), min_size=1, max_size=5), st.integers(0, 5000))
def test_a_document_discount_never_exceeds_a_group(nets: list[int], amount: int) -> None:
    groups: dict[tuple[Tax, ...], Decimal] = {(Tax("S", D(rate)),): D(net) for rate, net in enumerate(nets)}
    parts = document_discount(groups, Discount(amount=D(amount)), "JPY")
    assert sum(part.amount for part in parts) == min(amount, max(0, sum(nets)))
    assert all(D(0) < part.amount <= groups[part.taxes] for part in parts)
