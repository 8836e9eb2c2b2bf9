"""A chip says how much working time is left and how much it matters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp.web.standing import Standings, state_of
from sla import holidays
from sla.actions import copy_holidays
from sla.rules import reading
from sla.rules.hours import Hours
from tests.cast import MONDAY_9
from tests.promises import OFFICE

OPEN = Hours(reading.calendar(copy_holidays(OFFICE), holidays.dates))
HOUR = 3600


@pytest.mark.parametrize(
    ("left", "target", "state"),
    [
        (-1, 8 * HOUR, "breach"),
        (2 * HOUR - 1, 8 * HOUR, "risk"),
        (2 * HOUR, 8 * HOUR, "track"),
        (HOUR - 1, 2 * HOUR, "risk"),
        (HOUR, 2 * HOUR, "track"),
        (900, 1800, "track"),
        (899, 1800, "risk"),
        (HOUR - 1, None, "risk"),
    ],
)
def test_at_risk_below_a_quarter_or_an_hour_but_never_above_half(left: int, target: int | None, state: str) -> None:
    assert state_of(left, target) == state


def test_lunch_and_night_are_no_time() -> None:
    friday_17 = datetime(2026, 6, 5, 8, 0, tzinfo=UTC)
    monday_14 = datetime(2026, 6, 8, 5, 0, tzinfo=UTC)
    standing = Standings(friday_17, "ja").running(monday_14, 5 * HOUR, OPEN)
    assert (standing.left, standing.words) == (5 * HOUR, "残り 5時間")
    assert standing.closes == friday_17 + timedelta(hours=1)
    assert standing.opens == datetime(2026, 6, 8, 0, 0, tzinfo=UTC)


def test_outside_service_time_the_chip_waits_for_the_next_opening() -> None:
    sunday = MONDAY_9 - timedelta(hours=20)
    standing = Standings(sunday, "en").running(MONDAY_9 + timedelta(hours=2), 4 * HOUR, OPEN)
    assert (standing.words, standing.opens) == ("2 h left", MONDAY_9)


@given(st.integers(-(10**6), 10**6), st.integers(0, 10**6))
def test_time_left_and_time_over_are_one_scale(due: int, later: int) -> None:
    at = MONDAY_9 + timedelta(seconds=due)
    first = Standings(MONDAY_9, "ja").running(at, None, OPEN)
    second = Standings(MONDAY_9 + timedelta(seconds=later), "ja").running(at, None, OPEN)
    assert first.left is not None
    assert second.left is not None
    begin = int(MONDAY_9.timestamp())
    assert first.left - second.left == OPEN.elapsed(begin, begin + later)
