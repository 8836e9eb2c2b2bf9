"""What comes of folding months twice: counts before and after, and the promises that flip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sla.rules.compliance import MET

Kept = tuple[int, int]
"""Promises kept and promises missed."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A promise kept under one set of terms and missed under the other; `before` and `after` are met or missed."""

    ticket_id: int
    key: str
    title: str
    priority: str
    metric: str
    number: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Months as they were and as they would have been.

    `before` and `after` count by (metric, priority); `opened` are seconds of service hours by priority; `fees` what a
    month costs now by the fixed items of the contract, None where nothing is billed.
    """

    months: tuple[str, ...]
    tickets: int
    before: Mapping[tuple[str, str], Kept]
    after: Mapping[tuple[str, str], Kept]
    flips: Sequence[Flip]
    opened: Mapping[str, tuple[int, int]]
    fee: Decimal | None = None

    @property
    def priorities(self) -> list[str]:
        return sorted({priority for _, priority in (*self.before, *self.after)})

    def kept(self, metric: str, priority: str = "") -> tuple[Kept, Kept]:
        """(before, after) of a metric, of one priority or of all."""
        return _summed(self.before, metric, priority), _summed(self.after, metric, priority)

    @property
    def gained(self) -> int:
        """Flips that would have been kept less those that would have been missed."""
        return sum(1 if flip.after == MET else -1 for flip in self.flips)


@dataclass(slots=True)
class Sums:
    """What grows ticket by ticket; plain enough to be kept as JSON."""

    tickets: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    flips: list[list[Any]] = field(default_factory=list)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Sums:
        """Of what `written` gave."""
        return cls(
            kept.get("tickets", 0),
            Counter(kept.get("before", {})),
            Counter(kept.get("after", {})),
            [list(flip) for flip in kept.get("flips", [])],
        )

    def written(self) -> dict[str, Any]:
        return {
            "tickets": self.tickets,
            "before": dict(self.before),
            "after": dict(self.after),
            "flips": self.flips,
        }


def _summed(cells: Mapping[tuple[str, str], Kept], metric: str, priority: str) -> Kept:
    found = [kept for (of, by), kept in cells.items() if of == metric and priority in ("", by)]
    return sum(met for met, _ in found), sum(missed for _, missed in found)


def share(kept: Kept) -> Decimal | None:
    """Kept in percent to one place, rounded down; None where nothing was decided."""
    met, missed = kept
    if not met + missed:
        return None
    tenths = Fraction(1000 * met, met + missed)
    return Decimal(tenths.numerator // tenths.denominator).scaleb(-1)
