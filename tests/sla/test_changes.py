"""What becomes of a running promise when priority or terms change under it."""

from typing import Any

import pytest

from tests.sla.facts import PLAIN, agent, at, client, created, priority, status, told, turn

LONG = PLAIN | {"targets": {"P1": {"first_response": 60, "resolution": 480}}}
SHORT = PLAIN | {"targets": {"P1": {"first_response": 10, "resolution": 60}}}
PAUSING = {"pause_on": {"resolution": ["pending_client"]}}


def resolution(*events: dict[str, Any], now: str, **terms: Any) -> dict[str, Any]:
    told_of: dict[str, Any] = told(*events, now=now, **terms)["resolution"]
    assert len(told_of["cycles"]) == 1
    return told_of


def test_carry_keeps_the_minutes_and_takes_the_new_target() -> None:
    said = resolution(created(), priority("02:00", "P2", "carry"), now="03:00")
    assert (said["elapsed"], said["due"], said["breached"]) == (3 * 3_600, at("08:00"), False)


def test_carry_to_a_target_already_used_up_breaks_at_the_change_and_was_due_before_it() -> None:
    said = resolution(created(), turn("02:00", "short", "carry"), now="03:00", short=SHORT)
    assert (said["due"], said["breached_at"]) == (at("01:00"), at("02:00"))


def test_carry_counts_the_time_before_by_the_calendar_before() -> None:
    office = PLAIN | {"calendar": "office"}
    said = resolution(created("08:00"), turn("10:00", "office", "carry"), now="2026-06-02T00:30:00Z", office=office)
    assert (said["elapsed"], said["due"]) == (2 * 3_600 + 1_800, at("02:00", "2026-06-02"))


def test_carry_reaches_a_paused_clock_too() -> None:
    story = (created(), status("02:00", "pending_client"), turn("02:30", "short", "carry"))
    said = resolution(*story, now="03:00", terms=PLAIN | PAUSING, short=SHORT | PAUSING)
    assert (said["status"], said["due"], said["breached_at"]) == ("paused", None, at("02:30"))
    woken = resolution(*story, now="03:00", terms=PLAIN | PAUSING, short=SHORT)
    assert (woken["status"], woken["elapsed"]) == ("running", 9_000)


def test_restart_counts_from_the_change_but_stays_the_same_cycle() -> None:
    said = resolution(created(), priority("02:00", "P2", "restart"), now="03:00")
    assert (said["elapsed"], said["due"], said["cycles"][0]["start"]) == (3_600, at("10:00"), at("00:00"))


def test_improve_binds_to_the_earlier_due_and_reports_the_newest_time() -> None:
    earlier = resolution(created(), turn("01:00", "short", "improve"), now="01:30", short=SHORT)
    assert (earlier["elapsed"], earlier["due"]) == (1_800, at("02:00"))
    later = resolution(created(), turn("01:00", "long", "improve"), now="01:30", long=LONG)
    assert (later["elapsed"], later["due"]) == (1_800, at("04:00"))


def test_improve_breaks_with_either() -> None:
    new = resolution(created(), turn("01:00", "short", "improve"), now="02:30", short=SHORT)
    old = resolution(created(), turn("01:00", "long", "improve"), now="04:30", long=LONG)
    assert (new["breached_at"], old["breached_at"]) == (at("02:00"), at("04:00"))


def test_improve_is_paused_only_when_all_are() -> None:
    story = (created(), turn("01:00", "long", "improve"), status("02:00", "pending_client"))
    half = resolution(*story, now="03:00", terms=PLAIN | PAUSING, long=LONG)
    assert (half["status"], half["due"]) == ("running", at("09:00"))
    both = resolution(*story, now="03:00", terms=PLAIN | PAUSING, long=LONG | PAUSING)
    assert (both["status"], both["due"]) == ("paused", None)


def test_carry_after_improve_goes_on_with_the_newest_alone() -> None:
    story = (created(), turn("01:00", "long", "improve"), turn("03:00", "std", "carry"))
    said = resolution(*story, now="04:30", long=LONG)
    assert (said["elapsed"], said["due"], said["breached"]) == (12_600, at("05:00"), False)


