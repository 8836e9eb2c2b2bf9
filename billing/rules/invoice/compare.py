"""This month beside last month, line key by line key, and the flags in the order of their weight."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from billing.rules.invoice.document import Fault, Finding

What = Literal["new", "gone", "quantity", "price", "amount"]

WORST_FIRST: Final[tuple[Fault, ...]] = (
    "no_price", "no_tax_rate", "no_counts", "no_tier", "unknown_item", "two_items", "two_rates", "count_jump",
    "po_missing", "late_entry", "stale_count", "negative_total", "override_lost", "override_moved", "fair_use",
    "pool_low", "topped_up",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """What is compared of a line: quantity in units of its price, the price, the amount."""

    quantity: Fraction
    price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Difference:
    """One line key that is not as it was: everything about it that changed."""

    key: str
    what: tuple[What, ...]
    before: Figures | None
    now: Figures | None

    @property
    def change(self) -> Decimal:
        return (self.now.amount if self.now else Decimal(0)) - (self.before.amount if self.before else Decimal(0))


def differences(before: Mapping[str, Figures], now: Mapping[str, Figures]) -> tuple[Difference, ...]:
    """Every key of either month whose line is new, gone or changed; this month's order, then what is gone."""
    found = []
    for key in (*now, *(key for key in before if key not in now)):
        what = _what(before.get(key), now.get(key))
        if what:
            found.append(Difference(key, what, before.get(key), now.get(key)))
    return tuple(found)


def _what(before: Figures | None, now: Figures | None) -> tuple[What, ...]:
    if before is None:
        return ("new",)
    if now is None:
        return ("gone",)
    changed: tuple[tuple[What, bool], ...] = (
        ("quantity", before.quantity != now.quantity),
        ("price", before.price != now.price),
        ("amount", before.amount != now.amount),
    )
    return tuple(what for what, differs in changed if differs)


def beyond(before: Decimal, now: Decimal, threshold_percent: Decimal) -> bool:
    """Whether a total changed by more than the threshold; from nothing, any amount does."""
    return abs(Fraction(now) - Fraction(before)) * 100 > abs(Fraction(before)) * Fraction(threshold_percent)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings of a document in the order in which a person should look at them."""
    return sorted(findings, key=lambda finding: (WORST_FIRST.index(finding.fault), finding.subject))
