"""What the editor refuses before a calendar is saved."""

from datetime import date

import pytest

from sla.rules.calendar import Calendar, faults, span

NONE = ((),) * 6


def test_an_end_before_its_begin_and_an_end_after_midnight_lie_on_the_next_date() -> None:
    assert span("22:00", "02:00") == span("22:00", "26:00") == (22 * 3_600, 26 * 3_600)
    assert span("00:00", "24:00") == (0, 24 * 3_600)


@pytest.mark.parametrize(
    ("begin", "end"), [("09:00", "09:00"), ("24:00", "25:00"), ("9", "10"), ("09:60", "10:00"), ("09:00", "48:01")]
)
def test_a_span_without_sense_is_refused(begin: str, end: str) -> None:
    with pytest.raises(ValueError, match=r"span|time of day"):
        span(begin, end)


def test_spans_that_overlap_are_named_and_touching_ones_pass() -> None:
    touching = (span("09:00", "12:00"), span("12:00", "18:00"))
    assert faults(Calendar("Asia/Tokyo", (touching, *NONE))) == []
    assert faults(Calendar("Asia/Tokyo", ((*touching, span("17:00", "19:00")), *NONE))) == ["mon: spans overlap"]
    sunday = date(2026, 6, 7)
    special = Calendar(
        "Asia/Tokyo", (touching, *NONE), special={sunday: (span("09:00", "12:00"), span("11:00", "13:00"))}
    )
    assert faults(special) == ["2026-06-07: spans overlap"]


def test_a_night_that_reaches_into_the_next_mornings_hours_is_named() -> None:
    night, morning = (span("22:00", "06:00"),), (span("05:00", "09:00"),)
    assert faults(Calendar("UTC", (night, morning, *NONE[1:]))) == ["mon runs into the next day"]
    assert faults(Calendar("UTC", (morning, *NONE[1:], night))) == ["sun runs into the next day"]


def test_a_calendar_that_never_opens_and_an_unknown_zone_are_named() -> None:
    assert faults(Calendar("Asia/Edo")) == ["unknown time zone 'Asia/Edo'", "the calendar never opens"]
