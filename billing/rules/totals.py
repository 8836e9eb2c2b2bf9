"""From lines to the totals of a document: one tax per rate, net, gross and what is to be paid (EN 16931)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from billing.rules.currencies import exponent_of
from billing.rules.money import Direction, Money, round_to
from billing.rules.tax import Tax, tax_of

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """Quantity times price per base quantity, plus charges, less allowances (amounts of any sign).

    `net` is a stated amount that stays as it is. "Net" of a line means before document discounts; when a document's
    prices include tax, it includes tax too.
    """

    quantity: Decimal
    price: Decimal
    taxes: tuple[Tax, ...]
    base_quantity: Decimal = Decimal(1)
    charges: tuple[Decimal, ...] = ()
    allowances: tuple[Decimal, ...] = ()
    net: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An allowance or a charge on a whole document, within one tax; the amount is written positive."""

    amount: Decimal
    taxes: tuple[Tax, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TaxGroup:
    """What a document says of one tax: the net base, the tax on it, and both together."""

    tax: Tax
    base: Decimal
    amount: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """How a document counts: frozen on it when it is made."""

    currency: str
    prices_include_tax: bool = False
    amounts: Direction = "half_up"
    tax: Direction = "half_up"


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures at the foot of a document; `line_total`, `allowances` and `charges` are as its prices are."""

    line_nets: tuple[Decimal, ...]
    line_total: Decimal
    allowances: Decimal
    charges: Decimal
    groups: tuple[TaxGroup, ...]
    net: Decimal
    tax: Decimal
    gross: Decimal
    prepaid: Decimal
    rounding: Decimal
    payable: Decimal


def extended(quantity: Decimal, price: Decimal, base_quantity: Decimal, currency: str, mode: Direction) -> Decimal:
    """Quantity times price per base quantity, rounded once. Raises `ValueError` for a base quantity not above 0."""
    if base_quantity <= 0:
        raise ValueError("a base quantity is above zero")
    return round_to(Fraction(quantity) * Fraction(price) / Fraction(base_quantity), exponent_of(currency), mode)


def line_net(line: Line, terms: Terms) -> Decimal:
    """The amount of a line in the document's currency."""
    if line.net is not None:
        return Money(line.net, terms.currency).amount
    rounded = extended(line.quantity, line.price, line.base_quantity, terms.currency, terms.amounts)
    return Money(rounded + sum(line.charges, ZERO) - sum(line.allowances, ZERO), terms.currency).amount


def bases(
    parts: Iterable[tuple[tuple[Tax, ...], Decimal]],
) -> dict[Tax, Decimal]:
    """What each tax is counted from, in order of appearance; a tax once named stays, even at 0."""
    sums: dict[Tax, Decimal] = {}
    for taxes, amount in parts:
        for tax in taxes:
            sums[tax] = sums.get(tax, ZERO) + amount
    return sums


def tax_groups(parts: Sequence[tuple[tuple[Tax, ...], Decimal]], terms: Terms) -> tuple[TaxGroup, ...]:
    """One group per (category, numeric rate, name) of (taxes, amount) parts, the tax of each rounded once."""
    if terms.prices_include_tax and any(len(taxes) > 1 for taxes, _ in parts):
        raise ValueError("prices that include tax bear one tax each")
    groups = []
    for tax, base in bases(parts).items():
        amount = tax_of(base, tax.rate, terms.currency, terms.tax, included=terms.prices_include_tax)
        net = base - amount if terms.prices_include_tax else base
        groups.append(TaxGroup(tax, net, amount, net + amount))
    return tuple(groups)


def totals(
    lines: Sequence[Line],
    terms: Terms,
    *,
    allowances: Sequence[Adjustment] = (),
    charges: Sequence[Adjustment] = (),
    prepaid: Decimal = ZERO,
    rounding: Decimal = ZERO,
) -> Totals:
    """The totals of a document; `prepaid` and the payable `rounding` are stated and lie outside tax.

    Amounts not on the currency's scale raise `ValueError`; see billing.md 1 for the order of rounding.
    """
    zero, prepaid, rounding = (Money(amount, terms.currency).amount for amount in (ZERO, prepaid, rounding))
    nets = tuple(line_net(line, terms) for line in lines)
    less = [(entry.taxes, -Money(entry.amount, terms.currency).amount) for entry in allowances]
    more = [(entry.taxes, Money(entry.amount, terms.currency).amount) for entry in charges]
    parts = [(line.taxes, net) for line, net in zip(lines, nets, strict=True)] + more + less
    groups = tax_groups(parts, terms)
    stated = sum((amount for _, amount in parts), zero)
    tax = sum((group.amount for group in groups), zero)
    net = stated - tax if terms.prices_include_tax else stated
    return Totals(
        line_nets=nets,
        line_total=sum(nets, zero),
        allowances=zero - sum((amount for _, amount in less), zero),
        charges=sum((amount for _, amount in more), zero),
        groups=groups,
        net=net,
        tax=tax,
        gross=net + tax,
        prepaid=prepaid,
        rounding=rounding,
        payable=net + tax - prepaid + rounding,
    )
