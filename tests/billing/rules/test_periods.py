"""Periods, proration and due dates."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.due import DueRule, Shift, due_date
from billing.rules.periods import Period, add_months, next_period, period_of, previous_period
from billing.rules.prorate import (
    FULL_MONTH,
    Change,
    Proration,
    billed_months,
    changed_in_advance,
    prorated,
    ratio,
    segments,
    share_in_service,
)
from tests.billing.rules.figures import figures

D = Decimal
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
JUNE = Period(date(2026, 6, 1), date(2026, 7, 1))
FEBRUARY = Period(date(2026, 2, 1), date(2026, 3, 1))


@pytest.mark.parametrize(
    ("day", "closing_day", "begin", "end"),
    [
        (date(2026, 6, 20), 20, date(2026, 5, 21), date(2026, 6, 21)),
        (date(2026, 6, 21), 20, date(2026, 6, 21), date(2026, 7, 21)),
        (date(2026, 2, 28), 30, date(2026, 1, 31), date(2026, 3, 1)),
        (date(2026, 3, 1), 30, date(2026, 3, 1), date(2026, 3, 31)),
        (date(2026, 12, 31), 25, date(2026, 12, 26), date(2027, 1, 26)),
        (date(2024, 2, 29), None, date(2024, 2, 1), date(2024, 3, 1)),
    ],
)
def test_the_closing_day_is_the_last_day_of_its_period(
    day: date, closing_day: int | None, begin: date, end: date
) -> None:
    assert period_of(day, closing_day) == Period(begin, end)


@given(days, st.one_of(st.none(), st.integers(1, 31)))
def test_periods_follow_each_other_without_gap(day: date, closing_day: int | None) -> None:
    period = period_of(day, closing_day)
    assert day in period
    assert next_period(period, closing_day).begin == period.end
    assert previous_period(period, closing_day).end == period.begin
    assert 28 <= period.days <= 31


def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        Period(date(2026, 2, 1), date(2026, 1, 1))


def test_a_ratio_is_not_clipped_and_has_nine_decimals() -> None:
    assert ratio(date(2026, 6, 11), date(2026, 7, 1), JUNE) == D("0.666666667")
    assert ratio(date(2026, 6, 1), date(2026, 7, 31), JUNE) == 2


def test_fixed_thirty_counts_months_of_thirty_days() -> None:
    assert ratio(date(2026, 2, 15), date(2026, 3, 1), FEBRUARY, "fixed_30") == D("0.533333333")
    assert ratio(date(2026, 1, 31), date(2026, 3, 1), FEBRUARY, "fixed_30") == 1


def test_an_amount_is_clipped_to_the_period_and_rounded_once() -> None:
    assert prorated(D(10000), D(3), (date(2026, 6, 11), date(2027, 1, 1)), JUNE, "JPY") == 20000
    assert prorated(D(10000), D(1), (date(2026, 7, 1), None), JUNE, "JPY") == 0


def test_a_first_month_can_cost_the_whole_or_nothing() -> None:
    assert share_in_service(date(2026, 6, 30), None, JUNE, FULL_MONTH) == 1
    assert share_in_service(date(2026, 6, 27), None, JUNE, Proration(none_if_under=5)) == 0
    assert share_in_service(date(2026, 6, 26), None, JUNE, Proration(none_if_under=5)) == Fraction(5, 30)
    assert share_in_service(date(2026, 6, 11), date(2026, 6, 21), JUNE, Proration(last=False)) == Fraction(20, 30)


def test_a_change_cuts_the_period_and_equal_neighbours_merge() -> None:
    changes = [
        Change(date(2026, 1, 1), D(1000), D(2)),
        Change(date(2026, 6, 5), D("1000.00"), D(2)),
        Change(date(2026, 6, 11), D(0), D(2)),
        Change(date(2026, 6, 21), D(1000), D(3)),
    ]
    cut = segments(changes, JUNE, "JPY")
    assert [(part.begin.day, part.days) for part in cut] == [(1, 10), (11, 10), (21, 10)]
    assert [(part.quantity, part.amount) for part in cut] == [figures("2 667"), figures("2 0"), figures("3 1000")]


def test_the_ends_of_a_cut_period_may_be_charged_in_full() -> None:
    changes = [Change(date(2026, 6, 11), D(3000), D(1)), Change(date(2026, 6, 21), D(6000), D(1))]
    cut = segments(changes, JUNE, "JPY", end=date(2026, 6, 26), how=FULL_MONTH)
    assert [part.amount for part in cut] == [2000, 2000]


@given(st.lists(st.integers(-5, 40), max_size=6), st.integers(0, 40))
def test_segments_of_one_price_are_the_price(offsets: list[int], last: int) -> None:
    changes = [Change(date.fromordinal(JUNE.begin.toordinal() + ahead), D(900), D(1)) for ahead in offsets]
    end = date.fromordinal(JUNE.begin.toordinal() + last)
    cut = segments(changes, JUNE, "JPY", end=end)
    served = JUNE.clip(min(change.day for change in changes), end) if changes else None
    assert [part.amount for part in cut] == ([D(30) * served.days] if served else [])


def test_a_change_in_advance_is_credited_and_charged_from_its_day() -> None:
    assert changed_in_advance((D(1000), D(1)), (D(2000), D(1)), date(2026, 6, 21), JUNE, "JPY") == figures("-333 667")


def test_months_in_advance_with_lead_in_and_cut_end() -> None:
    assert billed_months(date(2026, 1, 10), None, date(2026, 2, 14), 15) == D("1.161290323")
    assert billed_months(date(2026, 1, 10), None, date(2026, 2, 15), 15) == D("2.161290323")
    assert billed_months(date(2026, 1, 10), date(2026, 1, 12), date(2025, 1, 1), 15) == D("0.064516129")
    assert billed_months(date(2026, 1, 31), date(2026, 3, 10), date(2026, 12, 1), 31) == D("1.322580645")
    assert billed_months(date(2026, 2, 1), None, date(2026, 2, 1), 31) == D("0.870967742")
    assert billed_months(date(2026, 2, 1), date(2026, 2, 1), date(2027, 1, 1), 1) == 0


def test_an_anchor_is_clamped_month_by_month() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2026, 2, 28), 1, 31) == date(2026, 3, 31)
    assert add_months(date(2026, 1, 15), -13) == date(2024, 12, 15)


@pytest.mark.parametrize(
    ("closing", "rule", "due"),
    [
        (date(2026, 1, 31), DueRule(), date(2026, 2, 28)),
        (date(2026, 6, 20), DueRule(months=0), date(2026, 6, 30)),
        (date(2026, 12, 31), DueRule(months=2, day=10), date(2027, 2, 10)),
        (date(2026, 1, 31), DueRule(months=1, day=30), date(2026, 2, 28)),
        (date(2026, 6, 30), DueRule(net_days=30), date(2026, 7, 30)),
        (date(2026, 6, 30), DueRule(net_days=0), date(2026, 6, 30)),
    ],
)
def test_due_dates(closing: date, rule: DueRule, due: date) -> None:
    assert due_date(closing, rule) == due


@pytest.mark.parametrize(("shift", "due"), [("next", date(2026, 6, 2)), ("previous", date(2026, 5, 29))])
def test_a_due_date_leaves_weekends_and_holidays_even_into_another_month(shift: Shift, due: date) -> None:
    rule = DueRule(months=0, shift=shift)
    assert due_date(date(2026, 5, 10), rule, {date(2026, 6, 1)}) == due


@given(days, st.integers(0, 12), st.integers(1, 31))
def test_shifting_by_a_like_year_changes_nothing(start: date, ahead: int, anchor: int) -> None:
    """The Gregorian calendar repeats after 400 years, to the weekday."""
    later = start.replace(year=start.year + 400)
    target, end = add_months(start, ahead), add_months(start, 7)
    assert billed_months(start, end, target, anchor) == billed_months(
        later, end.replace(year=end.year + 400), target.replace(year=target.year + 400), anchor
    )
    due = due_date(start, DueRule(ahead, anchor, shift="next"))
    assert due_date(later, DueRule(ahead, anchor, shift="next")) == due.replace(year=due.year + 400)
