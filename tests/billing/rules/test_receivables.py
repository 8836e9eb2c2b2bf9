"""What is open, where payments go, who is reminded."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.ageing import Claim, ageing, bucket_of
from billing.rules.dunning import Level, Proposal, Reminder, proposals
from billing.rules.money import Money
from billing.rules.payments import Allocated, settle

DUE = date(2026, 6, 30)


def yen(amount: int) -> Money:
    return Money(Decimal(amount), "JPY")


def claim(number: str, amount: int, due: date = DUE, **more: int) -> Claim:
    disputed = yen(more["disputed"]) if "disputed" in more else None
    return Claim(number=number, issued=date(2026, 6, 1), due=due, total=yen(amount), disputed=disputed)


@pytest.mark.parametrize(
    ("day", "bucket"),
    [
        (date(2026, 6, 1), "current"),
        (date(2026, 6, 30), "current"),
        (date(2026, 7, 1), "1-30"),
        (date(2026, 7, 30), "1-30"),
        (date(2026, 7, 31), "31-60"),
        (date(2026, 8, 30), "61-90"),
        (date(2026, 9, 28), "61-90"),
        (date(2026, 9, 29), "over 90"),
    ],
)
def test_buckets_count_days_past_due(day: date, bucket: str) -> None:
    assert bucket_of(DUE, day) == bucket


def test_a_past_day_is_seen_as_it_was() -> None:
    told = Claim(
        number="1",
        issued=date(2026, 6, 1),
        due=DUE,
        total=yen(1000),
        paid=((date(2026, 7, 5), yen(700)), (date(2026, 7, 9), yen(-100))),
        credited=((date(2026, 7, 7), yen(500)),),
    )
    seen = [told.open_on(date(2026, month, day)) for month, day in ((5, 31), (7, 4), (7, 5), (7, 7), (7, 9))]
    assert seen == [yen(0), yen(1000), yen(300), yen(-200), yen(-100)]
    assert ageing([told], date(2026, 7, 8), "JPY")["1-30"] == yen(-200)


@given(st.lists(st.tuples(st.integers(-1000, 1000), st.integers(0, 200)), max_size=8))
def test_the_buckets_hold_all_that_is_open(told: list[tuple[int, int]]) -> None:
    claims = [claim(str(amount), amount, date.fromordinal(DUE.toordinal() - past)) for amount, past in told]
    sums = ageing(claims, DUE, "JPY")
    assert sum(money.amount for money in sums.values()) == sum(amount for amount, _ in told)
    assert len(sums) == 5


def test_the_oldest_due_is_paid_first_then_by_number() -> None:
    claims = [claim("INV-10", 100), claim("INV-9", 100), claim("INV-99", 100, date(2026, 5, 31))]
    settled = settle(yen(250), claims, DUE)
    assert [(part.number, part.amount) for part in settled.allocated] == [
        ("INV-99", yen(100)),
        ("INV-9", yen(100)),
        ("INV-10", yen(50)),
    ]
    assert settle(yen(320), claims, DUE).surplus == yen(20)


def test_a_fee_the_bank_kept_closes_with_a_reason() -> None:
    settled = settle(yen(670), [claim("1", 1000)], DUE, fee=yen(330), reason="bank fee")
    assert settled.allocated == (Allocated("1", yen(670), yen(330), "bank fee"),)
    with pytest.raises(ValueError, match="reason"):
        settle(yen(670), [claim("1", 1000)], DUE, fee=yen(330))


def test_a_payment_taken_back_is_no_payment() -> None:
    with pytest.raises(ValueError, match="not negative"):
        settle(yen(-1), [], DUE)


LADDER = (Level("friendly", 3), Level("firm", 14, 7))


def test_levels_follow_each_other_with_rest_between() -> None:
    told, sent = [claim("1", 1000)], [Reminder("1", 1, date(2026, 7, 10))]
    assert proposals(told, LADDER, (), date(2026, 7, 2)) == ()
    assert proposals(told, LADDER, (), date(2026, 7, 3)) == (Proposal("1", 1, "friendly", 3, yen(1000)),)
    assert proposals(told, LADDER, sent, date(2026, 7, 16)) == ()
    assert [found.level for found in proposals(told, LADDER, sent, date(2026, 7, 17))] == [2]


def test_no_second_reminder_on_one_day() -> None:
    told = [claim("1", 1000), claim("2", 1000)]
    assert proposals(told, LADDER, [Reminder("2", 1, date(2026, 7, 20))], date(2026, 7, 20)) == ()


def test_lines_in_question_are_left_out_of_reminders() -> None:
    told = [claim("1", 1000, disputed=400), claim("2", 1000, disputed=1000)]
    assert [(found.number, found.amount) for found in proposals(told, LADDER, (), date(2026, 7, 20))] == [
        ("1", yen(600))
    ]
