"""Lots, draws, rollover: whose hours are used, and what becomes of the rest."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.periods import Period, next_period, period_of
from billing.rules.prepaid import (
    Ledger,
    Lot,
    Need,
    covering_earlier,
    grant,
    last_day_after,
    left_of,
    notices_due,
    overage_amount,
    overage_units,
    run_period,
    run_periods,
)

JANUARY = period_of(date(2026, 1, 1))
FEBRUARY, MARCH = next_period(JANUARY), next_period(next_period(JANUARY))


def need(day: date, minutes: int, key: str = "n", weight: Decimal = Decimal(1), booked: date | None = None) -> Need:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Need(key=key, at=at, day=day, raw=minutes, weighted=Fraction(minutes) * Fraction(weight), booked=booked)


def bought(key: str, units: int, since: date, last_day: date | None = None) -> Lot:
    return Lot(key=key, source="purchase", units=units, since=since, last_day=last_day)


def drawn(ledger: Ledger) -> list[tuple[str | None, int]]:
    return [(draw.lot, int(draw.weighted)) for draw in ledger.draws]


def test_seven_of_ten_hours_used_and_five_more_logged() -> None:
    work = [need(date(2026, 1, 5), 420, "a"), need(date(2026, 1, 6), 300, "b")]
    ledger = run_period(JANUARY, [grant("g", 600, JANUARY)], work)
    assert drawn(ledger) == [("g", 420), ("g", 180), (None, 120)]
    assert overage_amount(ledger.overage, Decimal(10000), "JPY", minutes=True) == 20000


def test_use_follows_the_work_date_and_the_earliest_expiry() -> None:
    lots = [
        bought("never", 60, date(2026, 1, 1)),
        bought("later", 60, date(2026, 1, 1), MARCH.last_day),
        bought("sooner", 60, date(2026, 1, 10), FEBRUARY.last_day),
        grant("g", 60, JANUARY),
    ]
    work = [need(date(2026, 1, 20), 150), need(date(2026, 1, 5), 90)]
    assert drawn(run_period(JANUARY, lots, work)) == [
        ("g", 60), ("later", 30), ("sooner", 60), ("later", 30), ("never", 60),
    ]  # fmt: skip


def test_a_grant_goes_before_a_purchase_of_the_same_expiry() -> None:
    lots = [bought("p", 60, JANUARY.begin, JANUARY.last_day), grant("g", 60, JANUARY)]
    assert drawn(run_period(JANUARY, lots, [need(date(2026, 1, 1), 60)])) == [("g", 60)]


def test_a_purchase_covers_its_own_day_but_nothing_before_unless_told() -> None:
    lot = bought("p", 60, date(2026, 1, 10))
    early = [need(date(2026, 1, 9), 60)]
    assert run_period(JANUARY, [lot], early).overage == 60
    assert run_period(JANUARY, [lot], [need(date(2026, 1, 10), 60)]).overage == 0
    assert run_period(JANUARY, [covering_earlier(lot, date(2026, 1, 5), JANUARY)], early).overage == 0
    assert covering_earlier(lot, date(2025, 12, 5), JANUARY).valid_from == JANUARY.begin


def test_rollover_lasts_so_many_periods_after_its_own() -> None:
    assert last_day_after(JANUARY, 0) == date(2026, 1, 31)
    assert last_day_after(JANUARY, 1) == date(2026, 2, 28)
    assert last_day_after(period_of(date(2026, 1, 1), 20), 2, 20) == date(2026, 3, 20)
    assert last_day_after(JANUARY, None) is None
    ledgers = run_periods([JANUARY, FEBRUARY, MARCH], [grant("g", 60, JANUARY, 1)], [])
    assert [ledger.expired for ledger in ledgers] == [0, 60, 0]


@pytest.mark.parametrize(
    ("starts", "ends", "units"),
    [(None, None, 600), (date(2026, 1, 16), None, 310), (None, date(2026, 1, 16), 290), (date(2025, 1, 1), None, 600)],
)
def test_a_grant_is_prorated_by_the_days_it_serves(starts: date | None, ends: date | None, units: int) -> None:
    assert grant("g", 600, JANUARY, starts=starts, ends=ends).units == units


def test_a_part_of_a_month_grants_its_share_of_the_whole() -> None:
    whole = Period(date(2026, 1, 21), date(2026, 2, 21))
    bridge = Period(date(2026, 2, 1), date(2026, 2, 21))
    assert grant("g", 600, bridge, whole=whole).units == 387  # 20 of 31 days
    assert grant("g", 600, whole, whole=whole).units == 600


def test_what_covers_earlier_work_grows_no_older_by_it() -> None:
    periods = [Period(date(2026, 5, 1), date(2026, 6, 1)), Period(date(2026, 6, 1), date(2026, 7, 1))]
    given = Lot(key="g", source="grant", units=60, since=date(2026, 6, 1), last_day=date(2026, 6, 30))
    late = covering_earlier(bought("p", 60, date(2026, 6, 20), date(2026, 6, 30)), date(2026, 5, 10), periods[0])
    ledger = run_period(periods[1], [late, given], [need(date(2026, 6, 25), 60)])
    assert [draw.lot for draw in ledger.draws] == ["g"]


def test_a_grant_outside_its_service_is_nothing() -> None:
    june = Period(date(2026, 6, 1), date(2026, 7, 1))
    assert grant("g", 600, june, starts=date(2026, 7, 10)).units == 0
    assert grant("g", 600, june, ends=date(2026, 5, 10)).units == 0


def test_the_cap_takes_the_earliest_expiry_and_spares_purchases() -> None:
    lots = [grant("jan", 60, JANUARY, 2), grant("feb", 60, FEBRUARY, 2), bought("p", 600, FEBRUARY.begin)]
    _, ledger = run_periods([JANUARY, FEBRUARY], lots, [], cap=90)
    assert [(expiry.lot, int(expiry.units), expiry.why) for expiry in ledger.expiries] == [("jan", 30, "cap")]
    assert ledger.left == {"jan": 30, "feb": 60, "p": 600}


def test_late_work_draws_from_what_was_valid_then_and_has_not_expired_since() -> None:
    lots = [grant("jan", 60, JANUARY, 1), grant("feb", 60, FEBRUARY, 1), grant("gone", 60, JANUARY)]
    work = [need(date(2026, 1, 31), 90, "late", booked=date(2026, 2, 3)), need(date(2026, 2, 2), 30, "timely")]
    _, ledger = run_periods([JANUARY, FEBRUARY], lots, work)
    assert [(draw.need, draw.lot, int(draw.weighted)) for draw in ledger.draws] == [
        ("late", "jan", 60),
        ("late", None, 30),
        ("timely", "feb", 30),
    ]


def test_weighted_units_stay_exact_and_keep_their_raw_share() -> None:
    ledger = run_period(JANUARY, [grant("g", 10, JANUARY)], [need(date(2026, 1, 5), 7, weight=Decimal("1.5"))])
    assert [draw.raw for draw in ledger.draws] == [Fraction(20, 3), Fraction(1, 3)]
    assert [draw.weighted for draw in ledger.draws] == [Fraction(10), Fraction(1, 2)]


def test_a_first_grant_is_prorated_to_a_whole_unit() -> None:
    assert grant("g", 600, JANUARY, starts=date(2026, 1, 20)).units == 232
    assert grant("g", 31, JANUARY, starts=date(2026, 1, 31)).units == 1
    assert grant("g", 600, JANUARY, starts=date(2026, 1, 20)).valid_from == JANUARY.begin


def test_overage_is_rounded_up_to_its_step_once_a_month() -> None:
    assert overage_units(Fraction(61, 2), 15) == 45
    assert overage_units(Fraction(61, 2)) == Fraction(61, 2)
    assert overage_amount(31, Decimal(6000), "JPY", minutes=True, step=15) == 4500
    assert overage_amount(3, Decimal("2.50"), "EUR", minutes=False) == Decimal("7.50")


def test_the_balance_is_lots_less_draws_less_expiries() -> None:
    lots = [grant("g", 60, JANUARY), bought("p", 30, JANUARY.begin)]
    assert left_of(lots, [("g", 20), ("g", 10)], [("p", 30)]) == {"g": 30, "p": 0}


def test_carried_units_of_nowhere_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown lots"):
        run_period(JANUARY, [], [], {"x": 5})


def test_notices_are_given_once_when_a_share_is_reached() -> None:
    assert notices_due(0, 449, 600) == ()
    assert notices_due(449, 450, 600) == (75,)
    assert notices_due(450, 700, 600) == (90, 100)


def test_units_bought_ahead_wait_for_their_day() -> None:
    ledgers = run_periods([JANUARY, FEBRUARY], [bought("p", 60, date(2026, 2, 10))], [])
    assert [(int(ledger.purchased), int(ledger.carried_out)) for ledger in ledgers] == [(0, 0), (60, 60)]


def _year() -> list[Period]:
    periods = [JANUARY]
    while len(periods) < 6:
        periods.append(next_period(periods[-1]))
    return periods


days = st.dates(date(2026, 1, 1), date(2026, 6, 30))


@given(
    st.integers(0, 300),
    st.sampled_from([0, 1, 2, None]),
    st.one_of(st.none(), st.integers(0, 400)),
    st.lists(st.tuples(days, st.integers(1, 300), st.one_of(st.none(), st.integers(0, 2))), max_size=3),
    st.lists(st.tuples(days, st.integers(1, 400), days), max_size=8),
)
def test_lots_balance_every_month(
    minutes: int,
    rollover: int | None,
    cap: int | None,
    purchases: list[tuple[date, int, int | None]],
    work: list[tuple[date, int, date]],
) -> None:
    periods = _year()
    lots = [grant(f"g{period.begin}", minutes, period, rollover) for period in periods]
    lots += [
        bought(f"p{number}", units, day, last_day_after(period_of(day), months))
        for number, (day, units, months) in enumerate(purchases)
    ]
    needs = [need(day, units, str(number), Decimal("1.25"), booked) for number, (day, units, booked) in enumerate(work)]
    ledgers = run_periods(periods, lots, needs, cap)
    carried = Fraction()
    for ledger in ledgers:
        assert ledger.carried_in == carried
        assert (
            ledger.carried_in + ledger.granted + ledger.purchased == ledger.drawn + ledger.expired + ledger.carried_out
        )
        carried = ledger.carried_out
        if cap is not None:
            assert sum(units for key, units in ledger.left.items() if key.startswith("g")) <= cap
    asked = sum((Fraction(told.weighted) for told in needs), Fraction())
    assert sum((ledger.drawn + ledger.overage for ledger in ledgers), Fraction()) == asked
