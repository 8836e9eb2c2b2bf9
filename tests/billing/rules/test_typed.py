"""Time as people type it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.typed import Typed, latest, on_day, read


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("25", 25), ("２５", 25), ("0:25", 25), ("1:05", 65), ("1h", 60), ("1h20", 80), ("1 h 20 min", 80), ("1.5h", 90),
     ("1時間20分", 80), ("45分", 45), ("24:00", 1440), ("0", 0)],
)  # fmt: skip
def test_lengths(text: str, minutes: int) -> None:
    assert read(text) == Typed(minutes)


@pytest.mark.parametrize(
    "text", ["10:05-10:30", "１０：０５～１０：３０", "1005–1030", "10:05 〜 10:30", "10時05分ー10時30分"]
)
def test_spans(text: str) -> None:
    assert read(text) == Typed(0, time(10, 5), time(10, 30))


@pytest.mark.parametrize("text", ["", "ten", "25:01", "1441", "10:05-", "24:00-25:00", "10:65", "-5", "1.555h", "1;30"])
def test_what_is_no_time(text: str) -> None:
    assert read(text) is None


@given(st.integers(0, 1440))
def test_minutes_and_clock_lengths_say_the_same(minutes: int) -> None:
    assert read(str(minutes)) == read(f"{minutes // 60}:{minutes % 60:02}") == Typed(minutes)


@given(st.times(), st.times(), st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_latest_span_has_begun_less_than_a_day_ago(begin: time, end: time, at: datetime) -> None:
    typed = Typed(0, begin.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0))
    first, last = latest(typed, at, "Asia/Tokyo")
    assert timedelta() <= at - first < timedelta(days=1)
    assert timedelta() < last - first <= timedelta(days=1)


def test_a_night_ends_on_the_next_day() -> None:
    span = read("23:30-0:15")
    assert span is not None
    first, last = on_day(span, date(2026, 6, 1), "Asia/Tokyo")
    assert (first, last - first) == (datetime(2026, 6, 1, 14, 30, tzinfo=UTC), timedelta(minutes=45))
