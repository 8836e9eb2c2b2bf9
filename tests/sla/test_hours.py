"""Open time in the zones and on the days where counting it goes wrong."""

from datetime import date
from typing import Any

import pytest

from sla.evaluate import answer
from sla.rules.calendar import Calendar, span
from sla.rules.hours import Hours
from sla.rules.reading import instant

EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NINE_TO_FIVE = {day: [["09:00", "17:00"]] for day in EVERY_DAY[:5]}


def ask(zone: str, op: str, start: str, spans: list[list[str]] | None = None, **more: Any) -> Any:
    weekly = NINE_TO_FIVE if spans is None else dict.fromkeys(EVERY_DAY, spans)
    said = answer({"tz": zone, "weekly": weekly, "op": op, "start": start} | more)
    return said.get("answer", said.get("error"))


def hours_open(zone: str, spans: list[list[str]], start: str, end: str) -> Any:
    return ask(zone, "elapsed", start, spans, end=end) / 3_600


def test_a_weekend_costs_nothing() -> None:
    friday = "2026-06-05T07:00:00Z"
    assert ask("Asia/Tokyo", "add", friday, minutes=120) == "2026-06-08T01:00:00Z"


def test_a_budget_that_ends_at_closing_time_is_due_at_closing_time() -> None:
    friday = "2026-06-05T07:00:00Z"
    assert ask("Asia/Tokyo", "add", friday, minutes=60) == "2026-06-05T08:00:00Z"
    assert ask("Asia/Tokyo", "add", friday, minutes=60, side="late") == "2026-06-08T00:00:00Z"


def test_nothing_to_add_is_now_and_late_is_the_next_opening() -> None:
    saturday = "2026-06-06T03:00:00Z"
    assert ask("Asia/Tokyo", "add", saturday, minutes=0) == saturday
    assert ask("Asia/Tokyo", "add", saturday, minutes=0, side="late") == "2026-06-08T00:00:00Z"
    assert ask("Asia/Tokyo", "sub", saturday, minutes=0) == saturday
    assert ask("Asia/Tokyo", "sub", saturday, minutes=0, side="far") == "2026-06-05T08:00:00Z"


def test_subtracting_goes_back_over_the_night() -> None:
    tuesday = "2026-06-02T01:00:00Z"
    assert ask("Asia/Tokyo", "sub", tuesday, minutes=60) == "2026-06-02T00:00:00Z"
    assert ask("Asia/Tokyo", "sub", tuesday, minutes=60, side="far") == "2026-06-01T08:00:00Z"
    assert ask("Asia/Tokyo", "sub", tuesday, minutes=90) == "2026-06-01T07:30:00Z"


def test_the_hour_that_does_not_exist_is_not_open() -> None:
    day = ("2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z")
    assert hours_open("Europe/Berlin", [["02:00", "03:00"]], *day) == 0
    assert hours_open("Europe/Berlin", [["02:00", "02:30"]], *day) == 0
    assert hours_open("Europe/Berlin", [["02:30", "04:00"]], *day) == 1
    assert hours_open("Europe/Berlin", [["01:00", "02:30"]], *day) == 1


def test_of_the_hour_that_comes_twice_the_first_reading_counts() -> None:
    night = ("2026-10-24T22:00:00Z", "2026-10-25T12:00:00Z")
    assert hours_open("Europe/Berlin", [["02:00", "03:00"]], *night) == 2
    assert hours_open("Europe/Berlin", [["02:30", "03:00"]], *night) == 1.5
    assert hours_open("Europe/Berlin", [["01:00", "02:30"]], *night) == 1.5
    assert ask("Europe/Berlin", "add", night[0], [["02:30", "03:00"]], minutes=0, side="late") == "2026-10-25T00:30:00Z"


def test_a_day_of_a_clock_change_has_its_real_length() -> None:
    all_day = [["00:00", "24:00"]]
    assert hours_open("America/New_York", all_day, "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z") == 23
    assert hours_open("America/New_York", [["00:00", "06:00"]], "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z") == 7
    assert (
        hours_open("Australia/Lord_Howe", [["00:00", "06:00"]], "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z") == 6.5
    )
    assert hours_open("Europe/Dublin", [["00:00", "06:00"]], "2026-10-24T23:00:00Z", "2026-10-25T23:00:00Z") == 7


def test_a_zone_off_by_a_quarter_of_an_hour() -> None:
    assert ask("Asia/Kathmandu", "add", "2026-06-01T00:00:00Z", minutes=1) == "2026-06-01T03:16:00Z"


def test_morocco_turns_its_clocks_back_for_ramadan() -> None:
    assert hours_open("Africa/Casablanca", [["00:00", "06:00"]], "2026-02-14T23:00:00Z", "2026-02-15T23:00:00Z") == 7


def test_a_date_the_zone_skipped_is_never_open() -> None:
    assert ask("Pacific/Apia", "elapsed", "2011-12-29T10:00:00Z", end="2011-12-31T10:00:00Z") == 8 * 3_600
    assert ask("Pacific/Apia", "eod", "2011-12-29T20:00:00Z", days=1) == "2012-01-02T03:00:00Z"


@pytest.mark.parametrize("spans", [[["22:00", "02:00"]], [["22:00", "26:00"]]])
def test_a_night_shift_belongs_to_the_date_it_starts_on(spans: list[list[str]]) -> None:
    holiday: dict[str, Any] = {"holidays": ["2026-06-02"]}
    start = "2026-06-02T00:00:00Z"
    assert ask("UTC", "elapsed", start, spans, end="2026-06-03T00:00:00Z", **holiday) == 2 * 3_600
    assert ask("UTC", "elapsed", start, spans, end="2026-06-03T03:00:00Z", **holiday) == 2 * 3_600
    assert ask("UTC", "eod", "2026-06-01T05:00:00Z", spans, days=1) == "2026-06-03T02:00:00Z"


