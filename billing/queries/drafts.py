"""Questions about drafts: their lines, what each is made of, and what was written on them by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import DocumentDraft, DraftLine, DraftSource, LineOverride, ManualLine


@dataclass(frozen=True, slots=True)
class Sheet:
    """A draft with all that a page shows of it. `sources` are by line; those of no line are under None."""

    draft: DocumentDraft
    lines: Sequence[DraftLine]
    sources: dict[int | None, list[DraftSource]]
    manual: dict[str, ManualLine]
    overrides: dict[str, LineOverride]


def draft(session: Session, tenant_id: int, draft_id: int) -> DocumentDraft | None:
    return session.get(DocumentDraft, (tenant_id, draft_id))


def drafts_of(session: Session, tenant_id: int) -> Sequence[DocumentDraft]:
    """A tenant's drafts, oldest period first."""
    return session.scalars(
        select(DocumentDraft)
        .where(DocumentDraft.tenant_id == tenant_id)
        .order_by(DocumentDraft.period_start, DocumentDraft.id)
    ).all()


def sheet_of(session: Session, tenant_id: int, draft_id: int) -> Sheet | None:
    """A draft with lines, explanations (on each line), sources and hand-written parts."""
    found = draft(session, tenant_id, draft_id)
    if found is None:
        return None
    sources: dict[int | None, list[DraftSource]] = {}
    for source in sources_of(session, tenant_id, draft_id):
        sources.setdefault(source.line_id, []).append(source)
    manual = session.scalars(
        select(ManualLine).where(ManualLine.tenant_id == tenant_id, ManualLine.draft_id == draft_id)
    )
    overrides = session.scalars(
        select(LineOverride).where(LineOverride.tenant_id == tenant_id, LineOverride.draft_id == draft_id)
    )
    return Sheet(
        found,
        lines_of(session, tenant_id, draft_id),
        sources,
        {f"manual-{row.id}": row for row in manual},
        {row.key: row for row in overrides},
    )


def lines_of(session: Session, tenant_id: int, draft_id: int) -> Sequence[DraftLine]:
    return session.scalars(
        select(DraftLine)
        .where(DraftLine.tenant_id == tenant_id, DraftLine.draft_id == draft_id)
        .order_by(DraftLine.place)
    ).all()


def sources_of(session: Session, tenant_id: int, draft_id: int) -> Sequence[DraftSource]:
    """In order of work."""
    return session.scalars(
        select(DraftSource)
        .where(DraftSource.tenant_id == tenant_id, DraftSource.draft_id == draft_id)
        .order_by(DraftSource.on_date, DraftSource.source_id, DraftSource.part)
    ).all()
