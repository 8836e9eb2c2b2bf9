"""Rounding, currencies and shares: no unit is lost, no direction guessed."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.currencies import EXPONENTS, UnknownCurrencyError, exponent_of
from billing.rules.money import Direction, MixedCurrenciesError, Money, allocate, round_to, share_out, total


@pytest.mark.parametrize(
    ("value", "exponent", "mode", "rounded"),
    [
        ("16.125", 2, "half_up", "16.13"),
        ("-16.125", 2, "half_up", "-16.13"),
        ("16.125", 2, "half_down", "16.12"),
        ("16.129", 2, "down", "16.12"),
        ("-16.129", 2, "down", "-16.12"),
        ("16.121", 2, "up", "16.13"),
        ("-16.121", 2, "up", "-16.13"),
        ("99.9", 0, "down", "99"),
        ("0.0005", 3, "half_up", "0.001"),
    ],
)
def test_rounding_judges_the_magnitude(value: str, exponent: int, mode: Direction, rounded: str) -> None:
    assert str(round_to(Decimal(value), exponent, mode)) == rounded


def test_zero_is_never_negative() -> None:
    assert str(round_to(Decimal("-0.4"), 0, "half_up")) == "0"
    assert str(-Money(Decimal(0), "EUR").amount) == "0.00"


def test_rounding_does_not_listen_to_the_decimal_context() -> None:
    with localcontext() as context:
        context.prec = 3
        assert str(round_to(Decimal("123456789012345678.125"), 2, "half_up")) == "123456789012345678.13"


def test_binary_numbers_are_refused() -> None:
    with pytest.raises(TypeError):
        round_to(1.5, 0, "down")  # type: ignore[arg-type]


def test_an_unknown_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="half_even"):
        round_to(1, 0, "half_even")  # type: ignore[arg-type]


@given(st.fractions(), st.integers(0, 4), st.sampled_from(["half_up", "half_down", "down", "up"]))
def test_rounding_moves_less_than_a_unit_and_only_once(value: Fraction, exponent: int, mode: Direction) -> None:
    rounded = round_to(value, exponent, mode)
    assert abs(Fraction(rounded) - value) < Fraction(1, 10**exponent)
    assert round_to(rounded, exponent, mode) == rounded
    assert Fraction(round_to(-value, exponent, mode)) == -Fraction(rounded)


def test_the_table_is_iso_and_not_cldr() -> None:
    assert (exponent_of("IQD"), exponent_of("IDR"), exponent_of("ISK"), exponent_of("CLF")) == (3, 2, 0, 4)
    assert "BGN" not in EXPONENTS
    assert all(len(code) == 3 and code.isupper() for code in EXPONENTS)


def test_an_unknown_currency_is_named() -> None:
    with pytest.raises(UnknownCurrencyError, match="XXY"):
        exponent_of("XXY")


def test_currencies_do_not_mix() -> None:
    yen, euro = Money(Decimal(1), "JPY"), Money(Decimal(1), "EUR")
    with pytest.raises(MixedCurrenciesError):
        total([yen, euro], "JPY")
    with pytest.raises(MixedCurrenciesError):
        assert yen < euro


def test_an_amount_is_never_finer_than_its_currency() -> None:
    assert str(Money(Decimal("1.50"), "KWD").amount) == "1.500"
    with pytest.raises(ValueError, match="finer"):
        Money(Decimal("1.5"), "JPY")


def test_ties_go_to_the_earlier() -> None:
    assert share_out(1, [1, 1]) == (1, 0)
    assert share_out(-1, [1, 1]) == (-1, 0)
    assert share_out(100, [1, 1, 1]) == (34, 33, 33)


def test_units_need_somewhere_to_go() -> None:
    assert share_out(0, [0, 0]) == (0, 0)
    with pytest.raises(ValueError, match="nothing to share"):
        share_out(1, [0, 0])


@given(st.integers(), st.lists(st.integers(0, 1000), min_size=1).filter(any))
def test_allocating_loses_no_unit_and_strays_by_less_than_one(units: int, weights: list[int]) -> None:
    shares = share_out(units, weights)
    assert sum(shares) == units
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(units * weight, sum(weights))) < 1


def test_money_is_shared_to_the_cent() -> None:
    shares = allocate(Money(Decimal("-0.05"), "EUR"), [1, 1, 2])
    assert [str(share.amount) for share in shares] == ["-0.01", "-0.01", "-0.03"]
