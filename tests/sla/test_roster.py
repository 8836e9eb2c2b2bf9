"""Who is on call: shifts, turns by the week, stand-ins, quiet hours."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.rules.calendar import WEEKDAYS
from sla.rules.roster import WEEK, Roster, StandIn, read

ANNA, BEN, CHIE = 1, 2, 3
MONDAY = date(2026, 6, 1)
WORKDAYS = list(WEEKDAYS[:5])
NIGHT: dict[str, Any] = {"days": list(WEEKDAYS), "from": "22:00", "to": "07:00"}


def at(text: str, zone: str = "Asia/Tokyo") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def round_the_clock(*people: int, **more: Any) -> Roster:
    return read(
        "Asia/Tokyo",
        MONDAY,
        (0, "09:00"),
        [{"days": list(WEEKDAYS), "from": "00:00", "to": "24:00", "people": people}],
        **more,
    )


def test_people_take_turns_at_the_hand_over() -> None:
    roster = round_the_clock(ANNA, BEN)
    assert roster.on_call(at("2026-06-01T09:00")) == (ANNA,)
    assert roster.on_call(at("2026-06-08T08:59:59")) == (ANNA,)
    assert roster.on_call(at("2026-06-08T09:00")) == (BEN,)
    assert roster.on_call(at("2026-06-15T09:00")) == (ANNA,)


def test_a_week_that_began_before_the_plan_counts_from_its_hand_over() -> None:
    roster = read("Asia/Tokyo", date(2026, 6, 3), (0, "09:00"), [{**NIGHT, "people": [ANNA, BEN]}])
    assert roster.on_call(at("2026-06-03T23:00")) == (ANNA,)
    assert roster.on_call(at("2026-06-08T23:00")) == (BEN,)


def test_a_night_shift_belongs_to_the_day_it_begins_on() -> None:
    roster = read(
        "Asia/Tokyo", MONDAY, (0, "09:00"), [{"days": ["fri"], "from": "22:00", "to": "06:00", "people": [ANNA]}]
    )
    assert roster.on_call(at("2026-06-06T05:59")) == (ANNA,)
    assert roster.on_call(at("2026-06-06T06:00")) == ()
    assert roster.on_call(at("2026-06-05T05:00")) == ()


def test_two_shifts_at_once_are_both_on_call_and_nobody_twice() -> None:
    day = {"days": WORKDAYS, "from": "09:00", "to": "18:00"}
    roster = read(
        "Asia/Tokyo",
        MONDAY,
        (0, "09:00"),
        [{**day, "people": [ANNA]}, {**day, "people": [BEN]}, {**day, "people": [ANNA]}],
    )
    assert roster.on_call(at("2026-06-01T12:00")) == (ANNA, BEN)


def test_a_stand_in_counts_from_instant_to_instant_and_the_later_made_wins() -> None:
    swaps = [
        StandIn(BEN, at("2026-06-02T12:00"), at("2026-06-03T12:00")),
        StandIn(CHIE, at("2026-06-02T18:00"), at("2026-06-02T20:00")),
    ]
    roster = round_the_clock(ANNA, stand_ins=swaps)
    assert [who for _, _, who in roster.stretches(at("2026-06-02T00:00"), at("2026-06-04T00:00"))] == [
        (ANNA,), (BEN,), (CHIE,), (BEN,), (ANNA,),
    ]  # fmt: skip


def test_quiet_hours_hold_back_until_their_end() -> None:
    roster = round_the_clock(ANNA, quiet=[NIGHT])
    assert roster.leaves_at(at("2026-06-01T23:30")) == at("2026-06-02T07:00")
    assert roster.leaves_at(at("2026-06-02T03:00")) == at("2026-06-02T07:00")
    assert roster.leaves_at(at("2026-06-02T07:00")) == at("2026-06-02T07:00")
    assert roster.leaves_at(at("2026-06-02T12:00")) == at("2026-06-02T12:00")


def test_quiet_hours_without_an_end_hold_for_ever() -> None:
    always = {"days": list(WEEKDAYS), "from": "00:00", "to": "24:00"}
    assert round_the_clock(ANNA, quiet=[always]).leaves_at(at("2026-06-01T12:00")) is None


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_the_hand_over_stays_at_its_wall_time_over_clock_changes(zone: str) -> None:
    roster = read(
        zone,
        date(2026, 1, 5),
        (0, "09:00"),
        [{"days": list(WEEKDAYS), "from": "00:00", "to": "24:00", "people": [ANNA, BEN]}],
    )
    changes = roster.stretches(at("2026-01-05T09:00", zone), at("2027-01-04T09:00", zone))
    begins = [datetime.fromtimestamp(begin, UTC).astimezone(ZoneInfo(zone)) for begin, _, _ in changes]
    assert {(begin.weekday(), begin.hour, begin.minute) for begin in begins} == {(0, 9, 0)}
    assert len(changes) == 52


def test_what_cannot_be_read_is_refused() -> None:
    for shift in (
        {**NIGHT, "people": []},
        {**NIGHT, "from": "25:00", "people": [ANNA]},
        {**NIGHT, "days": ["someday"], "people": [ANNA]},
    ):
        with pytest.raises(ValueError, match=r"."):
            read("Asia/Tokyo", MONDAY, (0, "09:00"), [shift])
    with pytest.raises(ValueError, match="zone"):
        read("Nowhere/Town", MONDAY, (0, "09:00"), [])


hours = st.integers(0, 23).map(lambda hour: f"{hour:02}:00")
days = st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True)
people = st.lists(st.integers(1, 5), min_size=1, max_size=4)
lengths = st.tuples(hours, hours).filter(lambda pair: pair[0] != pair[1])
shifts = st.builds(
    lambda on, pair, who: {"days": on, "from": pair[0], "to": pair[1], "people": who}, days, lengths, people
)
instants = st.integers(at("2026-02-01T00:00"), at("2026-12-01T00:00"))
swaps = st.lists(
    st.builds(
        lambda who, begin, long: StandIn(who, begin, begin + long), st.integers(6, 7), instants, st.integers(1, WEEK)
    ),
    max_size=3,
)
rosters = st.builds(
    lambda zone, since, day, time, plan, quiet, stand_ins: read(zone, since, (day, time), plan, quiet, stand_ins),
    st.sampled_from(["Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    st.integers(0, 6),
    hours,
    st.lists(shifts, max_size=3),
    st.lists(shifts, max_size=2),
    swaps,
)


@given(rosters, instants, st.integers(1, 3 * WEEK), st.data())
def test_stretches_cover_a_span_and_say_who_is_on_call_all_along(
    roster: Roster, begin: int, length: int, data: st.DataObject
) -> None:
    found = roster.stretches(begin, begin + length)
    assert [found[0][0], *(until for _, until, _ in found)] == [*(since for since, _, _ in found), begin + length]
    assert all(before[2] != after[2] for before, after in pairwise(found))
    since, until, who = data.draw(st.sampled_from(found))
    assert roster.on_call(data.draw(st.integers(since, until - 1))) == who


@given(rosters, instants)
def test_a_notice_never_leaves_in_quiet_hours_nor_before_its_time(roster: Roster, moment: int) -> None:
    leaves = roster.leaves_at(moment)
    if leaves is not None:
        assert leaves >= moment
        assert roster.leaves_at(leaves) == leaves


@given(rosters, instants)
def test_only_people_of_the_plan_are_on_call(roster: Roster, moment: int) -> None:
    planned = {person for shift in roster.shifts for person in shift.people} | {one.person for one in roster.stand_ins}
    assert set(roster.on_call(moment)) <= planned
