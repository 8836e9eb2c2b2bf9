"""Cases worked by hand from the text, each where two of its rules meet, asked as a file asks them."""

import json
from typing import Any

import pytest

from sla.evaluate import evaluate
from tests.sla.facts import CALENDARS, PLAIN, agent, at, case, client, created, priority, status, turn

LORD_HOWE = {"tz": "Australia/Lord_Howe"}
SANTIAGO = {"tz": "America/Santiago"}
NIGHTS = {day: [["22:00", "06:00"]] for day in ("sun", "mon", "tue")}
LATE = {"tz": "UTC", "weekly": {"mon": [["20:00", "24:00"]], "tue": [["00:00", "04:00"]]}}
WAITING = {"first_response": ["pending_client"], "resolution": ["pending_client"]}


def asked(facts: dict[str, Any]) -> dict[str, Any]:
    (line,) = evaluate(json.dumps(facts))
    said: dict[str, Any] = json.loads(line)
    return said


def resolution(*events: dict[str, Any], now: str, **more: Any) -> dict[str, Any]:
    said: dict[str, Any] = asked(case(*events, now=now, **more))["resolution"]
    return said


@pytest.mark.parametrize(
    ("calendar", "spans", "op", "said"),
    [
        # At 2 the clock goes back to half past one: the wall reads 01:45 first at 14:45Z and 02:15 at 15:45Z.
        (LORD_HOWE, ["01:45", "02:15"], ("elapsed", "2026-04-04T14:00:00Z", "2026-04-04T17:00:00Z"), 3_600),
        (LORD_HOWE, ["01:45", "02:15"], ("add", "2026-04-04T14:00:00Z", 45), "2026-04-04T15:30:00Z"),
        (LORD_HOWE, ["01:45", "02:15"], ("late", "2026-04-04T14:00:00Z", 60), "2026-04-11T15:15:00Z"),
        (LORD_HOWE, ["01:45", "02:15"], ("eod", "2026-04-04T12:59:59Z", 1), "2026-04-04T15:45:00Z"),
        (LORD_HOWE, ["01:45", "02:15"], ("eod", "2026-04-04T13:00:00Z", 1), "2026-04-11T15:45:00Z"),
        # At 2 it goes on to half past two: 02:15 is the jump itself, at 15:30Z.
        (LORD_HOWE, ["02:15", "02:45"], ("elapsed", "2026-10-03T15:00:00Z", "2026-10-03T17:00:00Z"), 900),
        (LORD_HOWE, ["02:15", "02:45"], ("far", "2026-10-03T15:40:00Z", 600), "2026-09-26T16:15:00Z"),
        # The midnight that does not exist: Sunday begins at 01:00, which is 04:00Z.
        (SANTIAGO, ["00:00", "02:00"], ("elapsed", "2026-09-06T02:00:00Z", "2026-09-06T12:00:00Z"), 3_600),
        (SANTIAGO, ["00:00", "02:00"], ("late", "2026-09-05T12:00:00Z", 0), "2026-09-06T04:00:00Z"),
    ],
)
def test_sundays_on_which_the_clock_changes(
    calendar: dict[str, Any], spans: list[str], op: tuple[str, str, Any], said: object
) -> None:
    name, start, other = op
    op_and_side = {"late": {"op": "add", "side": "late"}, "far": {"op": "sub", "side": "far"}}.get(name, {"op": name})
    key = {"elapsed": "end", "eod": "days", "far": "seconds"}.get(name, "minutes")
    assert asked(calendar | {"weekly": {"sun": [spans]}, "start": start, key: other} | op_and_side)["answer"] == said


def test_the_last_hour_of_a_day_that_comes_twice_is_open_twice() -> None:
    saturday = SANTIAGO | {"weekly": {"sat": [["22:00", "24:00"]]}, "op": "elapsed"}
    assert asked(saturday | {"start": "2026-04-04T20:00:00Z", "end": "2026-04-05T12:00:00Z"})["answer"] == 3 * 3_600


def test_respect_for_the_aged_citizens_day_and_equinox_in_a_row_leave_the_tail_of_sundays_night() -> None:
    nights = {"tz": "Asia/Tokyo", "weekly": NIGHTS, "holiday_set": "JP"}
    span = {"start": "2026-09-20T12:00:00Z", "end": "2026-09-24T12:00:00Z"}
    assert asked(nights | span | {"op": "elapsed"})["answer"] == 8 * 3_600
    assert asked(nights | {"op": "eod", "start": "2026-09-20T00:00:00Z", "days": 1})["answer"] == "2026-09-27T21:00:00Z"
    opened = nights | {"special": {"2026-09-22": [["18:00", "26:00"]]}}
    assert asked(opened | span | {"op": "elapsed"})["answer"] == 16 * 3_600
    assert asked(opened | {"op": "eod", "start": "2026-09-20T00:00:00Z", "days": 1})["answer"] == "2026-09-22T17:00:00Z"


