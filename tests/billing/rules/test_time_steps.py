"""Rounding of spans and scopes, and what the time costs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.timesheet.charge import TimeQuantity, charge, time_quantity
from billing.rules.timesheet.steps import SpanMode, SpanRule, TimeRule, round_scope, round_span, to_step

D = Decimal
TOKYO, KOLKATA = ZoneInfo("Asia/Tokyo"), ZoneInfo("Asia/Kolkata")


def minutes(parts: list[int], rule: TimeRule) -> list[int]:
    return [int(seconds) // 60 for seconds in round_scope([part * 60 for part in parts], rule)]


def test_a_ticket_is_rounded_as_one_and_given_back() -> None:
    assert minutes([10, 10, 12], TimeRule(step=15)) == [14, 14, 17]


def test_the_minimum_comes_before_the_step() -> None:
    assert minutes([5], TimeRule(step=15, minimum=20)) == [30]
    assert minutes([5, 5], TimeRule(minimum=30)) == [15, 15]


def test_nothing_worked_is_nothing_charged_even_with_a_minimum() -> None:
    assert minutes([0, 0], TimeRule(step=15, minimum=30)) == [0, 0]
    assert minutes([10, -15], TimeRule(step=15, minimum=30)) == [0, 0]


def test_a_correction_inside_a_scope_keeps_the_sum() -> None:
    assert sum(minutes([60, -20], TimeRule(step=15))) == 45


def test_without_a_step_the_seconds_stay() -> None:
    assert round_scope([61, 62], TimeRule(minimum=2)) == (61, 62)
    assert round_scope([90, 90], TimeRule()) == (90, 90)
    assert round_scope([90, 90], TimeRule(minimum=2)) == (120, 60)


def test_a_tie_goes_up_or_by_choice_down() -> None:
    assert to_step(450, 900, "nearest") == 900
    assert to_step(450, 900, "nearest", "down") == 0
    assert (to_step(901, 900, "up"), to_step(899, 900, "down")) == (1800, 0)


@given(
    st.lists(st.integers(1, 20000), min_size=1, max_size=6),
    st.sampled_from([1, 5, 6, 10, 15, 30, 60]),
    st.integers(0, 60),
)
def test_a_rounded_scope_is_whole_steps_and_keeps_its_sum(seconds: list[int], step: int, minimum: int) -> None:
    shares = round_scope(seconds, TimeRule(step=step, minimum=minimum))
    whole = sum(int(share) for share in shares)
    assert whole % (step * 60) == 0
    assert whole >= max(sum(seconds), minimum * 60)
    assert all(int(share) % 60 == 0 for share in shares)


@pytest.mark.parametrize(
    ("mode", "begin", "end", "seconds"),
    [
        ("outward", "09:00", "10:15", 4500),
        ("up", "09:15", "10:15", 3600),
        ("down", "09:00", "10:00", 3600),
        ("nearest", "09:00", "10:15", 4500),
    ],
)
def test_a_span_is_rounded_at_both_ends(mode: SpanMode, begin: str, end: str, seconds: int) -> None:
    worked = (datetime(2026, 6, 1, 9, 7, tzinfo=TOKYO), datetime(2026, 6, 1, 10, 8, tzinfo=TOKYO))
    span = round_span(*worked, SpanRule(15, 15, 0, mode))
    assert (f"{span.begin:%H:%M}", f"{span.end:%H:%M}", span.seconds) == (begin, end, seconds)


def test_the_length_of_a_span_has_its_own_step() -> None:
    worked = (datetime(2026, 6, 1, 9, 0, tzinfo=TOKYO), datetime(2026, 6, 1, 9, 40, tzinfo=TOKYO))
    assert round_span(*worked, SpanRule(0, 0, 30)).seconds == 3600


def test_a_span_that_closes_up_is_nothing() -> None:
    worked = (datetime(2026, 6, 1, 9, 1, tzinfo=TOKYO), datetime(2026, 6, 1, 9, 10, tzinfo=TOKYO))
    assert round_span(*worked, SpanRule(15, 0, 0, "up")).seconds == 0


def test_steps_are_counted_on_the_clock_on_the_wall() -> None:
    worked = datetime(2026, 6, 1, 9, 10, tzinfo=KOLKATA)
    span = round_span(worked, worked + timedelta(minutes=20), SpanRule(60, 60))
    assert (f"{span.begin:%H:%M}", f"{span.end:%H:%M}") == ("09:00", "10:00")


def test_a_span_over_a_clock_change_is_as_long_as_it_was() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = (datetime(2026, 3, 29, 1, 5, tzinfo=berlin), datetime(2026, 3, 29, 3, 5, tzinfo=berlin))
    assert round_span(*night, SpanRule(15, 15)).seconds == 75 * 60
    assert round_span(night[0].astimezone(UTC), night[1].astimezone(UTC), SpanRule(15, 15)).seconds == 75 * 60


def test_time_is_charged_with_one_rounding() -> None:
    assert charge(95 * 60, D(8000), "JPY") == 12667
    assert charge(95 * 60, D(8000), "JPY", multiplier=D("1.25")) == 15833
    assert charge(100, D("99.99"), "EUR", "down") == D("2.77")


def test_decimal_hours_are_rounded_first_when_asked() -> None:
    assert charge(20 * 60, D(8000), "JPY", hour_places=2) == 2640
    assert time_quantity(20 * 60, 2) == TimeQuantity(D("0.33"), D(1), "HUR")


def test_a_line_shows_minutes_or_seconds_that_multiply_to_its_amount() -> None:
    assert time_quantity(5700) == TimeQuantity(D(95), D(60), "MIN")
    assert time_quantity(61) == TimeQuantity(D("61.0000"), D(3600), "SEC")
