"""Every amount opens: a line of a draft or of a document as text, and how it came about down to the time entries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from billing.documents.figures import clock_text, number_text, price_text, quantity_text
from billing.models import DocumentLine, DraftLine
from billing.queries.facts import entry_key
from billing.queries.reckoning import plain
from msp.reports.month import Worked
from msp.web.format import Reader, day, hours_minutes, price

MONEY = frozenset({"rate", "price", "minimum", "least", "fees", "cap", "value"})
SECONDS = frozenset({"seconds"})
MINUTES = frozenset(
    {"carried in", "granted", "purchased", "drawn", "expired", "left", "overage", "beyond", "fair minutes"}
)
FIRST = (
    "from", "to", "days", "days in cycle", "carried in", "granted", "purchased", "drawn", "expired", "left",
    "fair minutes", "quantity", "seconds", "units", "rate", "price", "multiplier", "step", "minimum",
)  # fmt: skip
"""In which order figures are read; kept rows know none, and others follow."""
ENTRY = re.compile(entry_key(0).replace("0", "([0-9]{1,18})"))
Line = DraftLine | DocumentLine


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as the page prints it. `key` finds it again, `on` and `until` are its days, both inclusive."""

    key: str
    role: str
    text: str
    note: str
    quantity: str
    price: str
    amount: Decimal
    currency: str
    tax: str
    on: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Share:
    """One entry's share in a line; `worked` and `charged` are seconds as h:mm, `multiplier` is empty for one."""

    entry: Worked | None
    worked: str
    charged: str
    band: str
    multiplier: str
    rule: str


@dataclass(frozen=True, slots=True)
class Calculation:
    """How a line came about: kind of calculation, its figures by name, the shares behind it."""

    line: Shown
    how: str
    figures: Sequence[tuple[str, str]]
    shares: Sequence[Share]


def shown(line: Line, text: str, reader: Reader) -> Shown:
    """A line in the reader's own language; what the document says is in the document's."""
    return Shown(
        line.key,
        line.role,
        text,
        getattr(line, "note", ""),
        quantity_text(plain(line.quantity), plain(line.base_quantity), line.unit, reader.language),
        price_text(plain(line.price), line.unit, line.currency, reader.language),
        line.amount,
        line.currency,
        ", ".join(f"{tax['name']} {number_text(tax['rate'])}%".strip() for tax in line.taxes),
        line.since,
        date.fromordinal(line.until.toordinal() - 1) if line.until else None,
    )


def entries_of(lines: Iterable[Line]) -> set[int]:
    """The ids of all entries the lines are made of."""
    found = {entry_id(use["key"]) for line in lines for use in line.explain.get("uses", ())}
    return {each for each in found if each is not None}


def entry_id(subject: str) -> int | None:
    """The time entry that a use or a flag is about, where it is about one."""
    named = ENTRY.fullmatch(subject)
    return int(named[1]) if named else None


def calculation(line: Line, text: str, entries: Mapping[int, Worked], reader: Reader) -> Calculation:
    """What stands behind one line."""
    told = line.explain
    return Calculation(
        shown(line, text, reader),
        told.get("how", ""),
        [(name, _figure(name, value, line.currency, reader)) for name, value in _in_order(told.get("figures", {}))],
        [_share(use, entries) for use in told.get("uses", ())],
    )


def _in_order(figures: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(figures.items(), key=lambda one: FIRST.index(one[0]) if one[0] in FIRST else len(FIRST))


def _share(use: Mapping[str, Any], entries: Mapping[int, Worked]) -> Share:
    entry = entries.get(entry_id(use["key"]) or 0)
    multiplier = use.get("multiplier") or "1"
    return Share(
        entry,
        _clock(use["worked"]),
        _clock(use["charged"]),
        use.get("band") or "",
        "" if Decimal(multiplier) == 1 else number_text(multiplier),
        use.get("rule") or "",
    )


def _figure(name: str, value: str, currency: str, reader: Reader) -> str:
    if name in SECONDS:
        return _clock(value)
    if name in MINUTES:
        return hours_minutes(int(Fraction(value)))
    if name in MONEY:
        return _price(value, currency, reader)
    try:
        return day(date.fromisoformat(value), reader)
    except ValueError:
        return value


def _price(value: str, currency: str, reader: Reader) -> str:
    try:
        return price(Decimal(value), currency, reader.language)
    except InvalidOperation:
        return value


def _clock(seconds: str) -> str:
    whole = int(Fraction(seconds))
    return clock_text(Decimal(whole), seconds=bool(whole % 60))
