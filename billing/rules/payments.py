"""Money that came in: the oldest due first, what is over becomes credit, a bank's fee is closed with a reason."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from billing.rules.ageing import Claim
from billing.rules.money import Money


@dataclass(frozen=True, slots=True)
class Allocated:
    """So much of a payment goes to a document; `fee` is what the bank kept of it and closes with the reason."""

    number: str
    amount: Money
    fee: Money
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """A proposal a person may edit: what goes where, and the surplus that stays as the tenant's credit."""

    allocated: tuple[Allocated, ...]
    surplus: Money


def by_number(number: str) -> tuple[tuple[int, int | str], ...]:
    """Numbers in the order people count them: INV-9 before INV-10."""
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"([0-9]+)", number) if part)


def in_turn(claims: Iterable[Claim]) -> list[Claim]:
    """Oldest due first, then by number."""
    return sorted(claims, key=lambda claim: (claim.due, by_number(claim.number)))


def settle(
    amount: Money, claims: Sequence[Claim], day: date, *, fee: Money | None = None, reason: str = ""
) -> Settlement:
    """Spread a payment over what is open on its day. A fee kept back is spread with it and needs a reason.

    Raises `ValueError` for a payment or fee below zero and for a fee without a reason.
    """
    zero = Money.zero(amount.currency)
    kept = fee or zero
    if amount < zero or kept < zero:
        raise ValueError("a payment is not negative; one taken back is entered as such")
    if kept and not reason:
        raise ValueError("a fee kept back is closed with a reason")
    allocated = []
    for claim in in_turn(claims):
        wanted = claim.open_on(day)
        if wanted <= zero:
            continue
        paid = min(wanted, amount)
        short = min(wanted - paid, kept)
        if paid or short:
            allocated.append(Allocated(claim.number, paid, short, reason if short else ""))
        amount, kept = amount - paid, kept - short
    return Settlement(tuple(allocated), amount)
