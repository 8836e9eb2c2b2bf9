"""Hours, dates, lengths and terms as people type them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from marshmallow import ValidationError

from sla.schemas import CalendarSchema, VersionSchema, local_instant
from sla.schemas.spans import read_length, read_spans


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("9:00-12:00, 13:00-18:00", [["09:00", "12:00"], ["13:00", "18:00"]]),
        ("９：００〜１２：００　１３～１８", [["09:00", "12:00"], ["13:00", "18:00"]]),
        ("22:00-6:00", [["22:00", "06:00"]]),
        ("18-26", [["18:00", "02:00"]]),
        ("0-24", [["00:00", "24:00"]]),
        ("休み", []),
        ("", []),
    ],
)
def test_hours_are_read_as_they_are_written_here(typed: str, read: list[list[str]]) -> None:
    assert read_spans(typed) == read


@pytest.mark.parametrize("typed", ["9", "9-9", "25-26", "9:61-10", "nine-ten", "9-50"])
def test_hours_that_mean_nothing_are_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        read_spans(typed)


@pytest.mark.parametrize(
    ("typed", "minutes"), [("30m", 30), ("4h", 240), ("1h30", 90), ("1:30", 90), ("2時間", 120), ("45", 45), ("", None)]
)
def test_lengths_are_read_in_minutes(typed: str, minutes: int | None) -> None:
    assert read_length(typed) == minutes


@pytest.mark.parametrize("typed", ["0", "0h", "-5", "4d", "soon"])
def test_a_length_of_nothing_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        read_length(typed)


def test_an_instant_is_read_on_the_wall_clock_of_the_zone() -> None:
    assert local_instant("2026-06-01T09:00", "Asia/Tokyo") == datetime(2026, 6, 1, tzinfo=UTC)
    assert local_instant("", "Asia/Tokyo") is None


def test_holidays_of_years_that_were_not_shown_stay_as_they_were() -> None:
    before = {"holidays_from": "JP", "holidays": ["2026-01-01", "2027-01-01"]}
    form = {"name": "x", "zone": "Asia/Tokyo", "mon": "9-18", "holiday_set": "JP"}
    read = CalendarSchema(before).load(form | {"shown": ["2026-01-01", "2026-01-12"], "used": ["2026-01-12"]})
    assert read["hours"]["holidays"] == ["2026-01-12", "2027-01-01"]


def test_what_a_form_of_terms_does_not_show_stays() -> None:
    step = {"metric": "resolution", "step": "75%", "tell": ["agent:7"], "via": ["mail"], "act": ["raise"]}
    before = {"escalations": [step], "internal": {"tier": 1}}
    form = {
        "calendar": "1",
        "P1_resolution": "4h",
        "step_0_metric": "resolution",
        "step_0_at": "75",
        "step_0_tell": ["lead"],
    }
    terms = VersionSchema("Asia/Tokyo", before).load(form)["terms"]
    assert terms["internal"] == {"tier": 1}
    assert terms["escalations"] == [step | {"tell": ["lead", "agent:7"]}]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"goal_resolution": "101"}, "goal_resolution"),
        ({"credit_0_below": "95"}, "credit_0_below"),
        ({"step_0_at": "soon", "step_0_metric": "resolution"}, "step_0_at"),
        ({"step_0_at": "75%"}, "step_0_at"),
        ({"calendar": ""}, "calendar"),
        ({"P1_resolution": ""}, "P1_first_response"),
        ({"reopen_days": "many"}, "reopen_days"),
        ({"since": "tomorrow"}, "since"),
    ],
)
def test_terms_nobody_could_keep_are_refused_at_their_field(typed: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        VersionSchema("Asia/Tokyo").load({"calendar": "1", "P1_resolution": "4h"} | typed)
    assert field in refused.value.messages_dict
