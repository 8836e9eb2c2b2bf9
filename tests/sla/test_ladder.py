"""Steps fire once, at their true instants; notices go up the ladder and keep quiet hours."""

from typing import Any

import pytest

from sla.rules import reading
from sla.rules.calendar import Calendar, span
from sla.rules.hours import Hours
from sla.rules.ladder import Rung, calls, rungs, threshold, told_at
from tests.sla.facts import PLAIN, agent, client, created, epoch, priority, status, told, turn

MINUTE = 60


def ladder(*steps: str, metric: str = "resolution", **more: Any) -> dict[str, Any]:
    return PLAIN | {"escalations": [{"metric": metric, "step": step} for step in steps]} | more


def fired(*events: dict[str, Any], now: str, terms: dict[str, Any], **others: Any) -> list[list[str]]:
    escalations = told(*events, now=now, terms=terms, **others)["escalations"]
    return [[instant[8:16], step] for instant, _, step in escalations]


@pytest.mark.parametrize(
    ("step", "target", "seconds"),
    [("50%", 3_600, 1_800), ("33%", 100, 33), ("33%", 101, 34), ("12.5%", 8, 1), ("150%", 60, 90),
     ("-15m", 3_600, 2_700), ("+30m", 3_600, 5_400), ("-2h", 3_600, 0), ("+45s", 60, 105)],
)  # fmt: skip
def test_a_step_lies_at_a_share_of_the_target_or_around_it(step: str, target: int, seconds: int) -> None:
    assert threshold(step, target) == seconds


@pytest.mark.parametrize("step", ["half", "50", "15m", "-5%", "+m", "５０%"])
def test_a_step_that_cannot_be_read_is_refused(step: str) -> None:
    with pytest.raises(ValueError, match="not a step"):
        threshold(step, 60)


def test_steps_fire_at_their_instants_up_to_and_including_now() -> None:
    terms = ladder("50%", "75%", "100%", "-15m", "+30m")
    assert fired(created(), now="03:45", terms=terms) == [
        ["01T02:00", "50%"],
        ["01T03:00", "75%"],
        ["01T03:45", "-15m"],
    ]
    assert fired(created(), now="09:00", terms=terms)[3:] == [["01T04:00", "100%"], ["01T04:30", "+30m"]]


def test_steps_of_one_instant_are_sorted_as_plain_text() -> None:
    assert fired(created(), now="05:00", terms=ladder("50%", "-120m", "100%", "+0m")) == [
        ["01T02:00", "-120m"],
        ["01T02:00", "50%"],
        ["01T04:00", "+0m"],
        ["01T04:00", "100%"],
    ]


def test_a_step_reached_at_closing_time_fires_at_closing_time() -> None:
    assert fired(created("07:00"), now="20:00", terms=ladder("50%", calendar="office")) == [["01T09:00", "50%"]]


def test_a_ticket_answered_exactly_then_does_not_fire() -> None:
    terms = ladder("50%", metric="first_response")
    assert fired(created(), agent("00:15"), now="01:00", terms=terms) == []


def test_a_ticket_paused_exactly_then_fires_when_it_resumes_open_hours_or_not() -> None:
    terms = ladder("50%", calendar="office", pause_on={"resolution": ["pending_client"]})
    story = (created("07:00"), status("09:00", "pending_client"))
    assert fired(*story, now="10:00", terms=terms) == []
    assert fired(*story, client("11:00"), now="12:00", terms=terms) == [["01T11:00", "50%"]]


def test_a_ticket_resolved_exactly_then_fires_when_it_is_reopened() -> None:
    story = (created(), status("02:00", "resolved"))
    assert fired(*story, now="03:00", terms=ladder("50%")) == []
    assert fired(*story, status("04:00", "open"), now="04:00", terms=ladder("50%")) == [["01T04:00", "50%"]]


