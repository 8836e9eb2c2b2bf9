"""Tax: which one holds on a day of supply, and its amount, rounded once per rate of a document."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from billing.rules.currencies import exponent_of
from billing.rules.money import Direction, round_to, split


class NoRateError(LookupError):
    """No tax rate is written down for that code and day of supply."""


@dataclass(frozen=True, slots=True)
class Tax:
    """One tax on a line; two are the same whatever way their percent is written (10 and 10.00).

    `category` is a code of UN/CEFACT 5305 (S, AA, Z, E, AE, K, G, O ...), `rate` is in percent, `name` is the
    jurisdiction's where several taxes stand side by side (US, Canada), else empty.
    """

    category: str
    rate: Decimal
    name: str = ""


@dataclass(frozen=True, slots=True)
class DatedTax:
    """A tax that a code stands for from one day of supply up to, not including, another."""

    code: str
    tax: Tax
    begin: date = date.min
    end: date = date.max
    site: str | None = None
    reason: str = ""

    def holds(self, code: str, supplied: date, site: str | None) -> bool:
        return self.code == code and self.begin <= supplied < self.end and self.site in (None, site)


@dataclass(frozen=True, slots=True)
class Certificate:
    """An exemption from the taxes it names (none named: from all), the last day included."""

    valid_from: date
    expires: date
    taxes: frozenset[str] = frozenset()

    def frees(self, tax: Tax, supplied: date) -> bool:
        return self.valid_from <= supplied <= self.expires and (not self.taxes or tax.name in self.taxes)


def taxes_on(
    code: str,
    supplied: date,
    table: Iterable[DatedTax],
    site: str | None = None,
    certificates: Sequence[Certificate] = (),
) -> tuple[Tax, ...]:
    """The taxes of a code on the day of supply, in the table's order; certificates free from named ones.

    An empty answer means "all of them are exempt by certificate". Raises `NoRateError` when the table knows none.
    """
    held = [dated.tax for dated in table if dated.holds(code, supplied, site)]
    if not held:
        raise NoRateError(f"no tax rate for {code!r} on {supplied}")
    return tuple(tax for tax in held if not (tax.name and any(c.frees(tax, supplied) for c in certificates)))


def default_tax_direction(country: str) -> Direction:
    """Japan drops the fraction of a yen, the others round half up (a setting of the issuer, this is its default)."""
    return "down" if country == "JP" else "half_up"


def tax_of(base: Decimal, rate: Decimal, currency: str, direction: Direction, *, included: bool = False) -> Decimal:
    """The tax on a net base, or the tax inside a gross base when prices include it; rate in percent."""
    percent = Fraction(rate)
    share = percent / (100 + percent) if included else percent / 100
    return round_to(Fraction(base) * share, exponent_of(currency), direction)


def convert_tax(
    taxes: Sequence[Decimal], exchange: Decimal, currency: str, direction: Direction
) -> tuple[Decimal, tuple[Decimal, ...]]:
    """The document's rounded tax in another currency, rounded once, and what of it belongs to each rate.

    `exchange` is units of `currency` for one unit of the document's currency.
    """
    document_tax = sum(taxes, Decimal(0))
    converted = round_to(Fraction(document_tax) * Fraction(exchange), exponent_of(currency), direction)
    return converted, split(converted, [abs(tax) for tax in taxes] if not document_tax else taxes, currency)


def convert_base(
    bases: Sequence[tuple[Decimal, Decimal]], exchange: Decimal, currency: str, direction: Direction
) -> tuple[Decimal, tuple[Decimal, ...]]:
    """The tax computed anew in another currency from each (net base, rate in percent), rounded once per rate."""
    per_rate = tuple(
        round_to(Fraction(base) * Fraction(exchange) * Fraction(rate) / 100, exponent_of(currency), direction)
        for base, rate in bases
    )
    return sum(per_rate, round_to(0, exponent_of(currency), direction)), per_rate
