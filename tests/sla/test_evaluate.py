"""Cases in, one JSON object a line out; what cannot be read is said and the others go on."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.evaluate import answer, evaluate
from tests.sla.facts import CALENDARS, PLAIN, agent, case, created

HOLIDAYS = {"id": "h", "op": "holidays", "country": "JP", "year": 2026}
ADD = {
    "id": "a",
    "op": "add",
    "tz": "Asia/Tokyo",
    "weekly": {"mon": [["09:00", "18:00"]]},
    "start": "2026-06-01T00:00:00Z",
}
WRITTEN = st.sampled_from(
    ["2026-06-01T00:00:00Z", "JP", "09:00", "P1", "std", "office", "carry", "sla", "50%", "agent"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | WRITTEN,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WRITTEN, inner, max_size=2),
    max_leaves=4,
)


def lines(facts: Any) -> list[Any]:
    return [json.loads(line) for line in evaluate(json.dumps(facts))]


def test_one_case_or_many_are_answered_in_order() -> None:
    assert lines(ADD | {"minutes": 60}) == [{"id": "a", "answer": "2026-06-01T01:00:00Z"}]
    assert [said["id"] for said in lines({"vectors": [HOLIDAYS, ADD | {"seconds": 1}]})] == ["h", "a"]


def test_japans_holidays_of_a_year_are_listed() -> None:
    assert lines(HOLIDAYS)[0]["answer"][:2] == ["2026-01-01", "2026-01-12"]


def test_a_part_of_a_minute_counts_if_it_is_whole_seconds() -> None:
    assert lines(ADD | {"minutes": 0.5})[0]["answer"] == "2026-06-01T00:00:30Z"
    assert "no whole number of seconds" in lines(ADD | {"minutes": 0.001})[0]["error"]


def test_an_instant_may_come_with_an_offset_and_is_answered_in_utc() -> None:
    assert lines(ADD | {"start": "2026-06-01T09:00:00+09:00", "minutes": 60})[0]["answer"] == "2026-06-01T01:00:00Z"


def test_a_ticket_is_told_by_metric_with_its_escalations() -> None:
    terms = PLAIN | {"escalations": [{"metric": "first_response", "step": "50%"}]}
    said = lines(case(created(), agent("00:20"), now="01:00", terms=terms) | {"id": 9, "unknown": [1]})[0]
    assert list(said) == ["id", "first_response", "next_response", "resolution", "escalations"]
    assert said["escalations"] == [["2026-06-01T00:15:00Z", "first_response", "50%"]]
    assert list(said["resolution"]) == ["status", "due", "elapsed", "breached", "breached_at", "cycles"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"op": "guess"}, "is none of"),
        ({"tz": "Mars/Base"}, "unknown time zone"),
        ({"minutes": -1}, "not negative"),
        ({"minutes": None}, "minutes is missing"),
        ({"minutes": True}, "minutes: True is no number"),
        ({"minutes": "60"}, "minutes: '60' is no number"),
        ({"minutes": 10**20}, "no whole number of seconds"),
        ({"minutes": float("nan")}, "no whole number of seconds"),
        ({"op": "eod", "days": 1.5}, "days: 1.5 is no whole number"),
        ({"op": None}, "op is missing"),
        ({"side": "far"}, "is none of early, late"),
        ({"start": "2026-06-01T00:00:00"}, "with its offset"),
        ({"start": "yesterday"}, "not an instant"),
        ({"start": "1066-10-14T09:00:00Z"}, "outside the years"),
        ({"weekly": {"mon": [["09:00", "09:00"]]}}, "has no length"),
        ({"weekly": {"mon": [["09:00"]]}}, "not a span"),
        ({"weekly": []}, "not an object"),
        ({"special": {"2026-6-1": []}}, "not a date"),
        ({"holidays": "2026-06-01"}, "not a list"),
        ({"holiday_set": "XX"}, "unknown holiday set"),
    ],
)
def test_a_calendar_case_that_cannot_be_read_says_why(wrong: dict[str, Any], said: str) -> None:
    refused, fine = lines({"vectors": [ADD | {"minutes": 1} | wrong, HOLIDAYS]})
    assert said in refused["error"]
    assert set(refused) == {"id", "error"}
    assert "answer" in fine


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"events": []}, "created once"),
        ({"events": [created(), created()]}, "created once"),
        ({"events": [created(by="nobody")]}, "who created it"),
        ({"events": [created(), {"at": "2026-06-01T00:00:00Z", "type": "prayer"}]}, "an event's type"),
        ({"events": [created(), {"at": "2026-06-01T00:00:00Z", "type": "status", "to": "lost"}]}, "a status"),
        ({"events": [created(), {"at": "2026-06-01T00:00:00Z", "type": "terms", "to": "other"}]}, "terms"),
        ({"start_terms": "other"}, "start_terms"),
        ({"now": None}, "an instant is missing"),
        ({"terms": {"std": PLAIN | {"calendar": None}}}, "no calendar"),
        ({"terms": {"std": PLAIN | {"calendar": "other"}}}, "no calendar is called"),
        ({"terms": {"std": PLAIN | {"targets": {"P1": {"resolution": 0}}}}}, "must be positive"),
        ({"terms": {"std": PLAIN | {"pause_on": {"resolution": ["lunch"]}}}}, "a status: 'lunch' is none of"),
        ({"terms": {"std": PLAIN | {"on_reopen": "forget"}}}, "'forget' is none of"),
        ({"terms": {"std": PLAIN | {"escalations": [{"metric": "mood", "step": "50%"}]}}}, "'mood' is none of"),
        ({"terms": {"std": PLAIN | {"escalations": [{"metric": "resolution", "step": "soon"}]}}}, "not a step"),
    ],
)
def test_a_ticket_case_that_cannot_be_read_says_why(wrong: dict[str, Any], said: str) -> None:
    assert said in answer(case(created(), now="01:00") | wrong)["error"]


@pytest.mark.parametrize("country_and_year", [{"year": None}, {"year": 0}, {"year": 10_000}, {"country": 5}])
def test_a_country_and_a_year_are_needed_for_holidays(country_and_year: dict[str, Any]) -> None:
    refused, fine = lines({"vectors": [HOLIDAYS | country_and_year, HOLIDAYS]})
    assert refused["error"].startswith(("a year", "a country"))
    assert "answer" in fine


@pytest.mark.parametrize("number", ["1e9999999", "1e99999999999999999999", "9" * 5_000, "-Infinity", "NaN"])
def test_a_number_nothing_can_hold_is_the_trouble_of_its_own_case(number: str) -> None:
    refused = json.dumps(ADD | {"minutes": 0}).replace(": 0}", f": {number}}}")
    said = [json.loads(line) for line in evaluate(f'{{"vectors": [{refused}, {json.dumps(HOLIDAYS)}]}}')]
    assert "no whole number of seconds" in said[0]["error"]
    assert "answer" in said[1]


@pytest.mark.parametrize("name", [7, 1.5, "四", None, [1, {"a": 2.25}]])
def test_a_case_is_answered_under_the_name_it_came_with(name: Any) -> None:
    assert lines(HOLIDAYS | {"id": name})[0]["id"] == name


def test_a_byte_order_mark_is_no_part_of_a_file() -> None:
    (said,) = evaluate("\ufeff" + json.dumps(HOLIDAYS))
    assert "answer" in json.loads(said)


def test_keys_that_mean_nothing_there_are_ignored() -> None:
    story = [created() | {"auto": "by mail", "to": 5}, agent("00:20") | {"by": 7, "mode": []}]
    assert answer(case(*story, now="01:00")) == answer(case(created(), agent("00:20"), now="01:00"))


@pytest.mark.parametrize("text", ["", "{", "nonsense", '{"op": +}', "[" * 100_000])
def test_what_is_no_json_is_one_error(text: str) -> None:
    said = [json.loads(line) for line in evaluate(text)]
    assert [(line["id"], line["error"][:8]) for line in said] == [(None, "not JSON")]


@given(
    st.lists(
        st.tuples(st.sampled_from([*ADD, *case(now="00:00"), "end", "days", "year", "country"]), ANYTHING), max_size=4
    )
)
def test_whatever_stands_in_a_case_it_is_answered(wrong: list[tuple[str, Any]]) -> None:
    for facts in (ADD | {"minutes": 1}, HOLIDAYS, case(created(), now="01:00")):
        (said,) = lines({"vectors": [facts | dict(wrong)]})
        assert "id" in said


@given(ANYTHING)
@settings(deadline=None)
def test_whatever_stands_in_terms_or_events_it_is_answered(wrong: Any) -> None:
    for facts in (
        case(created(), now="01:00", terms=PLAIN | {"targets": wrong}),
        case(created(), now="01:00", terms=PLAIN | {"pause_on": wrong, "escalations": [wrong]}),
        case(created(), {"at": "2026-06-01T00:00:00Z", "type": wrong, "to": wrong}, now="01:00"),
        case(created(), now="01:00") | {"calendars": CALENDARS | {"office": wrong}},
    ):
        assert "id" in lines(facts)[0]
