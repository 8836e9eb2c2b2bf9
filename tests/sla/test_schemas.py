"""Hours, dates, lengths and terms as people type them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import ValidationError

from sla.schemas import CalendarSchema, VersionSchema, local_instant, steps
from sla.schemas.spans import read_length, read_spans

PLAIN = {"calendar": "1", "P1_resolution": "4h"}
LADDER = PLAIN | {"step_0_metric": "resolution", "step_0_at": "75", "step_0_tell": ["lead"]}


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
    shown = LADDER | {"step_0_via": ["mail"], "step_0_act": ["raise"]}
    terms = VersionSchema("Asia/Tokyo", before).load(shown)["terms"]
    assert terms["internal"] == {"tier": 1}
    assert terms["escalations"] == [step | {"tell": ["lead", "agent:7"]}]


def test_a_ladder_is_typed_with_its_ways_its_acts_and_who_hears_then() -> None:
    rungs = {"step_0_via": ["in_app", "webhook"], "step_0_act": ["raise", "call_lead"], "step_0_ack": "15"}
    then = {"step_0_then_0_tell": ["roster:3"], "step_0_then_0_via": ["mail"], "step_0_then_0_ack": "30"}
    last = {"step_0_then_1_tell": ["client_admin"], "step_0_then_1_urgent": "1"}
    (step,) = VersionSchema("Asia/Tokyo").load(LADDER | rungs | then | last)["terms"]["escalations"]
    assert step == {
        "metric": "resolution",
        "step": "75%",
        "tell": ["lead"],
        "via": ["in_app", "webhook"],
        "act": ["raise", "call_lead"],
        "ack_minutes": 15,
        "then": [
            {"tell": ["roster:3"], "via": ["mail"], "ack_minutes": 30},
            {"tell": ["client_admin"], "urgent": True},
        ],
    }
    again = VersionSchema("Asia/Tokyo").load(LADDER | _typed([step]))
    assert again["terms"]["escalations"] == [step]


def test_a_chain_longer_than_its_fields_keeps_its_end() -> None:
    chain = [{"tell": [f"roster:{n}"], "ack_minutes": 5} for n in range(5)]
    ladder = [{"metric": "resolution", "step": "75%", "ack_minutes": 5, "then": chain}]
    terms = VersionSchema("Asia/Tokyo", {"escalations": ladder}).load(LADDER | _typed(ladder))["terms"]
    assert terms["escalations"][0]["then"] == chain


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"step_0_then_0_tell": ["lead"]}, "step_0_ack"),
        ({"step_0_ack": "5", "step_0_then_0_via": ["mail"]}, "step_0_then_0_tell"),
        ({"step_0_ack": "5", "step_0_then_0_tell": ["lead"], "step_0_then_1_tell": ["lead"]}, "step_0_then_0_ack"),
        ({"step_0_via": ["pigeon"]}, "step_0_via"),
        ({"step_0_act": ["close"]}, "step_0_act"),
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
        VersionSchema("Asia/Tokyo").load((LADDER if "step_0_at" not in typed else PLAIN) | typed)
    assert field in refused.value.messages_dict


def _typed(ladder: list[dict[str, Any]]) -> dict[str, Any]:
    """As a form sends it."""
    return {name: value if isinstance(value, list) else str(value) for name, value in steps.typed(ladder).items()}