def test_hours_that_touch_at_midnight_are_one_span_of_two_dates() -> None:
    ten = {"start": "2026-06-02T10:00:00Z", "minutes": 480}
    assert asked(LATE | ten | {"op": "sub"})["answer"] == "2026-06-01T20:00:00Z"
    assert asked(LATE | ten | {"op": "sub", "side": "far"})["answer"] == "2026-05-26T04:00:00Z"
    assert asked(LATE | {"op": "eod", "start": "2026-05-31T10:00:00Z", "days": 1})["answer"] == "2026-06-02T00:00:00Z"


def test_waiting_may_begin_before_the_first_response_and_end_it_is_not() -> None:
    story = (created(), status("00:10", "pending_client"), client("00:30"), agent("00:40"))
    said = asked(case(*story, now="01:00", terms=PLAIN | {"pause_on": WAITING}))
    assert said["first_response"]["cycles"] == [
        {"start": at("00:00"), "stop": at("00:40"), "elapsed": 1_200, "breached": False}
    ]
    assert said["next_response"]["status"] == "none"
    assert said["resolution"]["due"] == at("04:20")


@pytest.mark.parametrize(
    ("now", "state", "due", "breached_at"),
    [
        (at("01:45"), "paused", None, None),
        (at("02:00"), "running", at("01:00"), None),
        ("2026-06-01T02:00:01Z", "running", at("01:00"), at("02:00")),
    ],
)
def test_a_priority_that_uses_up_a_paused_clock_to_the_second_breaks_it_when_it_wakes(
    now: str, state: str, due: str | None, breached_at: str | None
) -> None:
    terms = PLAIN | {
        "targets": {"P1": {"resolution": 240}, "P2": {"resolution": 60}},
        "pause_on": WAITING,
        "escalations": [{"metric": "resolution", "step": "100%"}],
    }
    story = (created(), status("01:00", "pending_client"), priority("01:30", "P2", "carry"), client("02:00"))
    said = asked(case(*story, now=now, terms=terms))
    told = said["resolution"]
    assert (told["status"], told["due"], told["breached_at"], told["elapsed"] // 60) == (state, due, breached_at, 60)
    assert said["escalations"] == ([[at("02:00"), "resolution", "100%"]] if state == "running" else [])


def test_a_version_without_the_pause_that_starts_inside_it_wakes_the_clock() -> None:
    story = (created(), status("01:00", "pending_client"), turn("02:00", "strict", "carry"), client("03:00"))
    said = resolution(*story, now="03:30", terms=PLAIN | {"pause_on": WAITING}, strict=PLAIN)
    assert (said["elapsed"], said["due"]) == (9_000, at("05:00"))
    explained = case(*story, now="03:30", terms=PLAIN | {"pause_on": WAITING}, strict=PLAIN) | {"explain": True}
    trace = asked(explained)["resolution"]["trace"]
    assert [(part["from"], part["kind"], part["why"], part["terms"]) for part in trace] == [
        (at("00:00"), "running", "open", "std"),
        (at("01:00"), "paused", "pending_client", "std"),
        (at("02:00"), "running", "pending_client", "strict"),
        (at("03:00"), "running", "open", "strict"),
    ]
    assert trace[-1]["to"] == at("03:30")


def test_a_calendar_that_changes_in_the_night_counts_each_part_by_its_own() -> None:
    always = PLAIN | {"calendar": "always"}
    facts = case(
        created("08:00"),
        turn("10:00", "round", "carry"),
        now="11:00",
        terms=PLAIN | {"calendar": "office"},
        round=always,
    )
    said = asked(facts | {"explain": True})["resolution"]
    assert (said["elapsed"], said["due"]) == (2 * 3_600, at("13:00"))
    assert [(part["from"], part["kind"], part["calendar"]) for part in said["trace"]] == [
        (at("08:00"), "running", "office"),
        (at("09:00"), "closed", "office"),
        (at("10:00"), "running", "always"),
    ]


@pytest.mark.parametrize(
    ("first", "then", "due"),
    [
        (priority("01:00", "P2", "pinned"), turn("01:00", "long", "carry"), at("16:00")),
        (turn("01:00", "long", "carry"), priority("01:00", "P2", "pinned"), at("08:00")),
    ],
)
def test_of_two_changes_at_one_instant_the_second_finds_what_the_first_left(
    first: dict[str, Any], then: dict[str, Any], due: str
) -> None:
    long = PLAIN | {"targets": {"P1": {"resolution": 480}, "P2": {"resolution": 960}}}
    assert resolution(created(), first, then, now="02:00", long=long)["due"] == due


def test_an_answer_at_the_instant_of_the_question_is_a_cycle_without_length() -> None:
    story = (created(), agent("00:05"), client("00:10"), agent("00:10"), client("00:10"))
    said = asked(case(*story, now="00:20"))["next_response"]
    assert [(cycle["start"], cycle["stop"], cycle["elapsed"]) for cycle in said["cycles"]] == [
        (at("00:10"), at("00:10"), 0),
        (at("00:10"), None, 600),
    ]


def test_a_restart_at_the_due_instant_comes_in_time() -> None:
    terms = PLAIN | {"escalations": [{"metric": "resolution", "step": "100%"}]}
    said = asked(case(created(), priority("04:00", "P2", "restart"), now="05:00", terms=terms))
    assert (said["resolution"]["breached"], said["resolution"]["due"]) == (False, at("12:00"))
    assert said["escalations"] == []


@pytest.mark.parametrize("mode", ["carry", "improve", "pinned", "recount"])
def test_a_change_at_the_due_instant_to_the_same_terms_comes_too_late_a_second_after(mode: str) -> None:
    story = (created(), turn("04:00", "std", mode))
    assert resolution(*story, now="04:00")["breached"] is False
    assert resolution(*story, now="2026-06-01T04:00:01Z")["breached_at"] == at("04:00")


def test_a_target_longer_than_all_open_time_is_never_due_but_its_steps_are() -> None:
    once = {"once": {"tz": "UTC", "special": {"2026-06-01": [["10:00", "12:00"]]}}}
    terms = PLAIN | {"calendar": "once", "escalations": [{"metric": "resolution", "step": s} for s in ("50%", "75%")]}
    said = asked(case(created(), now="2031-06-01T00:00:00Z", terms=terms) | {"calendars": CALENDARS | once})
    assert (said["resolution"]["status"], said["resolution"]["due"]) == ("running", None)
    assert (said["resolution"]["elapsed"], said["resolution"]["breached"]) == (7_200, False)
    assert said["escalations"] == [[at("12:00"), "resolution", "50%"]]


def test_what_was_recorded_before_the_ticket_happens_at_its_creation_in_its_order() -> None:
    waits, asks, answers = status("07:00", "pending_client"), client("07:30"), agent("07:45")
    said = asked(case(answers, asks, waits, created("08:00"), now="09:00", terms=PLAIN | {"pause_on": WAITING}))
    assert said["first_response"]["cycles"][0] == {
        "start": at("08:00"), "stop": at("08:00"), "elapsed": 0, "breached": False
    }  # fmt: skip
    assert (said["next_response"]["status"], said["resolution"]["due"]) == ("none", at("12:00"))
    answered_first = asked(case(client("07:50"), answers, created("08:00"), now="09:00"))["next_response"]
    assert answered_first["cycles"][0]["start"] == at("08:00")


@pytest.mark.parametrize(
    ("end", "breached_at"), [(at("04:00"), None), ("2026-06-01T04:00:01Z", at("04:00"))]
)  # fmt: skip
def test_two_obligations_used_up_at_noon_break_together_at_one(end: str, breached_at: str | None) -> None:
    slow = PLAIN | {"calendar": "office", "targets": {"P1": {"resolution": 180}}}
    fast = slow | {"targets": {"P1": {"resolution": 60}}}
    story = (created(), turn("02:00", "fast", "improve"), {"at": end, "type": "status", "to": "closed"})
    said = resolution(*story, now="09:00", terms=slow, fast=fast)
    assert (said["breached_at"], said["elapsed"] // 60, said["status"]) == (breached_at, 60, "stopped")


def test_before_its_creation_a_ticket_has_no_clock() -> None:
    said = asked(case(created("01:00", by="agent"), agent("00:10"), now="00:59"))
    nothing: dict[str, Any] = {
        "status": "none",
        "due": None,
        "elapsed": 0,
        "breached": False,
        "breached_at": None,
        "cycles": [],
    }
    assert said == {"id": None} | dict.fromkeys(("first_response", "next_response", "resolution"), nothing) | {
        "escalations": []
    }
