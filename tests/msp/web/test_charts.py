"""Charts tell the truth: zero-based, to scale, within their frame."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp.web import charts
from msp.web.charts.amounts import steps
from msp.web.charts.drawing import clip, text_width
from msp.web.charts.times import shade_of

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@given(st.integers(0, 10**9))
def test_ticks_begin_at_zero_and_reach_the_highest_value(highest: int) -> None:
    ticks = steps(highest)
    assert ticks[0] == 0
    assert ticks[-1] >= highest
    assert 2 <= len(ticks) <= 6
    assert len({after - before for before, after in pairwise(ticks)}) == 1


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_bars_are_as_long_as_their_values(values: list[int]) -> None:
    drawing = charts.bars([("x", value, "") for value in values])
    longest = max(box.width for box in drawing.boxes)
    for value, box in zip(values, drawing.boxes, strict=True):
        assert box.width == pytest.approx(max(longest * value / (max(values) or 1), 1), abs=0.2)
        assert box.x + box.width <= drawing.width


def test_a_bar_opens_the_list_behind_it() -> None:
    drawing = charts.bars([("引き継ぎ漏れ", 1200, "/t?reason=handover")])
    assert [(box.url, box.tip) for box in drawing.boxes] == [("/t?reason=handover", "引き継ぎ漏れ: 1,200")]


def test_long_names_are_cut_where_the_bars_begin() -> None:
    assert clip("短い", 100) == "短い"
    assert clip("とても長い理由の名前です", 60).endswith("…")
    assert text_width(clip("とても長い理由の名前です", 60)) <= 60


@given(st.lists(st.tuples(*[st.integers(0, 500)] * 3), min_size=1, max_size=12))
def test_piles_stand_on_zero_and_their_parts_touch(parts: list[tuple[int, int, int]]) -> None:
    drawing = charts.stacked([charts.Pile("m", part) for part in parts], ("met", "missed", "apart"))
    ground = next(rule.y1 for rule in drawing.lines if rule.tone == "axis")
    for x in {box.x for box in drawing.boxes}:
        foot = ground
        for box in (box for box in drawing.boxes if box.x == x):
            assert box.y + box.height == pytest.approx(foot, abs=0.2)
            foot = box.y
    assert all(box.y >= 0 for box in drawing.boxes)


def test_the_target_of_a_pile_is_a_share_of_what_is_judged() -> None:
    drawing = charts.stacked([charts.Pile("11月", (90, 10, 50))], ("met", "missed", "apart"), target=Fraction(9, 10))
    met = next(box for box in drawing.boxes if box.tone == "1")
    target = next(rule for rule in drawing.lines if rule.tone == "target")
    assert target.y1 == pytest.approx(met.y, abs=0.2)


def test_the_names_of_parts_do_not_lie_on_each_other() -> None:
    drawing = charts.stacked([charts.Pile("11月", (100, 1, 1))], ("met", "missed", "apart"))
    at = [label.y for label in drawing.labels if label.text in ("met", "missed", "apart")]
    assert all(below - above >= 15 for below, above in pairwise(at))


def test_a_missing_value_is_a_gap_in_the_line() -> None:
    drawing = charts.line(["4", "5", "6", "7"], [90, None, 95, 97], target=95, highest=100, unit="%")
    assert [len(curve.dots) for curve in drawing.curves] == [1, 2]
    assert [label.text for label in drawing.labels if label.tone == "strong"] == ["97%"]


def test_a_line_without_values_is_only_a_frame() -> None:
    assert charts.line([], []).curves == ()


@pytest.mark.parametrize(("value", "tone"), [(Fraction(95, 100), "1"), (Fraction(949, 1000), "2")])
def test_a_bullet_shows_whether_the_target_is_met(value: Fraction, tone: str) -> None:
    drawing = charts.bullet(value, Fraction(95, 100))
    bar, mark = drawing.boxes[-1], drawing.lines[0]
    assert bar.tone == tone
    assert (bar.x + bar.width >= mark.x1 - 0.2) == (tone == "1")


def test_shades_go_by_fifths_of_the_busiest_cell() -> None:
    assert [shade_of(count, 10) for count in (0, 1, 2, 3, 10)] == [0, 1, 1, 2, 5]


def test_equal_service_hours_share_one_frame() -> None:
    office, short, none = ((9, 18),), ((9, 12),), (0,) * 24
    rows = [charts.HeatRow("月", none, office), charts.HeatRow("火", none, office), charts.HeatRow("水", none, short)]
    frames = [box for box in charts.heat(rows).boxes if box.tone == "frame"]
    assert [(box.width, box.height) for box in frames] == [(9 * 27, 48), (3 * 27, 24)]


def test_a_holiday_is_shaded_and_still_shows_what_came_in() -> None:
    counts = (0,) * 10 + (2,) + (0,) * 13
    drawing = charts.heat([charts.HeatRow("祝", counts, (), shaded=True)])
    assert [box.tone for box in drawing.boxes] == ["band", "h5"]


def test_open_time_is_to_scale_and_a_night_is_narrow() -> None:
    segments = (
        charts.Segment(MONDAY, MONDAY + 3 * HOUR, "running"),
        charts.Segment(MONDAY + 3 * HOUR, MONDAY + 4 * HOUR, "paused"),
        charts.Segment(MONDAY + 4 * HOUR, MONDAY + 24 * HOUR, "closed"),
        charts.Segment(MONDAY + 24 * HOUR, MONDAY + 26 * HOUR, "running"),
    )
    drawing = charts.ribbon(segments, ())
    running, paused, closed, after = (box.width for box in drawing.boxes)
    assert running == pytest.approx(3 * paused, abs=0.3)
    assert after == pytest.approx(2 * paused, abs=0.3)
    assert closed < paused
    assert sum((running, paused, closed, after)) == pytest.approx(drawing.width, abs=0.3)


def test_a_ribbon_changes_colour_at_the_breach() -> None:
    drawing = charts.ribbon((charts.Segment(MONDAY, MONDAY + 4 * HOUR, "running"),), (), breached_at=MONDAY + 3 * HOUR)
    assert [box.tone for box in drawing.boxes] == ["1", "2"]
    assert drawing.boxes[0].width == pytest.approx(3 * drawing.boxes[1].width, abs=0.3)


def test_marks_that_would_touch_go_to_rows_of_their_own() -> None:
    marks = [charts.Mark(MONDAY + HOUR, "初回応答の期限"), charts.Mark(MONDAY + HOUR, "初回応答")]
    drawing = charts.ribbon((charts.Segment(MONDAY, MONDAY + 4 * HOUR, "running"),), marks)
    assert len({label.y for label in drawing.labels}) == 2
    assert all(label.y < drawing.height for label in drawing.labels)


def test_a_ribbon_of_nothing_is_empty() -> None:
    assert charts.ribbon((), ()).boxes == ()
