"""The timer's module in a real browser: what it offers and how it counts agree with the server."""

from __future__ import annotations

import pytest

from billing.rules.stopwatch import offered_minutes
from tests.msp.web.style_guide import Desk

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("minutes", "step", "least"), [(22, 15, 30), (31, 15, 30), (1, 0, 0), (61, 60, 60), (0, 15, 30)]
)
def test_the_page_offers_what_the_server_would(modules: Desk, minutes: int, step: int, least: int) -> None:
    assert modules.asks("timer", "m.offered(...given)", minutes, step, least) == offered_minutes(
        minutes * 60, step, least
    )


def test_a_chip_goes_on_from_what_the_server_counted(modules: Desk) -> None:
    given = {"dataset": {"seconds": "5400", "running": ""}, "readAt": 0}
    assert modules.asks("timer", "m.clock(Math.floor(m.counted(...given) / 60))", given, 600_000) == "1:40"
    rests = {"dataset": {"seconds": "5400"}, "readAt": 0}
    assert modules.asks("timer", "m.counted(...given)", rests, 600_000) == 5400