def test_pinned_keeps_what_runs_and_new_cycles_take_the_new() -> None:
    other = PLAIN | {"targets": {"P1": {"next_response": 15, "resolution": 60}}}
    story = (created(), agent("00:10"), turn("00:20", "other", "pinned"), client("00:30"))
    said = told(*story, now="00:40", other=other)
    assert said["resolution"]["due"] == at("04:00")
    assert said["next_response"]["due"] == at("00:45")


def test_a_change_takes_what_is_in_force_whatever_was_pinned_before() -> None:
    story = (
        created(),
        turn("00:20", "long", "pinned"),
        priority("00:30", "P2", "pinned"),
        priority("00:40", "P1", "carry"),
    )
    assert resolution(*story, now="01:00", long=LONG)["due"] == at("08:00")


def test_recount_measures_all_again_by_the_statuses_as_they_were() -> None:
    story = (created(), status("01:00", "pending_client"), client("02:00"), turn("03:00", "pausing", "recount"))
    said = resolution(*story, now="03:30", pausing=PLAIN | PAUSING)
    assert (said["elapsed"], said["due"]) == (9_000, at("05:00"))


def test_recount_leaves_out_resolved_time() -> None:
    story = (created(), status("01:00", "resolved"), status("02:00", "open"), turn("03:00", "long", "recount"))
    assert resolution(*story, now="03:00", long=LONG)["elapsed"] == 2 * 3_600


def test_a_breach_by_recount_is_dated_at_the_change() -> None:
    said = resolution(created(), turn("03:00", "short", "recount"), now="03:30", short=SHORT)
    assert (said["breached_at"], said["due"]) == (at("03:00"), at("01:00"))


@pytest.mark.parametrize("mode", ["carry", "restart", "improve", "pinned", "recount"])
def test_no_change_takes_a_breach_back(mode: str) -> None:
    said = resolution(created(), turn("05:00", "long", mode), now="05:30", long=LONG)
    assert said["breached_at"] == at("04:00")


@pytest.mark.parametrize(
    ("mode", "state"),
    [
        ("carry", "cancelled"),
        ("restart", "cancelled"),
        ("recount", "cancelled"),
        ("improve", "running"),
        ("pinned", "running"),
    ],
)
def test_a_change_that_takes_the_target_away(mode: str, state: str) -> None:
    said = told(created(), priority("00:10", "P2", mode), now="00:20")["first_response"]
    assert said["status"] == state


def test_a_target_that_comes_with_a_change_starts_nothing_by_itself() -> None:
    said = told(created(priority="P2"), priority("00:10", "P1", "carry"), now="00:20")
    assert said["first_response"]["status"] == "none"


def test_a_promise_that_was_taken_away_does_not_come_back_with_a_reopening() -> None:
    none = PLAIN | {"targets": {}}
    story = (created(), turn("00:10", "none", "carry"), status("01:00", "resolved"), status("02:00", "open"))
    assert resolution(*story, now="03:00", none=none)["status"] == "cancelled"


def test_the_same_priority_again_is_nothing() -> None:
    assert resolution(created(), priority("02:00", "P1", "restart"), now="03:00")["elapsed"] == 3 * 3_600


def test_stopped_cycles_are_left_alone() -> None:
    story = (created(), status("01:00", "resolved"), turn("02:00", "short", "carry"))
    assert resolution(*story, now="03:00", short=SHORT)["breached"] is False
    resumed = resolution(*story, status("03:00", "open"), now="03:00", short=SHORT)
    assert resumed["due"] == at("06:00")


def test_the_terms_in_force_say_how_priorities_change_and_tickets_reopen() -> None:
    strict = LONG | {"on_reopen": "restart", "on_priority_change": "restart"}
    story = (created(), turn("00:10", "strict", "pinned"), status("01:00", "resolved"), status("02:00", "open"))
    assert len(told(*story, now="03:00", strict=strict)["resolution"]["cycles"]) == 2
    targets = {"P1": {"resolution": 240}, "P2": {"resolution": 480}}
    change = {"at": at("01:00"), "type": "priority", "to": "P2"}
    said = resolution(
        created(), turn("00:10", "strict", "pinned"), change, now="02:00", strict=strict | {"targets": targets}
    )
    assert said["elapsed"] == 3_600
