"""What may be said of a broken promise, and when silence answers."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from sla.rules.disputes import CLIENT, DESK, Pace, month_back, months_between, other_side

DAYS = st.integers(1, 60)
MONTHS = st.dates(date(2000, 1, 1), date(2090, 1, 1)).map(lambda day: day.replace(day=1))


def test_each_side_is_answered_by_the_other() -> None:
    assert (other_side(CLIENT), other_side(DESK)) == (DESK, CLIENT)


@given(DAYS, DAYS, st.integers(0, 2**33))
def test_a_later_pace_never_closes_or_lapses_sooner(sooner: int, later: int, at: int) -> None:
    first, second = (Pace(days, days) for days in sorted((sooner, later)))
    assert at < first.closes(at) <= second.closes(at)
    assert at < first.deadline(at) <= second.deadline(at)


@given(MONTHS, st.integers(0, 300))
def test_months_lie_side_by_side(last: date, count: int) -> None:
    months = months_between(month_back(last, count), last)
    assert len(months) == count + 1
    assert [month_back(month, -1) for month in months[:-1]] == months[1:]
    assert all(month.day == 1 for month in months)
