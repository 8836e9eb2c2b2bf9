"""Laws of open time and of the fold, on whatever calendars and stories chance brings."""

from dataclasses import replace
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from sla import holidays
from sla.evaluate import Ticket, ticket
from sla.rules.clock import Clocks, Reading, fold
from sla.rules.contract import Promise, Terms
from sla.rules.cycle import Cycle
from sla.rules.events import Event, in_order
from sla.rules.hours import Hours
from sla.rules.reading import calendar
from sla.rules.trace import explain
from tests.sla.cases import random_calendar, random_ticket

YEAR = 365 * 86_400
CHANCE = st.randoms(use_true_random=False)
FEW = settings(max_examples=40, deadline=None)
LENGTH = st.integers(0, 10**6)


def some_hours(random: Random) -> tuple[Hours, int]:
    facts, first = random_calendar(random)
    return Hours(calendar(facts, holidays.dates)), first


def some_ticket(random: Random) -> Ticket:
    return ticket(random_ticket(random))


def bare(reading: Reading) -> list[Cycle]:
    """All that is told but the trace."""
    return [replace(cycle, measures=()) for clock in reading.clocks.values() for cycle in clock.cycles]


def without_changes(told: Ticket) -> list[Event]:
    return [event for event in told.events if event.kind not in ("priority", "terms")]


@given(CHANCE, LENGTH, LENGTH)
@FEW
def test_add_and_elapsed_undo_each_other(random: Random, after: int, length: int) -> None:
    hours, first = some_hours(random)
    at = first + after
    for found in (hours.add(at, length), hours.add_late(at, length)):
        assert found is None or hours.elapsed(at, found) == length
    for found in (hours.sub(at, length), hours.sub_far(at, length)):
        assert found is None or hours.elapsed(found, at) == length


@given(CHANCE, LENGTH, st.integers(1, 10**6))
@FEW
def test_early_is_the_first_and_late_the_last_instant(random: Random, after: int, length: int) -> None:
    hours, first = some_hours(random)
    at = first + after
    early, late, near, far = (ask(at, length) for ask in (hours.add, hours.add_late, hours.sub, hours.sub_far))
    assert early is None or hours.elapsed(at, early - 1) == length - 1
    assert late is None or hours.elapsed(at, late + 1) == length + 1
    assert near is None or hours.elapsed(near + 1, at) == length - 1
    assert far is None or hours.elapsed(far - 1, at) == length + 1


@given(CHANCE, LENGTH, LENGTH, st.integers(0, 40 * YEAR))
@FEW
def test_the_parts_of_a_span_add_up(random: Random, after: int, first_part: int, second_part: int) -> None:
    hours, first = some_hours(random)
    begin = first + after
    middle, end = begin + first_part, begin + first_part + second_part
    assert hours.elapsed(begin, end) == hours.elapsed(begin, middle) + hours.elapsed(middle, end)


@given(CHANCE, LENGTH, LENGTH)
@FEW
def test_the_open_spans_are_what_elapsed_counts(random: Random, after: int, length: int) -> None:
    hours, first = some_hours(random)
    begin, end = first + after, first + after + length
    spans = list(hours.spans(begin, end))
    assert sum(b - a for a, b in spans) == hours.elapsed(begin, end)
    assert all(before[1] < following[0] for before, following in pairwise(spans))


@given(CHANCE, LENGTH, LENGTH)
@FEW
def test_what_was_compiled_before_does_not_matter(random: Random, after: int, length: int) -> None:
    hours, first = some_hours(random)
    at = first + after
    fresh = Hours(hours.calendar)
    hours.elapsed(at - 3 * YEAR, at + 3 * YEAR)
    hours.sub(at, 10 * length)
    for name in ("add", "add_late", "sub", "sub_far"):
        assert getattr(hours, name)(at, length) == getattr(fresh, name)(at, length)


@given(CHANCE)
@FEW
def test_segments_leave_no_gap_and_running_ones_sum_to_the_time_spent(random: Random) -> None:
    told = some_ticket(random)
    for clock in fold(*told).clocks.values():
        for cycle in clock.cycles:
            segments = explain(cycle, told.now)
            end = told.now if cycle.stop is None else cycle.stop
            assert sum(segment.seconds for segment in segments if segment.kind == "running") == cycle.elapsed
            assert sum(segment.seconds for segment in segments) == end - cycle.start
            assert [segment.end for segment in segments[:-1]] == [segment.begin for segment in segments[1:]]


