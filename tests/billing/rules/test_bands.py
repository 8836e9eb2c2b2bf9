"""Which band a moment falls into: nobody picks "after hours"."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.timesheet.bands import Bands, Stretch, cut, local_date, share_time
from billing.rules.timesheet.parts import Entry, TimeTerms, parts_of, scope_of
from billing.rules.timesheet.steps import SpanRule, TimeRule
from sla.rules.calendar import Calendar, span
from sla.rules.hours import Hours
from tests.billing.rules.cast import OFFICE, TOKYO, bands, tokyo, worked

D = Decimal


def clock(stretches: tuple[Stretch, ...]) -> list[tuple[str, int]]:
    return [(stretch.band, stretch.seconds // 60) for stretch in stretches]


def test_a_day_is_cut_at_every_border_and_equal_neighbours_are_one() -> None:
    day = cut(tokyo(2, 0), tokyo(3, 0), bands(after="1.25", night="1.5"))
    assert clock(day) == [
        ("night", 300), ("after", 240), ("business", 180), ("after", 60), ("business", 300),
        ("after", 240), ("night", 120),
    ]  # fmt: skip


def test_a_night_that_costs_no_more_is_no_band() -> None:
    assert clock(cut(tokyo(2, 18), tokyo(3, 6), bands(after="1.25", night="1.25"))) == [("after", 720)]
    assert clock(cut(tokyo(2, 18), tokyo(3, 6), bands(after="0.5"))) == [("after", 240), ("night", 420), ("after", 60)]


def test_a_holiday_lasts_from_midnight_to_midnight_whatever_is_open() -> None:
    assert clock(cut(tokyo(9, 17), tokyo(11, 10), bands())) == [
        ("business", 60), ("after", 360), ("holiday", 1440), ("after", 540), ("business", 60),
    ]  # fmt: skip


def test_a_holiday_night_is_night_where_that_is_dearer() -> None:
    stretches = cut(tokyo(10, 20), tokyo(11, 0), bands(holiday="1.35", night="1.6"))
    assert clock(stretches) == [("holiday", 120), ("night", 120)]


def test_the_tail_of_a_night_shift_ends_where_a_holiday_begins() -> None:
    shift = Hours(
        Calendar(zone=TOKYO, weekly=((span("20:00", "26:00"),),) * 7, holidays=frozenset({date(2026, 6, 10)}))
    )
    assert clock(cut(tokyo(9, 23), tokyo(10, 3), Bands(shift))) == [("business", 60), ("holiday", 180)]
    assert clock(cut(tokyo(10, 23), tokyo(11, 1), Bands(shift))) == [("holiday", 60), ("after", 60)]


def test_work_without_a_length_is_judged_at_its_begin() -> None:
    assert clock(cut(tokyo(2, 18), None, bands())) == [("after", 0)]
    assert clock(cut(tokyo(2, 9), tokyo(2, 9), bands())) == [("business", 0)]


def test_lengths_are_real_when_the_clock_jumps() -> None:
    berlin = Hours(Calendar(zone="Europe/Berlin", weekly=((),) * 7))
    night = Bands(berlin, span("22:00", "05:00"), {"night": D("1.5")})
    begin = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
    assert clock(cut(begin, begin + timedelta(hours=9), night)) == [("after", 60), ("night", 360), ("after", 120)]


def test_the_highest_multiplier_applies_and_none_are_multiplied() -> None:
    told = bands(after="1.25")
    assert told.multiplier("after", D("1.5")) == D("1.5")
    assert told.multiplier("after", D("1.1")) == D("1.25")
    assert told.multiplier("business", D("0.8")) == 1
    assert told.multiplier("night") == 1


def test_without_a_calendar_the_work_types_multiplier_competes_with_one() -> None:
    entry = worked("a", tokyo(2), 60)
    for own, applies in (("1.5", "1.5"), ("0.5", "1")):
        (part,) = parts_of([entry], TimeTerms(TOKYO), {"support": D(own)})
        assert part.multiplier == D(applies)


def test_time_is_shared_by_the_clock() -> None:
    assert share_time(3600, [100, 50, 50], whole_minutes=True) == (1800, 900, 900)
    assert share_time(60, [1, 1], whole_minutes=True) == (60, 0)
    assert share_time(61, [1, 1], whole_minutes=False) == (Fraction(61, 2), Fraction(61, 2))
    assert share_time(61, [0], whole_minutes=False) == (61,)
    assert share_time(90, [1, 1], whole_minutes=True) == (45, 45)


def test_the_local_date_is_that_of_the_zone() -> None:
    late = datetime(2026, 6, 1, 15, 30, tzinfo=UTC)
    assert (local_date(late, TOKYO), local_date(late, "America/New_York")) == (date(2026, 6, 2), date(2026, 6, 1))


def test_the_scope_of_an_entry_says_what_it_is_rounded_with() -> None:
    entry = worked("a", tokyo(2), 5)
    assert scope_of(entry, TimeTerms(TOKYO)) == ("remote", "T-a", "2026-06-01")
    assert scope_of(entry, TimeTerms(TOKYO, closing_day=20)) == ("remote", "T-a", "2026-05-21")
    daily = TimeTerms(TOKYO, rules={"remote": TimeRule(scope="ticket_day")})
    assert scope_of(entry, daily) == ("remote", "T-a", "2026-06-02")
    single = TimeTerms(TOKYO, rules={"remote": TimeRule(scope="entry")})
    assert scope_of(entry, single) == ("remote", "a")


def test_a_visit_rounds_the_work_on_site_of_all_its_tickets_as_one() -> None:
    visits = [
        Entry(key=key, begin=tokyo(2), seconds=600, work_type="x", ticket=key, visit="v", mode="on_site")
        for key in ("a", "b")
    ]
    assert [part.seconds for part in parts_of(visits, TimeTerms(TOKYO))] == [1800, 1800]


def test_a_ticket_over_two_months_is_rounded_month_by_month() -> None:
    terms = TimeTerms(TOKYO, rules={"remote": TimeRule(step=15)})
    entries = [worked("a", tokyo(31, month=5), 5, ticket="T"), worked("b", tokyo(1), 5, ticket="T")]
    assert [part.seconds for part in parts_of(entries, terms)] == [900, 900]


def test_spans_are_rounded_before_all_else_and_breaks_stay_off() -> None:
    terms = TimeTerms(TOKYO, span=SpanRule(15, 15))
    entry = Entry(key="a", begin=tokyo(2, 9, 5), end=tokyo(2, 10, 5), seconds=50 * 60, work_type="x")
    assert [part.seconds for part in parts_of([entry], terms)] == [65 * 60]


minutes = st.integers(0, 30 * 1440)


@given(minutes, st.integers(1, 3000), st.sampled_from(["1", "1.25", "2"]))
def test_the_stretches_of_work_are_the_work(start: int, length: int, night: str) -> None:
    begin = tokyo(1) + timedelta(minutes=start)
    stretches = cut(begin, begin + timedelta(minutes=length), bands(after="1.25", holiday="1.5", night=night))
    assert sum(stretch.seconds for stretch in stretches) == length * 60
    assert all(a.end == b.begin and a.band != b.band for a, b in pairwise(stretches))
    office = sum(stretch.seconds for stretch in stretches if stretch.band == "business")
    opened = OFFICE.elapsed(int(begin.timestamp()), int(begin.timestamp()) + length * 60)
    assert office <= opened


@pytest.mark.parametrize("step", [0, 15])
@given(st.lists(st.tuples(minutes, st.integers(1, 600)), min_size=1, max_size=4))
def test_no_second_is_lost_between_scope_and_bands(step: int, told: list[tuple[int, int]]) -> None:
    entries = [
        worked(str(number), tokyo(1) + timedelta(minutes=after), length, ticket="T")
        for number, (after, length) in enumerate(told)
    ]
    terms = TimeTerms(TOKYO, bands(after="1.25"), {"remote": TimeRule(step=step)})
    scopes = {scope_of(entry, terms) for entry in entries}
    charged = sum(Fraction(part.seconds) for part in parts_of(entries, terms))
    exact = sum(entry.seconds for entry in entries)
    assert charged == exact if not step else exact <= charged < exact + len(scopes) * step * 60
