"""Amounts of money: exact numbers, their currency, and the one function that rounds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, Self

from billing.rules.currencies import exponent_of

Direction = Literal["half_up", "half_down", "down", "up"]
Number = Decimal | Fraction | int


class MixedCurrenciesError(ValueError):
    """Two currencies met in one sum."""


def round_to(value: Number, exponent: int, mode: Direction) -> Decimal:
    """`value` with `exponent` decimals; judged on the magnitude, the sign put back, zero never negative.

    Exact whatever the decimal context: the number is counted in whole parts until its last digit is known.
    """
    if not isinstance(value, int | Decimal | Fraction):
        raise TypeError(f"money is never counted in {type(value).__name__}")
    scaled, parts = value.as_integer_ratio()
    if exponent >= 0:
        scaled *= 10**exponent
    else:
        parts *= 10**-exponent
    whole, rest = divmod(abs(scaled), parts)
    match mode:
        case "half_up":
            whole += 2 * rest >= parts
        case "half_down":
            whole += 2 * rest > parts
        case "up":
            whole += rest > 0
        case "down":
            pass
        case _:
            raise ValueError(f"unknown direction {mode!r}")
    return Decimal(f"{'-' if scaled < 0 < whole else ''}{whole}E{-exponent}")


def share_out(units: int, weights: Sequence[Number]) -> tuple[int, ...]:
    """Whole `units` by weight: floors of the magnitude, then largest remainder, ties to the earlier, sign restored.

    Weights may be of either sign as long as they do not cancel out. Raises `ValueError` where units have nowhere to go.
    """
    exact = [Fraction(weight) for weight in weights]
    whole = sum(exact, Fraction())
    if not whole:
        if units:
            raise ValueError("nothing to share the amount by")
        return (0,) * len(exact)
    ideal = [abs(units) * weight / whole for weight in exact]
    floors = [share.numerator // share.denominator for share in ideal]
    by_remainder = sorted(range(len(ideal)), key=lambda index: floors[index] - ideal[index])
    for index in by_remainder[: abs(units) - sum(floors)]:
        floors[index] += 1
    return tuple(-share for share in floors) if units < 0 else tuple(floors)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency, never finer than the currency (ISO 4217), always written with all its decimals."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        stated = round_to(self.amount, exponent_of(self.currency), "down")
        if stated != self.amount:
            raise ValueError(f"{self.amount} is finer than {self.currency} allows")
        object.__setattr__(self, "amount", stated)

    @classmethod
    def rounded(cls, value: Number, currency: str, mode: Direction) -> Self:
        """The amount nearest to an exact value in the given direction."""
        return cls(round_to(value, exponent_of(currency), mode), currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(Decimal(0), currency)

    def _same(self, other: "Money") -> Decimal:
        if self.currency != other.currency:
            raise MixedCurrenciesError(f"{self.currency} and {other.currency} do not add up")
        return other.amount

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(0 - self.amount, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.amount >= self._same(other)

    def __bool__(self) -> bool:
        return bool(self.amount)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum, zero of `currency` when there is nothing to add. Raises `MixedCurrenciesError`."""
    return sum(amounts, Money.zero(currency))


def split(amount: Decimal, weights: Sequence[Number], currency: str) -> tuple[Decimal, ...]:
    """`allocate` for a bare amount whose currency is known from its document."""
    exponent = exponent_of(currency)
    units = int(Money(amount, currency).amount.scaleb(exponent))
    return tuple(round_to(Fraction(share) / 10**exponent, exponent, "down") for share in share_out(units, weights))


def allocate(amount: Money, weights: Sequence[Number]) -> tuple[Money, ...]:
    """The amount in shares by weight that add up to it to the last unit: see `share_out`."""
    return tuple(Money(share, amount.currency) for share in split(amount.amount, weights, amount.currency))
