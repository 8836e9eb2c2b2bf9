"""Laws of proposed time: never twice, never over what stands, never made of nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from billing.rules.proposals import GAP, LEAD_IN, LEAST, Act, Proposal, proposals

NINE = datetime(2026, 6, 1, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
A, B = (1, 10), (2, 20)

instants = st.integers(0, 8 * 3600).map(lambda second: NINE + timedelta(seconds=second))
deeds = st.lists(
    st.builds(Act, instants, st.sampled_from([A, B, (2, 21)]), st.sampled_from(sorted(LEAD_IN))), max_size=30
)
spans = st.lists(
    st.tuples(instants, st.integers(1, 3600)).map(lambda s: (s[0], s[0] + timedelta(seconds=s[1]))), max_size=5
)


def at(minutes: int) -> datetime:
    return NINE + minutes * MINUTE


@given(deeds, spans)
def test_nothing_is_proposed_twice_or_over_what_stands(acts: list[Act], taken: list[tuple[datetime, datetime]]) -> None:
    found = proposals(acts, taken)
    assert all(one.end <= other.begin for one, other in pairwise(found))
    assert not [one for one in found for begin, end in taken if one.begin < end and begin < one.end]


@given(deeds)
def test_every_span_is_about_a_ticket_that_was_touched_and_near_its_acts(acts: list[Act]) -> None:
    longest = max(LEAD_IN.values()) + LEAST + GAP
    for one in proposals(acts):
        assert one.end - one.begin >= LEAST
        assert any(one.begin - longest <= act.at <= one.end + longest for act in acts if act.matter == one.matter)


@given(deeds)
def test_the_whole_is_no_longer_than_the_day(acts: list[Act]) -> None:
    found = proposals(acts)
    if found:
        between = max(act.at for act in acts) - min(act.at for act in acts)
        assert sum((one.end - one.begin for one in found), timedelta()) <= between + max(LEAD_IN.values()) + LEAST


@given(deeds, st.randoms(use_true_random=False))
def test_the_order_in_which_acts_are_read_does_not_matter(acts: list[Act], chance: object) -> None:
    shuffled = list(acts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert proposals(shuffled + acts) == proposals(acts)


@given(deeds, st.integers(-10_000, 10_000))
def test_the_same_day_an_hour_later_is_the_same(acts: list[Act], seconds: int) -> None:
    by = timedelta(seconds=seconds)
    moved = proposals([Act(act.at + by, act.matter, act.kind) for act in acts])
    assert moved == tuple(Proposal(p.matter, p.begin + by, p.end + by, p.kinds) for p in proposals(acts))


@given(deeds)
def test_what_was_accepted_is_not_proposed_again(acts: list[Act]) -> None:
    found = proposals(acts)
    assert proposals(acts, [(one.begin, one.end) for one in found]) == ()


@given(deeds, st.integers(0, 30_000))
def test_time_typed_without_an_hour_uses_up_as_much(acts: list[Act], typed: int) -> None:
    before = sum(one.seconds for one in proposals(acts, least=timedelta()) if one.matter == A)
    after = sum(one.seconds for one in proposals(acts, typed={A: typed}, least=timedelta()) if one.matter == A)
    assert after == max(0, before - typed)


def test_reading_then_answering_is_one_span() -> None:
    (one,) = proposals([Act(at(0), A, "opened"), Act(at(8), A, "typed"), Act(at(14), A, "replied")])
    assert (one.begin, one.end, one.kinds) == (at(0), at(14), ("opened", "typed", "replied"))


def test_whoever_turns_to_another_ticket_leaves_the_first() -> None:
    first, second = proposals([Act(at(0), A, "opened"), Act(at(6), B, "opened"), Act(at(10), B, "replied")])
    assert (first.matter, first.end, second.matter, second.begin) == (A, at(6), B, at(6))


def test_a_call_without_opening_anything_has_its_lead_in() -> None:
    (one,) = proposals([Act(at(30), A, "called")])
    assert (one.begin, one.end) == (at(25), at(30))


def test_a_pause_ends_the_span() -> None:
    first, second = proposals([Act(at(0), A, "opened"), Act(at(5), A, "noted"), Act(at(21), A, "replied")])
    assert (first.end, second.begin) == (at(5), at(16))


def test_a_look_is_a_glance_of_a_minute() -> None:
    (one,) = proposals([Act(at(0), A, "opened")])
    assert (one.glance, one.seconds) == (True, 60)
