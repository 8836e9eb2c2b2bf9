"""A balanced entry for a document, a payment, a use of it: positive amounts on two sides, no unit of tax lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from billing.rules.money import split

Side = Literal["debit", "credit"]
RECEIVABLE: Final = "receivable"
ADVANCES: Final = "advances"
FEES: Final = "fees"
SALES: Final = "sales"
ZERO: Final = Decimal(0)
Taxes = tuple[tuple[str, Decimal, str], ...]
"""What is charged on a line: (category, rate, name) of each tax."""


@dataclass(frozen=True, slots=True)
class Row:
    """One side of an entry. `tax` is the share of it that is in `amount`."""

    side: Side
    account: str
    amount: Decimal
    tax: Decimal = ZERO
    category: str = ""
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line as far as the journal needs it; the amount in the sense of the document's prices."""

    account: str
    amount: Decimal
    taxes: Taxes


@dataclass(frozen=True, slots=True)
class Totals:
    """A document's own figures: `bases` and `taxes` by tax."""

    net: Decimal
    gross: Decimal
    payable: Decimal
    currency: str
    bases: Mapping[tuple[str, Decimal, str], Decimal]
    taxes: Mapping[tuple[str, Decimal, str], Decimal]


def of_document(lines: Sequence[Line], totals: Totals, *, credit_note: bool = False) -> tuple[Row, ...]:
    """What is owed against revenue by account and tax; a credit note the other way round."""
    raw: dict[tuple[str, Taxes], Decimal] = {}
    for line in lines:
        key = (line.account or SALES, line.taxes)
        raw[key] = raw.get(key, ZERO) + line.amount
    keys = list(raw) or [(SALES, ())]
    nets = _nets(keys, [raw.get(key, ZERO) for key in keys], totals)
    held_tax = [ZERO] * len(keys)
    for each_tax, amount in totals.taxes.items():
        held = [place for place, (_, ours) in enumerate(keys) if each_tax in ours] or [0]
        for place, share in zip(held, _spread(amount, [nets[each] for each in held], totals.currency), strict=True):
            held_tax[place] += share
    plus: Side = "debit" if credit_note else "credit"
    rows = [_row("credit" if credit_note else "debit", RECEIVABLE, totals.payable)]
    rows.append(_row("credit" if credit_note else "debit", ADVANCES, totals.gross - totals.payable))
    for (account, ours), net, tax in zip(keys, nets, held_tax, strict=True):
        rate = sum((each[1] for each in ours), ZERO) if ours else None
        rows.append(_row(plus, account, net + tax, tax, ours[0][0] if ours else "", rate))
    return tuple(row for row in rows if row.amount)


def of_payment(amount: Decimal, method: str) -> tuple[Row, ...]:
    """Money on an account against what clients have with us; one taken back the other way round."""
    return (_row("debit", method, amount), _row("credit", ADVANCES, amount))


def of_allocation(amount: Decimal, fee: Decimal) -> tuple[Row, ...]:
    """What clients have with us, and the fee we bear, against what they owe."""
    rows = (_row("debit", ADVANCES, amount), _row("debit", FEES, fee), _row("credit", RECEIVABLE, amount + fee))
    return tuple(row for row in rows if row.amount)


def balance(rows: Sequence[Row]) -> Decimal:
    """Debits less credits: zero for every entry."""
    return sum((row.amount if row.side == "debit" else -row.amount for row in rows), ZERO)


def _nets(keys: Sequence[tuple[str, Taxes]], raw: Sequence[Decimal], totals: Totals) -> list[Decimal]:
    """The net of each account and tax: each tax's base over its accounts, where that adds up; else the whole net."""
    nets = [ZERO] * len(keys)
    for taxes in dict.fromkeys(ours for _, ours in keys):
        held = [place for place, (_, ours) in enumerate(keys) if ours == taxes]
        base = totals.bases.get(taxes[0], ZERO) if taxes else sum((raw[place] for place in held), ZERO)
        for place, share in zip(held, _spread(base, [raw[each] for each in held], totals.currency), strict=True):
            nets[place] = share
    return nets if sum(nets, ZERO) == totals.net else list(_spread(totals.net, raw, totals.currency))


def _spread(amount: Decimal, weights: Sequence[Decimal], currency: str) -> tuple[Decimal, ...]:
    """By largest remainder; where weights cancel out the first takes it all."""
    if not sum(weights, ZERO):
        weights = [Decimal(1), *(ZERO for _ in weights[1:])]
    return split(amount, weights, currency)


def _row(
    side: Side, account: str, amount: Decimal, tax: Decimal = ZERO, category: str = "", rate: Decimal | None = None
) -> Row:
    if amount < 0:
        side, amount, tax = ("credit" if side == "debit" else "debit"), -amount, -tax
    return Row(side, account, amount, tax, category, rate)
