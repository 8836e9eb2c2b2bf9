"""When promises start, stop, stand still, fall due and break."""

from typing import Any

import pytest

from sla.evaluate import answer
from tests.sla.facts import PLAIN, agent, at, case, client, created, status, told

PAUSING = PLAIN | {"pause_on": {"resolution": ["pending_client", "pending_vendor"]}}
OFFICE_HOURS = PLAIN | {"calendar": "office"}


def test_the_first_reply_answers_the_ticket_and_the_resolution_goes_on() -> None:
    said = told(created(), agent("00:20"), now="01:00")
    assert said["first_response"] == {
        "status": "stopped",
        "due": None,
        "elapsed": 1_200,
        "breached": False,
        "breached_at": None,
        "cycles": [{"start": at("00:00"), "stop": at("00:20"), "elapsed": 1_200, "breached": False}],
    }
    assert said["resolution"]["status"] == "running"
    assert said["resolution"]["due"] == at("04:00")


def test_an_answer_at_the_due_instant_keeps_the_promise_and_a_second_later_breaks_it() -> None:
    kept = told(created(), agent("00:30"), now="01:00")["first_response"]
    late = told(created(), {"at": "2026-06-01T00:30:01Z", "type": "agent_reply"}, now="01:00")["first_response"]
    assert (kept["breached"], late["breached"], late["breached_at"]) == (False, True, at("00:30"))
    assert told(created(), now="00:30")["first_response"]["breached"] is False


def test_a_target_used_up_at_closing_time_breaks_at_the_next_opening() -> None:
    half_past_five = created("08:30")
    evening = told(half_past_five, now="20:00", terms=OFFICE_HOURS)["first_response"]
    assert (evening["due"], evening["breached"], evening["elapsed"]) == (at("09:00"), False, 1_800)
    morning = told(half_past_five, now="2026-06-02T00:00:01Z", terms=OFFICE_HOURS)["first_response"]
    assert (morning["due"], morning["breached_at"]) == (at("09:00"), at("00:00", "2026-06-02"))


def test_resolving_without_a_reply_answers_too() -> None:
    said = told(created(), status("00:10", "resolved"), status("00:20", "closed"), now="09:00")
    assert [said[metric]["cycles"][0]["stop"] for metric in ("first_response", "resolution")] == [at("00:10")] * 2


def test_a_ticket_opened_by_an_agent_has_no_first_response_and_waits_for_the_client_at_once() -> None:
    said = told(created(by="agent"), client("00:10"), now="00:20")
    assert said["first_response"]["status"] == "not_applicable"
    assert said["next_response"]["due"] == at("01:10")


def test_every_message_of_the_client_waits_for_one_answer() -> None:
    said = told(
        created(), client("00:05"), agent("00:10"), client("00:20"), client("00:40"), agent("01:00"), client("02:00"),
        now="02:30",
    )["next_response"]  # fmt: skip
    assert [(cycle["start"], cycle["stop"]) for cycle in said["cycles"]] == [
        (at("00:20"), at("01:00")),
        (at("02:00"), None),
    ]


def test_thanks_after_the_resolution_start_nothing_until_the_ticket_is_reopened() -> None:
    thanks = (created(), agent("00:05"), client("00:10"), status("00:20", "resolved"), client("00:30"))
    assert len(told(*thanks, now="00:40")["next_response"]["cycles"]) == 1
    reopened = told(*thanks, status("00:50", "open"), now="01:00")["next_response"]
    assert (reopened["status"], reopened["cycles"][1]["start"]) == ("running", at("00:50"))
    answered = told(*thanks, agent("00:40"), status("00:50", "open"), now="01:00")["next_response"]
    assert len(answered["cycles"]) == 1


def test_a_resolution_answers_what_came_before_it() -> None:
    said = told(
        created(), agent("00:05"), client("00:10"), status("00:20", "resolved"), status("00:30", "open"), now="00:40"
    )
    assert said["next_response"]["status"] == "stopped"


