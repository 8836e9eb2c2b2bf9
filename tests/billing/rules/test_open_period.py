"""Whatever day the closing day moves to, issued periods lie end to end: no day twice, none never."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from billing.rules.periods import Period, open_period

closing_days = st.none() | st.integers(1, 31)


@given(st.lists(closing_days, min_size=1, max_size=8), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_periods_lie_end_to_end_through_any_closing_days(closings: list[int | None], day: date) -> None:
    issued: list[Period] = []
    for closing in closings:
        issued.append(open_period(day, issued, closing))
    assert all(before.end == after.begin for before, after in pairwise(issued))
    assert all(0 < period.days <= 31 for period in issued)


@given(closing_days, closing_days, st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400))
def test_a_day_between_issued_periods_keeps_within_the_gap(
    closing: int | None, other: int | None, day: date, later: int
) -> None:
    first = open_period(day, (), closing)
    second = open_period(first.end + timedelta(days=later), [first], closing)
    gap = open_period(first.end, [first, second], other)
    assert gap.begin >= first.end
    assert gap.end <= second.begin or gap.begin >= second.end