@given(CHANCE)
@FEW
def test_folding_one_by_one_and_reading_in_between_is_folding_all(random: Random) -> None:
    told = some_ticket(random)
    clocks = Clocks(told.terms, told.start_terms)
    for event in in_order(told.events):
        if event.at <= told.now:
            clocks.take(event)
            clocks.read(event.at)
            clocks.read(told.now)
    assert clocks.read(told.now) == fold(*told)


@given(CHANCE)
@FEW
def test_the_order_in_which_other_instants_were_recorded_does_not_matter(random: Random) -> None:
    told = some_ticket(random)
    once = {event.at: event for event in told.events if event.kind != "created"}
    events = [event for event in told.events if event.kind == "created"] + list(once.values())
    shuffled = random.sample(events, len(events))
    born = events[0].at
    if sum(event.at <= born for event in events) == 1:
        assert fold(shuffled, *told[1:]) == fold(events, *told[1:])


@given(CHANCE)
@FEW
def test_notes_vendors_and_machines_change_nothing(random: Random) -> None:
    told = some_ticket(random)
    quiet = [Event(told.now - random.randrange(600), kind) for kind in ("note", "vendor_reply")]
    machine = [Event(told.now - random.randrange(600), kind, auto=True) for kind in ("agent_reply", "client_reply")]
    assert fold([*told.events, *quiet, *machine], *told[1:]) == fold(*told)


@given(CHANCE)
@FEW
def test_a_breach_and_a_fired_step_are_never_undone(random: Random) -> None:
    told = some_ticket(random)
    clocks = Clocks(told.terms, told.start_terms)
    before: Reading | None = None
    for event in in_order(told.events):
        clocks.take(event)
        now = clocks.read(event.at)
        for metric, clock in before.clocks.items() if before else ():
            for old, new in zip(clock.cycles, now.clocks[metric].cycles, strict=False):
                assert old.breached_at is None or new.breached_at == old.breached_at
                assert {fired for fired in old.fired if fired[0] < event.at} <= set(new.fired)
                assert new.start == old.start
        before = now


@given(CHANCE)
@FEW
def test_recounting_under_the_same_terms_changes_nothing(random: Random) -> None:
    told = some_ticket(random)
    events = without_changes(told)
    recount = Event(max(told.now, events[0].at), "terms", to=told.start_terms, mode="recount")
    plain = fold(events, told.terms, told.start_terms, recount.at)
    assert bare(fold([*events, recount], told.terms, told.start_terms, recount.at)) == bare(plain)


@given(CHANCE)
@FEW
def test_carrying_on_under_the_same_terms_changes_nothing(random: Random) -> None:
    told = some_ticket(random)
    events = without_changes(told)
    carry = Event(random.choice(events).at, "terms", to=told.start_terms, mode="carry")
    assert bare(fold([*events, carry], *told[1:])) == bare(fold(events, *told[1:]))


@given(CHANCE, st.integers(0, 10_000), st.integers(0, 10**6), st.integers(1, 10**5))
@FEW
def test_a_pause_never_makes_a_ticket_due_sooner(random: Random, before: int, pause: int, target: int) -> None:
    hours, first = some_hours(random)
    promise = Promise("std", "any", hours, target, frozenset({"pending_client"}))
    terms = {"std": Terms("std", {("P1", "resolution"): promise})}
    created = Event(first, "created", priority="P1")
    paused = Event(first + before, "status", to="pending_client")
    resumed = Event(first + before + pause, "status", to="open")
    straight = fold([created], terms, "std", first).clocks["resolution"].cycles[0].due_at
    due = fold([created, paused, resumed], terms, "std", resumed.at).clocks["resolution"].cycles[0].due_at
    if straight is None or straight <= paused.at:
        assert due == straight
    elif due is not None:
        assert due >= straight
        assert hours.elapsed(first, due) == target + hours.elapsed(paused.at, resumed.at)


@given(CHANCE)
@FEW
def test_nothing_happens_before_the_next_instant_and_something_then(random: Random) -> None:
    told = some_ticket(random)
    clocks = Clocks(told.terms, told.start_terms)
    for event in in_order(told.events):
        if event.at <= told.now:
            clocks.take(event)
    for metric, clock in clocks.read(told.now).clocks.items():
        newest = clock.newest
        if newest is not None and newest.next_at is not None:
            before = clocks.read(newest.next_at - 1).clocks[metric].newest
            then = clocks.read(newest.next_at).clocks[metric].newest
            assert before is not None
            assert then is not None
            assert newest.next_at > told.now
            assert (before.fired, before.breached_at) == (newest.fired, newest.breached_at)
            assert (then.fired, then.breached_at) != (newest.fired, newest.breached_at)
