"""This draft beside the document before it, line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from billing.documents.snapshot import Names, text_of
from billing.models import DocumentLine, DraftLine
from billing.queries import documents
from billing.queries.drafts import Sheet
from billing.rules.invoice.compare import Difference, Figures, differences
from msp.web.format import Reader


@dataclass(frozen=True, slots=True)
class Changed:
    """One line that is not as it was: its text, what changed, and by how much."""

    text: str
    what: tuple[str, ...]
    before: Decimal | None
    now: Decimal | None
    change: Decimal


@dataclass(frozen=True, slots=True)
class Comparison:
    """The document before and all that differs; `number` is empty where there was none."""

    number: str
    ended: date | None
    before: Decimal | None
    lines: Sequence[Changed]


@dataclass(frozen=True, slots=True)
class MovedLine:
    """A line that a computation changed: how many entries came, went or count otherwise, and a change by hand."""

    line: Changed
    came: int
    went: int
    otherwise: int
    override: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A draft's computation beside the one before it."""

    since: datetime
    at: datetime
    lines: Sequence[MovedLine]


def compared(rows: Session, tenant_id: int, sheet: Sheet, names: Names, reader: Reader) -> Comparison:
    """Against the document of the period that ended where this one begins."""
    last = next(
        (one for one in documents.documents_of(rows, tenant_id, 24) if one.period_end == sheet.draft.period_start),
        None,
    )
    if last is None:
        return Comparison("", None, None, ())
    earlier = documents.lines_of(rows, tenant_id, last.id)
    texts = {line.key: line.text for line in earlier}
    texts |= {line.key: text_of(line, reader.language, names) for line in sheet.lines}
    found = differences(_figures(earlier), _figures(sheet.lines))
    return Comparison(last.number, last.period_end, last.net, [_changed(one, texts) for one in found])


def moved_lines(sheet: Sheet, names: Names, reader: Reader) -> Moved | None:
    """What the last computation of a draft changed, and why; None where nothing moved since it was made."""
    told = sheet.draft.moved
    if not told.get("lines"):
        return None
    texts = {line.key: text_of(line, reader.language, names) for line in sheet.lines}
    return Moved(
        datetime.fromisoformat(told["since"]),
        datetime.fromisoformat(told["at"]),
        [_moved(one, texts.get(one["key"], one["name"])) for one in told["lines"]],
    )


def _moved(one: Mapping[str, Any], text: str) -> MovedLine:
    before = Decimal(one["before"]) if one["before"] is not None else None
    now = Decimal(one["now"]) if one["now"] is not None else None
    changed = Changed(text, tuple(one["what"]), before, now, (now or Decimal(0)) - (before or Decimal(0)))
    return MovedLine(changed, len(one["came"]), len(one["went"]), len(one["counts_otherwise"]), one["override"] or "")


def _figures(lines: Sequence[DraftLine] | Sequence[DocumentLine]) -> dict[str, Figures]:
    return {
        line.key: Figures(Fraction(line.quantity) / Fraction(line.base_quantity), line.price, line.amount)
        for line in lines
    }


def _changed(one: Difference, texts: dict[str, str]) -> Changed:
    before = one.before.amount if one.before else None
    now = one.now.amount if one.now else None
    return Changed(texts[one.key], one.what, before, now, one.change)