def test_closing_a_resolved_ticket_does_not_answer_what_the_client_wrote_in_between() -> None:
    story = (
        created(),
        status("00:20", "resolved"),
        client("00:30"),
        status("00:40", "closed"),
        status("00:50", "open"),
    )
    assert told(*story, now="01:00")["next_response"]["cycles"][0]["start"] == at("00:50")


@pytest.mark.parametrize("event", [agent("00:10", auto=True), {"at": at("00:10"), "type": "note"}])
def test_notes_and_machines_answer_nothing(event: dict[str, Any]) -> None:
    assert told(created(), event, now="00:20") == told(created(), now="00:20")


def test_waiting_on_the_client_ends_when_the_client_writes_but_not_by_a_machine() -> None:
    waiting = (created(), agent("00:10"), status("01:00", "pending_client"))
    paused = told(*waiting, client("02:00", auto=True), now="03:00", terms=PAUSING)["resolution"]
    assert (paused["status"], paused["due"], paused["elapsed"]) == ("paused", None, 3_600)
    back = told(*waiting, client("02:00"), now="03:00", terms=PAUSING)["resolution"]
    assert (back["status"], back["due"], back["elapsed"]) == ("running", at("05:00"), 2 * 3_600)


def test_a_ticket_paused_when_its_target_is_used_up_breaks_when_it_resumes() -> None:
    story = (created(), status("04:00", "pending_vendor"), status("05:00", "open"))
    assert told(*story, now="05:00", terms=PAUSING)["resolution"]["breached"] is False
    said = told(*story, now="2026-06-01T05:00:01Z", terms=PAUSING)["resolution"]
    assert (said["due"], said["breached_at"]) == (at("04:00"), at("05:00"))


def test_a_pause_over_the_weekend_leaves_the_open_time_as_it_was() -> None:
    terms = PAUSING | {"calendar": "office"}
    friday, monday = "2026-06-05T09:00:00Z", "2026-06-08T00:00:00Z"
    pause = [{"at": friday, "type": "status", "to": "pending_vendor"}, {"at": monday, "type": "status", "to": "open"}]
    born = created() | {"at": "2026-06-05T07:00:00Z"}
    said = told(born, *pause, now="2026-06-08T00:30:00Z", terms=terms)["resolution"]
    assert said["due"] == "2026-06-08T02:00:00Z"
    assert said == told(born, now="2026-06-08T00:30:00Z", terms=terms)["resolution"]


def test_a_ticket_may_be_born_paused_or_resolved() -> None:
    assert told(created(status="pending_vendor"), now="09:00", terms=PAUSING)["resolution"]["status"] == "paused"
    resolved = told(created(status="resolved"), now="09:00")
    assert [resolved[metric]["cycles"][0]["stop"] for metric in ("first_response", "resolution")] == [at("00:00")] * 2


def test_a_reopened_ticket_resumes_with_its_time_and_the_time_resolved_is_not_counted() -> None:
    story = (created(), status("01:00", "resolved"), status("05:00", "open"))
    said = told(*story, now="06:00")["resolution"]
    assert (said["elapsed"], said["due"], len(said["cycles"])) == (2 * 3_600, at("08:00"), 1)
    assert said["cycles"][0]["stop"] is None


def test_a_reopened_ticket_starts_again_where_the_contract_says_so() -> None:
    story = (created(), status("01:00", "resolved"), status("05:00", "open"))
    said = told(*story, now="06:00", terms=PLAIN | {"on_reopen": "restart"})["resolution"]
    assert (said["elapsed"], said["due"]) == (3_600, at("09:00"))
    assert [cycle["stop"] for cycle in said["cycles"]] == [at("01:00"), None]


def test_a_breach_survives_resolution_and_reopening() -> None:
    story = (created(), status("05:00", "resolved"), status("06:00", "open"))
    said = told(*story, now="07:00")["resolution"]
    assert (said["breached_at"], said["due"]) == (at("04:00"), at("04:00"))


