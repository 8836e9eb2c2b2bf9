"""How a version counts time, as a form says it: a rule's name tells its minutes to any reader."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from billing.schemas.counting_form import rule_minutes, rule_name


@given(st.integers(1, 1440), st.integers(0, 1440))
def test_a_rules_name_tells_its_minutes(step: int, minimum: int) -> None:
    assert rule_minutes(rule_name(step, minimum)) == (minimum, step)


def test_a_name_the_desk_gave_stays_a_name() -> None:
    assert rule_minutes("on site") is rule_minutes("15 min!") is None
