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
    """Each line of what is agreed beside its like, then what only would be; lines worth nothing are left out."""
    names = work_names(rows, tenant_id)
    would = _worth(found.other)
    shown = []
    for line in _worth(found.real):
        like = next((one for one in would if _same(one, line)), None)
        if like is not None:
            would.remove(like)
        shown.append(_line(line, names, line.amount, like.amount if like else None))
    return [*shown, *(_line(line, names, None, line.amount) for line in would)]


def _worth(side: Side) -> list[SideLine]:
    return [line for line in side.lines if line.amount or line.role == "used"]


def _same(one: SideLine, other: SideLine) -> bool:
    """Whether they charge as much of the same item and work, at whatever price."""
    return (_subject(one), one.role, one.quantity) == (_subject(other), other.role, other.quantity)


def _subject(line: SideLine) -> list[str]:
    """Its key but for the rate."""
    parts = line.key.split(":")
    return [*parts[:3], *parts[4:]]


def _line(line: SideLine, names: dict[str, WorkName], real: Decimal | None, other: Decimal | None) -> Beside:
    language = reader().language
    named = names.get(line.work_type or "")
    text = said(named, language) if named and line.name == line.work_type else line.name
    return Beside(
        text=text,
        role=line.role,
        band=line.band or "",
        quantity=quantity_text(plain(line.quantity), plain(line.base_quantity), line.unit, language),
        real=real,
        other=other,
    )
