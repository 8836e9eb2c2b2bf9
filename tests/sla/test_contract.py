"""Which terms hold at an instant, and how running promises cross over."""

import pytest

from sla.rules.contract import Change, Contract, Surge, Version, terms
from sla.rules.hours import Hours
from sla.rules.ladder import Rung
from sla.rules.reading import calendar
from tests.sla.facts import ALWAYS, epoch

JUNE, JULY = epoch("00:00"), epoch("00:00", "2026-07-01")
TENTH, TWENTIETH = epoch("00:00", "2026-06-10"), epoch("00:00", "2026-06-20")
HOURS = {"always": Hours(calendar(ALWAYS, lambda _set, _year: frozenset()))}

BASE = Version("base", JUNE)
BETTER = Version("better", JULY, "improve")


def test_the_version_that_started_last_holds() -> None:
    contract = Contract((BASE, BETTER))
    assert [contract.holds(at) for at in (JUNE - 1, JUNE, JULY - 1, JULY)] == [None, "base", "base", "better"]
    assert contract.changes(TENTH, JULY) == [Change(JULY, "better", "improve")]
    assert contract.changes(JULY, JULY + 1) == []


def test_a_surge_pack_falls_back_by_itself() -> None:
    contract = Contract((BASE,), (Surge("surge", TENTH, TWENTIETH),))
    assert [contract.holds(at) for at in (TENTH - 1, TENTH, TWENTIETH - 1, TWENTIETH)] == [
        "base",
        "surge",
        "surge",
        "base",
    ]
    assert contract.changes(JUNE, JULY) == [Change(TENTH, "surge", "improve"), Change(TWENTIETH, "base", "pinned")]


def test_a_version_that_starts_under_a_surge_pack_holds_when_it_ends() -> None:
    contract = Contract((BASE, Version("next", TENTH + 60)), (Surge("surge", TENTH, TWENTIETH, mode_after="carry"),))
    assert contract.changes(JUNE, JULY) == [Change(TENTH, "surge", "improve"), Change(TWENTIETH, "next", "carry")]


def test_of_two_packs_the_later_holds_and_the_earlier_comes_back() -> None:
    packs = (Surge("long", TENTH, JULY), Surge("short", TENTH + 60, TWENTIETH))
    contract = Contract((BASE,), packs)
    assert [contract.holds(at) for at in (TENTH, TENTH + 60, TWENTIETH, JULY)] == ["long", "short", "long", "base"]


def test_a_contract_that_ended_holds_nothing() -> None:
    contract = Contract((BASE, BETTER), ends=TWENTIETH)
    assert contract.holds(TWENTIETH) is None
    assert contract.changes(JUNE, JULY + 1) == [Change(TWENTIETH, "", "pinned")]


def test_versions_that_start_together_and_packs_without_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one after the other"):
        Contract((BASE, Version("same", JUNE)))
    with pytest.raises(ValueError, match="ends after it starts"):
        Surge("surge", JUNE, JUNE)


def test_a_target_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="must be positive"):
        terms("base", HOURS, "always", {"P1": {"resolution": 0}})


def test_an_unknown_calendar_mode_or_step_is_refused() -> None:
    targets = {"P1": {"resolution": 60}}
    with pytest.raises(ValueError, match="no calendar is called"):
        terms("base", HOURS, "sometimes", targets)
    with pytest.raises(ValueError, match="is none of"):
        terms("base", HOURS, "always", targets, on_priority_change="forget")
    with pytest.raises(ValueError, match="not a step"):
        terms("base", HOURS, "always", targets, ladder=[Rung("resolution", "soon")])


def test_terms_without_a_calendar_promise_nothing_that_falls_due() -> None:
    promise = terms("base", HOURS, None, {"P1": {"resolution": 60}}).promises["P1", "resolution"]
    assert promise.calendar == ""
    assert promise.hours.add(JUNE, promise.target) is None
