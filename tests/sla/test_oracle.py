"""The engine against its oracles; `python -m tests.sla.compare 20000` is the same at full size."""

import pytest

from tests.sla import speed
from tests.sla.compare import compare


def test_random_calendars_and_tickets_come_out_as_walked_by_hand() -> None:
    assert compare(150, seed=20_260_601) == []


@pytest.mark.parametrize("days", [1, 3, 40])
def test_whom_the_bench_sets_beside_the_engine_counts_the_same(days: int) -> None:
    span = speed.START + 25_200, speed.START + 25_200 + days * speed.DAY
    assert speed.stepped(*span) == speed.measured(*span) == speed.office().elapsed(*span)