def test_a_change_beyond_a_step_fires_it_at_the_change() -> None:
    short = ladder("75%") | {"targets": {"P1": {"resolution": 60}}}
    assert fired(created(), turn("01:00", "short", "carry"), now="02:00", terms=ladder("50%"), short=short) == [
        ["01T01:00", "75%"]
    ]


def test_a_step_fires_once_in_a_cycle_and_again_in_the_next() -> None:
    story = (created(), priority("02:30", "P2", "restart"))
    assert fired(*story, now="09:00", terms=ladder("50%")) == [["01T02:00", "50%"]]
    reopened = (created(), status("02:30", "resolved"), status("03:00", "open"))
    terms = ladder("50%", on_reopen="restart")
    assert fired(*reopened, now="09:00", terms=terms) == [["01T02:00", "50%"], ["01T05:00", "50%"]]


def test_a_step_before_the_start_is_the_start() -> None:
    assert fired(created(), now="00:00", terms=ladder("-10h")) == [["01T00:00", "-10h"]]


def test_the_next_rung_hears_when_nobody_acknowledges() -> None:
    always = Hours(Calendar("UTC", ((span("00:00", "24:00"),),) * 7))
    lead, owner = Rung("resolution", "75%", ("lead",), wait=30 * MINUTE), Rung("resolution", "75%", ("owner",))
    first = Rung("resolution", "75%", ("person",), wait=15 * MINUTE, then=(lead, owner))
    start = epoch("00:00")
    assert [(heard, rung.audience) for heard, rung in calls(first, start, always)] == [
        (start, ("person",)),
        (start + 15 * MINUTE, ("lead",)),
        (start + 45 * MINUTE, ("owner",)),
    ]
    assert len(calls(first, start, always, acknowledged_at=start + 20 * MINUTE)) == 2


def test_quiet_hours_hold_a_notice_back_unless_the_step_says_so() -> None:
    night = Hours(Calendar("UTC", ((span("22:00", "07:00"),),) * 7))
    rung = Rung("resolution", "75%", ("lead",))
    assert told_at(rung, epoch("23:00"), night) == epoch("07:00", "2026-06-02")
    assert told_at(rung, epoch("12:00"), night) == epoch("12:00")
    assert told_at(Rung("resolution", "75%", ("lead",), through_quiet=True), epoch("23:00"), night) == epoch("23:00")


def rung_of(**more: Any) -> Rung:
    calendar = {"always": Hours(Calendar("UTC", ((span("00:00", "24:00"),),) * 7))}
    facts = {"calendar": "always", "targets": {"P1": {"resolution": 60}}}
    step = {"metric": "resolution", "step": "75%"}
    (rung,) = reading.terms("std", facts | {"escalations": [step | more]}, calendar).ladder
    return rung


def test_a_step_says_who_hears_how_and_what_is_done() -> None:
    rung = rung_of(
        tell=["roster:3", "lead"],
        via=["in-app", "webhook"],
        act=["raise"],
        urgent=True,
        ack_minutes=10,
        then=[{"tell": ["owner"]}],
    )
    assert (rung.audience, rung.channels, rung.acts) == (("roster:3", "lead"), ("in_app", "webhook"), ("raise",))
    assert (rung.through_quiet, rung.wait) == (True, 600)
    assert [after.audience for after in rung.then] == [("owner",)]


def test_what_cannot_be_read_of_who_hears_counts_as_not_said() -> None:
    rung = rung_of(tell="everybody", via=7, act=[{}], urgent="yes", ack_minutes="soon", then="nobody")
    assert rung == Rung("resolution", "75%")


def test_a_step_that_waits_and_names_nobody_goes_on_to_the_later_steps() -> None:
    first, second = Rung("resolution", "50%", wait=600), Rung("resolution", "75%", ("owner",))
    other = Rung("next_response", "75%", ("lead",))
    (found,) = rungs((first, other, second), "resolution", "50%")
    assert found.then == (second,)
    assert rungs((first, other, second), "resolution", "75%") == (second,)
