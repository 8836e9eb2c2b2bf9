"""This draft beside the document before it, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

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


def _figures(lines: Sequence[DraftLine] | Sequence[DocumentLine]) -> dict[str, Figures]:
    return {
        line.key: Figures(Fraction(line.quantity) / Fraction(line.base_quantity), line.price, line.amount)
        for line in lines
    }


def _changed(one: Difference, texts: dict[str, str]) -> Changed:
    before = one.before.amount if one.before else None
    now = one.now.amount if one.now else None
    return Changed(texts[one.key], one.what, before, now, one.change)
