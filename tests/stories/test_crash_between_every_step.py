"""The same day on a machine that dies before and after every commit and every mail: nothing is lost, nothing twice."""

from __future__ import annotations

from tests.stories.day import Desk, expected, live, outcome, pdf_of


def test_a_day_full_of_crashes_ends_as_one_without(desk: Desk) -> None:
    acme = desk.cast.acme
    desk.mortal = True
    live(desk, acme)
    assert desk.fate.deaths > 70
    assert outcome(desk, acme) == expected(acme)
    assert pdf_of(desk, acme).startswith(b"%PDF-")
