"""Registration numbers as people type them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.registration import Registration, Verdict, check_digit, printed, registration


@pytest.mark.parametrize(
    ("typed", "number", "verdict"),
    [
        ("T7000012050002", "T7000012050002", "ok"),
        (" t7-0000-1205-0002 ", "T7000012050002", "ok"),
        ("Ｔ７０００ー０１２０ー５０００２", "T7000012050002", "ok"),
        ("T7000−0120–5000‐2", "T7000012050002", "ok"),
        ("T7000ｰ0120\u30005000\u200b2", "T7000012050002", "ok"),
        ("T8000012050002", "T8000012050002", "checksum"),
        ("T0000012050002", "T0000012050002", "checksum"),
        ("7000012050002", "7000012050002", "format"),
        ("T700001205000", "T700001205000", "format"),
        ("T70000120500022", "T70000120500022", "format"),
        ("T٧000012050002", "T٧000012050002", "format"),
        ("", "", "format"),
    ],
)
def test_a_number_is_cleaned_and_judged(typed: str, number: str, verdict: Verdict) -> None:
    assert registration(typed) == Registration(number, verdict)


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 11), st.integers(1, 8))
def test_one_mistyped_digit_is_noticed_unless_nine_stands_for_nought(twelve: str, place: int, by: int) -> None:
    number = f"{check_digit(twelve)}{twelve}"
    assert registration("T" + number).verdict == "ok"
    wrong = (int(twelve[place]) + by) % 10
    mistyped = twelve[:place] + str(wrong) + twelve[place + 1 :]
    if (wrong - int(twelve[place])) % 9:
        assert registration(f"T{check_digit(twelve)}{mistyped}").verdict == "checksum"


def test_a_number_is_printed_from_its_effective_day() -> None:
    assert printed("T1", date(2023, 10, 1), date(2023, 9, 30)) is None
    assert printed("T1", date(2023, 10, 1), date(2023, 10, 1)) == "T1"
