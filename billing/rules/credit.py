"""Credit notes: never more than is left, and their tax is what the whole credit so far makes it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.rules.currencies import exponent_of
from billing.rules.money import Number, round_to, split
from billing.rules.tax import Tax, tax_of
from billing.rules.totals import Adjustment, TaxGroup, Terms, bases

ZERO = Decimal(0)


class MoreThanIsLeftError(ValueError):
    """More was to be credited than a line has left; `left` is the rest to offer, by line key."""

    def __init__(self, left: Mapping[str, Decimal]) -> None:
        super().__init__("more than is left: " + ", ".join(f"{key} {amount}" for key, amount in left.items()))
        self.left = left


@dataclass(frozen=True, slots=True)
class InvoicedLine:
    """What an invoice asked for a line after its share of the document discounts, in the sense of its prices."""

    key: str
    taxes: tuple[Tax, ...]
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CreditNote:
    """Amounts are positive where the invoice's are; `groups` hold net base, tax and gross credited by this note."""

    lines: Mapping[str, Decimal]
    groups: tuple[TaxGroup, ...]
    net: Decimal
    tax: Decimal
    gross: Decimal


def invoiced_lines(
    lines: Sequence[tuple[str, tuple[Tax, ...], Decimal]], allowances: Iterable[Adjustment], currency: str
) -> tuple[InvoicedLine, ...]:
    """Lines (key, taxes, amount) less their share, by largest remainder, of the allowances on their taxes."""
    less = [ZERO] * len(lines)
    for allowance in allowances:
        members = [index for index, (_, taxes, _) in enumerate(lines) if taxes == allowance.taxes]
        weights = [max(lines[index][2], ZERO) for index in members]
        for index, share in zip(members, split(allowance.amount, weights, currency), strict=True):
            less[index] += share
    return tuple(InvoicedLine(key, taxes, amount - off) for (key, taxes, amount), off in zip(lines, less, strict=True))


def left_to_credit(lines: Sequence[InvoicedLine], earlier: Iterable[CreditNote] = ()) -> dict[str, Decimal]:
    """What each line has left after the notes issued so far."""
    left = {line.key: line.amount for line in lines}
    for note in earlier:
        for key, amount in note.lines.items():
            left[key] -= amount
    return left


def credit(
    lines: Sequence[InvoicedLine],
    wanted: Mapping[str, Number],
    terms: Terms,
    earlier: Sequence[CreditNote] = (),
) -> CreditNote:
    """The next credit note on an invoice: amounts by line are rounded first (half up), then taxed by its terms.

    Tax per rate = rounded tax of all credited so far less the tax already credited, so that everything credited makes
    zero. Raises `MoreThanIsLeftError` (an amount of the other sign counts as more), `KeyError` for a strange line.
    """
    left = left_to_credit(lines, earlier)
    exponent = exponent_of(terms.currency)
    amounts = {key: round_to(amount, exponent, "half_up") for key, amount in wanted.items()}
    beyond = {key: left[key] for key, amount in amounts.items() if not _within(amount, left[key])}
    if beyond:
        raise MoreThanIsLeftError(beyond)
    now = bases((line.taxes, amounts[line.key]) for line in lines if line.key in amounts)
    groups = tuple(_group(tax, base, terms, earlier) for tax, base in now.items())
    stated = sum(amounts.values(), round_to(0, exponent, "down"))
    tax = sum((group.amount for group in groups), round_to(0, exponent, "down"))
    net = stated - tax if terms.prices_include_tax else stated
    return CreditNote(amounts, groups, net, tax, net + tax)


def credit_all(lines: Sequence[InvoicedLine], terms: Terms, earlier: Sequence[CreditNote] = ()) -> CreditNote:
    """The note that leaves nothing of an invoice."""
    return credit(
        lines, {key: amount for key, amount in left_to_credit(lines, earlier).items() if amount}, terms, earlier
    )


def _within(amount: Decimal, left: Decimal) -> bool:
    return min(left, ZERO) <= amount <= max(left, ZERO)


def _group(tax: Tax, stated: Decimal, terms: Terms, earlier: Iterable[CreditNote]) -> TaxGroup:
    before = [group for note in earlier for group in note.groups if group.tax == tax]
    credited = sum((group.gross if terms.prices_include_tax else group.base for group in before), ZERO)
    so_far = tax_of(credited + stated, tax.rate, terms.currency, terms.tax, included=terms.prices_include_tax)
    amount = so_far - sum((group.amount for group in before), ZERO)
    net = stated - amount if terms.prices_include_tax else stated
    return TaxGroup(tax, net, amount, net + amount)
