"""Laws of work under the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing.rules.stopwatch import LONG, Stopwatch, offered_minutes, whole_minutes

NINE = datetime(2026, 6, 1, 0, 0, tzinfo=UTC)
lengths = st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 20_000)), max_size=8)


@given(lengths)
def test_it_counts_what_ran_and_nothing_else(turns: list[tuple[int, int]]) -> None:
    watch, now = Stopwatch(), NINE
    for run, rest in turns:
        watch = watch.run(now).pause(now + timedelta(seconds=run))
        now += timedelta(seconds=run + rest)
    assert watch.counted(now) == sum(run for run, _ in turns)


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_a_pause_of_no_length_changes_nothing(before: int, after: int) -> None:
    between = NINE + timedelta(seconds=before)
    end = between + timedelta(seconds=after)
    assert Stopwatch().run(NINE).pause(between).run(between).counted(end) == Stopwatch().run(NINE).counted(end)


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_its_zero_is_where_a_clock_that_never_paused_began(seconds: int, ran: int) -> None:
    now = NINE + timedelta(seconds=ran)
    watch = Stopwatch(seconds, NINE)
    assert Stopwatch(0, watch.zero(now)).counted(now) == watch.counted(now)


@given(st.integers(0, 7200))
def test_two_hours_are_long_however_often_it_paused(seconds: int) -> None:
    watch = Stopwatch(seconds, NINE)
    at = watch.long_at()
    assert at is not None
    assert watch.counted(at) == LONG // timedelta(seconds=1)


def test_one_that_rests_is_never_long_and_a_clock_set_back_takes_nothing_away() -> None:
    assert Stopwatch(90_000).long_at() is None
    assert Stopwatch(60, NINE).counted(NINE - timedelta(hours=1)) == 60
    assert Stopwatch(0, NINE).run(NINE + timedelta(hours=1)).running_since == NINE


@given(st.integers(1, 90_000), st.sampled_from([None, 0, 1, 5, 6, 10, 15, 30, 60]), st.sampled_from([None, 0, 15, 60]))
def test_what_is_offered_holds_the_work_and_keeps_to_the_step(
    seconds: int, step: int | None, least: int | None
) -> None:
    offered = offered_minutes(seconds, step, least)
    assert offered % (step or 1) == 0
    assert max(whole_minutes(seconds), least or 0) <= offered < max(whole_minutes(seconds), least or 0) + (step or 1)


def test_nothing_worked_is_nothing_offered() -> None:
    assert offered_minutes(0, 15, 60) == 0
