"""The lines of two documents side by side, in the reader's words: what stands there and what would."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from billing.documents.figures import quantity_text
from billing.documents.words import said
from billing.queries.rates import WorkName, work_names
from billing.queries.reckoning import plain
from billing.queries.what_if import Side, SideLine, WhatIf
from msp.web.language import reader


@dataclass(frozen=True, slots=True)
class Beside:
    """One line: its text, how much, its amount on either side (None where it does not stand)."""

    text: str
    role: str
    band: str
    quantity: str
    real: Decimal | None
    other: Decimal | None


def beside(rows: Session, tenant_id: int, found: WhatIf) -> list[Beside]:
    """First what is agreed, then what would be; lines worth nothing on either side are left out."""
    names = work_names(rows, tenant_id)
    return [*_side(found.real, names, real=True), *_side(found.other, names, real=False)]


def _side(side: Side, names: dict[str, WorkName], real: bool) -> list[Beside]:
    return [_line(line, names, real) for line in side.lines if line.amount or line.role == "used"]


def _line(line: SideLine, names: dict[str, WorkName], real: bool) -> Beside:
    language = reader().language
    named = names.get(line.work_type or "")
    text = said(named, language) if named and line.name == line.work_type else line.name
    return Beside(
        text=text,
        role=line.role,
        band=line.band or "",
        quantity=quantity_text(plain(line.quantity), plain(line.base_quantity), line.unit, language),
        real=line.amount if real else None,
        other=None if real else line.amount,
    )