@pytest.mark.parametrize("end", ["cancelled", "merged"])
def test_a_merged_or_cancelled_ticket_owes_nothing_more(end: str) -> None:
    said = told(created(), status("00:40", end), client("00:50"), agent("00:55"), status("01:00", "open"), now="09:00")
    assert [said[metric]["status"] for metric in ("first_response", "next_response", "resolution")] == [
        "cancelled",
        "none",
        "cancelled",
    ]
    assert said["first_response"]["breached_at"] == at("00:30")
    assert said["resolution"]["cycles"][0] | {"breached": False} == {
        "start": at("00:00"),
        "stop": at("00:40"),
        "elapsed": 2_400,
        "breached": False,
    }


def test_events_of_a_clock_that_runs_early_happen_at_the_creation() -> None:
    early = agent("00:00") | {"at": "2026-05-31T23:59:00Z"}
    said = told(early, created(), now="09:00")["first_response"]
    assert said["cycles"][0]["stop"] == at("00:00")


def test_what_is_recorded_late_counts_by_its_instant_and_the_future_not_yet() -> None:
    assert told(agent("00:50"), created(), agent("00:20"), now="00:40") == told(created(), agent("00:20"), now="00:40")


def test_a_calendar_that_never_opens_leaves_the_clock_running_without_a_due_instant() -> None:
    said = told(created(), now="09:00", terms=PLAIN | {"calendar": "never"})["resolution"]
    assert (said["status"], said["due"], said["elapsed"]) == ("running", None, 0)


def test_a_priority_may_run_on_another_calendar() -> None:
    terms = OFFICE_HOURS | {"calendar_by_priority": {"P1": "always"}}
    saturday = created() | {"at": "2026-06-06T00:00:00Z"}
    assert told(saturday, now="2026-06-06T01:00:00Z", terms=terms)["resolution"]["due"] == "2026-06-06T04:00:00Z"


def test_without_a_target_there_is_no_clock() -> None:
    said = told(created(priority="P2"), agent("00:10"), client("00:20"), now="01:00")
    assert [said[metric]["status"] for metric in ("first_response", "next_response", "resolution")] == [
        "none",
        "none",
        "running",
    ]


def test_the_trace_tells_every_second_and_sums_to_the_time_spent() -> None:
    story = (created("08:30"), status("08:45", "pending_client"), client("08:50"))
    said = told(*story, now="2026-06-02T00:10:00Z", terms=PAUSING | {"calendar": "office"})
    explained = case(*story, now="2026-06-02T00:10:00Z", terms=PAUSING | {"calendar": "office"}) | {"explain": True}
    assert "trace" not in said["resolution"]
    assert [(piece["from"][8:16], piece["to"][8:16], piece["kind"], piece["why"]) for piece in traced(explained)] == [
        ("01T08:30", "01T08:45", "running", "open"),
        ("01T08:45", "01T08:50", "paused", "pending_client"),
        ("01T08:50", "01T09:00", "running", "open"),
        ("01T09:00", "02T00:00", "closed", "outside_hours"),
        ("02T00:00", "02T00:10", "running", "open"),
    ]


def test_the_trace_names_the_status_in_which_time_ran() -> None:
    story = (created(status="new"), agent("00:10"), status("00:20", "open"), status("00:40", "scheduled"))
    pieces = traced(case(*story, now="01:00") | {"explain": True})
    assert [(piece["from"], piece["kind"], piece["why"]) for piece in pieces] == [
        (at("00:00"), "running", "new"),
        (at("00:20"), "running", "open"),
        (at("00:40"), "running", "scheduled"),
    ]


def traced(facts: dict[str, Any]) -> list[dict[str, str]]:
    trace: list[dict[str, str]] = answer(facts)["resolution"]["trace"]
    return trace