def test_a_special_day_opens_a_holiday_and_an_empty_one_closes() -> None:
    days: dict[str, Any] = {
        "holidays": ["2026-06-02"],
        "special": {"2026-06-02": [["10:00", "11:00"]], "2026-06-03": []},
    }
    week = ("2026-06-01T00:00:00Z", "2026-06-06T00:00:00Z")
    assert ask("UTC", "elapsed", week[0], end=week[1], **days) == (3 * 8 + 1) * 3_600
    assert ask("UTC", "eod", "2026-06-01T12:00:00Z", days=1, **days) == "2026-06-02T11:00:00Z"
    assert ask("UTC", "eod", "2026-06-01T12:00:00Z", days=2, **days) == "2026-06-04T17:00:00Z"


def test_spans_that_overlap_count_once_and_touching_ones_are_one() -> None:
    spans = [["13:00", "18:00"], ["09:00", "13:00"], ["10:00", "14:00"], ["17:00", "17:30"]]
    assert hours_open("UTC", spans, "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z") == 9


def test_the_end_of_a_day_that_is_not_open_has_no_answer() -> None:
    assert ask("UTC", "eod", "2026-06-06T12:00:00Z", days=0) is None
    assert ask("UTC", "eod", "2026-06-05T20:00:00Z", days=0) == "2026-06-05T17:00:00Z"


def test_a_minute_past_midnight_that_comes_twice_is_still_the_new_date() -> None:
    sunday_read_twice = "2010-11-07T02:45:00Z"
    assert ask("America/St_Johns", "eod", sunday_read_twice, [["09:00", "17:00"]], days=1) == "2010-11-08T20:30:00Z"


def test_a_calendar_that_never_opens_answers_at_once() -> None:
    start = "2026-06-01T00:00:00Z"
    assert ask("UTC", "elapsed", start, [], end="2036-06-01T00:00:00Z") == 0
    assert ask("UTC", "add", start, [], minutes=0) == start
    assert ask("UTC", "sub", start, [], minutes=0) == start
    for op, side in (("add", "early"), ("add", "late"), ("sub", "near"), ("sub", "far")):
        assert ask("UTC", op, start, [], minutes=1, side=side) is None
    assert ask("UTC", "eod", start, [], days=1) is None


def test_a_calendar_that_does_not_open_again_has_no_later() -> None:
    once: dict[str, Any] = {"special": {"2026-06-02": [["10:00", "12:00"]]}}
    start = "2026-06-01T00:00:00Z"
    assert ask("UTC", "add", start, [], minutes=120, **once) == "2026-06-02T12:00:00Z"
    assert ask("UTC", "add", start, [], minutes=120, side="late", **once) is None
    assert ask("UTC", "add", start, [], minutes=121, **once) is None
    assert ask("UTC", "elapsed", start, [], end="2099-06-01T00:00:00Z", **once) == 2 * 3_600
    assert ask("UTC", "sub", "2099-01-01T00:00:00Z", [], minutes=120, **once) == "2026-06-02T10:00:00Z"
    assert ask("UTC", "sub", "2099-01-01T00:00:00Z", [], minutes=120, side="far", **once) is None


def test_a_year_is_compiled_once_whatever_is_asked_of_it() -> None:
    asked: list[int] = []

    def holiday_set(year: int) -> frozenset[date]:
        asked.append(year)
        return frozenset()

    hours = Hours(Calendar("Asia/Tokyo", ((span("09:00", "18:00"),),) * 7, holiday_set=holiday_set))
    begin, end = instant("1990-01-01T00:00:00Z"), instant("2030-01-01T00:00:00Z")
    total = hours.elapsed(begin, end)
    compiled = len(asked)
    assert hours.add(begin, total) == instant("2029-12-31T09:00:00Z")
    assert hours.sub(end, total) == begin
    assert hours.elapsed(begin, end) == total == 14_610 * 9 * 3_600
    assert len(asked) == compiled


def test_what_lies_beyond_the_last_year_is_known_at_once() -> None:
    asked: set[int] = set()

    def holiday_set(year: int) -> frozenset[date]:
        asked.add(year)
        return frozenset()

    hours = Hours(Calendar("Asia/Tokyo", ((span("09:00", "18:00"),),) * 7, holiday_set=holiday_set))
    at, ages = instant("2026-06-01T00:00:00Z"), 200 * 366 * 86_400
    assert [ask(at, ages) for ask in (hours.add, hours.add_late, hours.sub, hours.sub_far)] == [None] * 4
    assert hours.end_of_day(at, 200 * 366) is None
    assert asked <= {2025, 2026}


def test_the_last_year_is_still_reached() -> None:
    hours = Hours(Calendar("UTC", ((span("00:00", "24:00"),),) * 7))
    last, first = instant("2199-12-31T23:59:59Z"), instant("1900-01-01T00:00:00Z")
    at = instant("2026-06-01T00:00:00Z")
    assert (hours.add(at, last - at), hours.add_late(at, last - at)) == (last, last)
    assert (hours.sub(at, at - first), hours.sub_far(at, at - first - 1)) == (first, first + 1)
    assert hours.end_of_day(at, (last - at) // 86_400) == last + 1


def test_decades_count_like_days() -> None:
    assert (
        ask("UTC", "elapsed", "1990-01-01T00:00:00Z", [["00:00", "24:00"]], end="2090-01-01T00:00:00Z")
        == 36_525 * 86_400
    )
    assert (
        ask("UTC", "add", "2026-01-01T00:00:00Z", [["00:00", "24:00"]], minutes=1_440 * 36_525)
        == "2126-01-02T00:00:00Z"
    )
