"""Questions about what clients said of invoice lines: threads, and amounts that are in question."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import Document, DocumentLine, LineWord
from billing.rules.kenshu import Standing, standing
from billing.rules.money import Money


def words_of(session: Session, tenant_id: int, document_id: int) -> dict[int, list[LineWord]]:
    """The thread of each line of a document, by the line's id, oldest word first."""
    found: defaultdict[int, list[LineWord]] = defaultdict(list)
    for word in session.scalars(
        select(LineWord)
        .where(LineWord.tenant_id == tenant_id, LineWord.document_id == document_id)
        .order_by(LineWord.id)
    ):
        found[word.line_id].append(word)
    return dict(found)


def standings_of(words: dict[int, list[LineWord]]) -> dict[int, Standing]:
    """Where each line stands, by its id."""
    return {line_id: standing(word.kind for word in thread) for line_id, thread in words.items()}


def questioned(session: Session, tenant_id: int | None = None) -> dict[tuple[int, int], list[int]]:
    """The lines in question, by (tenant, document), of one client or of all the caller sees."""
    asked = select(LineWord.tenant_id, LineWord.document_id, LineWord.line_id, LineWord.kind)
    if tenant_id is not None:
        asked = asked.where(LineWord.tenant_id == tenant_id)
    threads: defaultdict[tuple[int, int, int], list[str]] = defaultdict(list)
    for tenant, document_id, line_id, kind in session.execute(asked.order_by(LineWord.id)):
        threads[tenant, document_id, line_id].append(kind)
    found: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for (tenant, document_id, line_id), kinds in threads.items():
        if standing(kinds) == "questioned":
            found[tenant, document_id].append(line_id)
    return dict(found)


def disputed(session: Session, tenant_id: int | None = None) -> dict[tuple[int, int], Money]:
    """What is in question of each document, with tax, by (tenant, document)."""
    lines = questioned(session, tenant_id)
    if not lines:
        return {}
    ids = sorted({line_id for found in lines.values() for line_id in found})
    rows = session.execute(
        select(DocumentLine, Document.snapshot)
        .join(Document, (Document.tenant_id == DocumentLine.tenant_id) & (Document.id == DocumentLine.document_id))
        .where(DocumentLine.id.in_(ids))
    )
    sums: dict[tuple[int, int], Money] = {}
    for line, snapshot in rows:
        key = (line.tenant_id, line.document_id)
        if line.id in lines.get(key, ()):
            amount = _with_tax(line, included=json.loads(snapshot)["prices_include_tax"])
            sums[key] = sums.get(key, Money.zero(line.currency)) + amount
    return sums


def _with_tax(line: DocumentLine, *, included: bool) -> Money:
    rates: Sequence[Decimal] = [Decimal(tax["rate"]) for tax in line.taxes]
    share = Fraction(1) if included else 1 + sum((Fraction(rate) for rate in rates), Fraction(0)) / 100
    return Money.rounded(Fraction(line.amount) * share, line.currency, "half_up")
