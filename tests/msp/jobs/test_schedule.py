"""Schedules come at local times, once each, also after the clock was away."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from msp import timetable
from msp.schedules import Missed, Schedule, due_times, next_due
from tenants.isolation import acting_as
from tenants.work import ScheduleRun, Work
from tests.cast import Cast

TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")
NIGHTLY = Schedule("nightly", "upkeep.x", at=time(2, 30), missed=Missed.EACH)
MONTHLY = Schedule("monthly", "upkeep.x", at=time(0, 0), day=1, missed=Missed.EACH)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_daily_time_is_the_tenants_own() -> None:
    assert due_times(NIGHTLY, NOON, NOON + timedelta(days=1), TOKYO) == [datetime(2026, 6, 1, 17, 30, tzinfo=UTC)]


def test_three_missed_days_come_one_by_one() -> None:
    assert len(due_times(NIGHTLY, NOON, NOON + timedelta(days=3), TOKYO)) == 3


@pytest.mark.parametrize(("missed", "count"), [(Missed.EACH, 3), (Missed.LATEST, 1), (Missed.SKIP, 0)])
def test_what_was_missed_follows_the_policy(missed: Missed, count: int) -> None:
    schedule = Schedule("x", "upkeep.x", at=time(2, 30), missed=missed)
    assert len(due_times(schedule, NOON, NOON + timedelta(days=3), TOKYO)) == count


def test_a_month_end_missed_is_caught_up() -> None:
    assert due_times(MONTHLY, datetime(2026, 5, 30, tzinfo=UTC), NOON, TOKYO) == [datetime(2026, 5, 31, 15, tzinfo=UTC)]


def test_an_hour_that_comes_twice_is_due_once_and_one_that_is_missing_is_not_forgotten() -> None:
    autumn = due_times(NIGHTLY, datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC), BERLIN)
    spring = due_times(NIGHTLY, datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 12, tzinfo=UTC), BERLIN)
    assert autumn == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]
    assert spring == [datetime(2026, 3, 29, 1, 30, tzinfo=UTC)]


@given(st.lists(st.integers(1, 200_000), min_size=1, max_size=6))
def test_many_short_looks_find_what_one_long_look_finds(steps: list[int]) -> None:
    found, at = [], NOON
    for step in steps:
        found += due_times(NIGHTLY, at, at + timedelta(seconds=step), BERLIN)
        at += timedelta(seconds=step)
    assert found == due_times(NIGHTLY, NOON, at, BERLIN)


def test_the_next_due_time_lies_ahead() -> None:
    assert next_due(MONTHLY, NOON, TOKYO) == datetime(2026, 6, 30, 15, tzinfo=UTC)


def test_two_clocks_leave_each_due_time_once(session: Session, cast: Cast) -> None:
    assert timetable.tick(cast.every, NOON) > 0
    assert timetable.tick(cast.every, NOON) == 0
    with acting_as(cast.sweep()):
        runs = session.scalar(select(func.count()).select_from(ScheduleRun))
        left = session.scalar(select(func.count()).select_from(Work).where(Work.made_at == NOON))
    assert runs == left
