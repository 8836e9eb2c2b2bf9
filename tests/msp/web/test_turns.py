"""When a clock stood still and ran again, whatever changed between."""

from __future__ import annotations

import pytest

from msp.web.turns import turns_in
from sla.evaluate import ticket
from sla.rules.clock import fold
from sla.rules.reading import instant
from tests.sla.facts import PLAIN, at, case, created, status, turn

PAUSING = PLAIN | {"pause_on": {"resolution": ["pending_client"]}}


@pytest.mark.parametrize("mode", ["carry", "improve", "recount", "restart"])
def test_a_wait_before_other_terms_stays_in_the_story(mode: str) -> None:
    story = (created(), status("01:00", "pending_client"), status("02:00", "open"), turn("03:00", "other", mode))
    (cycle,) = fold(*ticket(case(*story, now="04:00", terms=PAUSING, other=PAUSING))).clocks["resolution"].cycles
    assert list(turns_in(cycle)) == [
        (instant(at("01:00")), True, "pending_client"),
        (instant(at("02:00")), False, "open"),
    ]


@pytest.mark.parametrize("mode", ["carry", "improve", "recount", "restart"])
def test_a_wait_over_a_change_of_terms_is_one(mode: str) -> None:
    story = (created(), status("01:00", "pending_client"), turn("02:00", "other", mode), status("03:00", "open"))
    (cycle,) = fold(*ticket(case(*story, now="04:00", terms=PAUSING, other=PAUSING))).clocks["resolution"].cycles
    assert list(turns_in(cycle)) == [
        (instant(at("01:00")), True, "pending_client"),
        (instant(at("03:00")), False, "open"),
    ]
