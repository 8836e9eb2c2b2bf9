"""Verbs on drafts: compute the living invoice, write on it by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, or_, select, tuple_, update
from sqlalchemy.orm import Session

from billing.models import DocumentDraft, DraftLine, DraftSource, LineOverride, ManualLine
from billing.queries.facts import Subject, closed_periods, next_open, subject_of
from billing.queries.reckoning import Reckoned, reckon
from billing.rules.periods import Period, previous_period
from tenants.errors import Stale
from tenants.rows import insert_once

RECURRING = "invoice"
NEVER = "uncomputed"


def recompute_draft(
    session: Session, tenant_id: int, period: Period, at: datetime, *, hold: bool = False
) -> DocumentDraft | None:
    """The living invoice of a tenant's period, as the facts are now. Equal facts leave the rows untouched.

    None where nobody said how to bill the tenant, where the period has its document, or where there is nothing to say.
    `hold` keeps the entries behind it locked until the commit.
    """
    subject = subject_of(session, tenant_id)
    if subject is None or period.begin in closed_periods(session, subject):
        return None
    draft = _absorbed(session, subject, period, at) or _held_draft(session, subject, period)
    reckoned = reckon(session, subject, period, draft.id if draft else None, hold=hold)
    if draft is None:
        if not reckoned.lines and not reckoned.sources and not reckoned.blocked:
            return None
        draft = _new_draft(session, subject, period, at)
    if draft.calc_hash != reckoned.calc_hash:
        _write(session, draft, reckoned, at)
    return draft


def draft_of_day(session: Session, tenant_id: int, day: date, at: datetime) -> DocumentDraft | None:
    """The living invoice on which work of a day stands: of its period, or of the next that has no document yet."""
    subject = subject_of(session, tenant_id)
    if subject is None:
        return None
    closed = closed_periods(session, subject)
    return recompute_draft(session, tenant_id, next_open(subject.period(day), closed, subject.account.closing_day), at)


def refresh_drafts(session: Session, tenant_id: int, at: datetime) -> list[DocumentDraft]:
    """Every draft that stands, the period that ended last and the running one; what changes with the day is in them."""
    subject = subject_of(session, tenant_id)
    if subject is None:
        return []
    running = subject.period(subject.today(at))
    standing = session.execute(
        select(DocumentDraft.period_start, DocumentDraft.period_end).where(DocumentDraft.tenant_id == tenant_id)
    )
    periods = {Period(start, end) for start, end in standing}
    periods |= {previous_period(running, subject.account.closing_day), running}
    drafts = [recompute_draft(session, tenant_id, period, at) for period in sorted(periods)]
    return [draft for draft in drafts if draft is not None]


def _held_draft(session: Session, subject: Subject, period: Period) -> DocumentDraft | None:
    return session.scalar(
        select(DocumentDraft)
        .where(
            DocumentDraft.tenant_id == subject.tenant_id,
            DocumentDraft.issuer_id == subject.issuer.id,
            DocumentDraft.kind == RECURRING,
            DocumentDraft.period_start == period.begin,
            DocumentDraft.currency == subject.account.currency,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _absorbed(session: Session, subject: Subject, period: Period, at: datetime) -> DocumentDraft | None:
    """The account changed (issuer, currency, closing day): drafts it no longer makes leave their lines by hand here."""
    tenant_id = subject.tenant_id
    others = session.scalars(
        select(DocumentDraft)
        .where(
            DocumentDraft.tenant_id == tenant_id,
            DocumentDraft.kind == RECURRING,
            DocumentDraft.period_start < period.end,
            DocumentDraft.period_end > period.begin,
            or_(
                DocumentDraft.period_start != period.begin,
                DocumentDraft.period_end != period.end,
                DocumentDraft.issuer_id != subject.issuer.id,
                DocumentDraft.currency != subject.account.currency,
            ),
        )
        .order_by(DocumentDraft.id)
        .with_for_update()
    ).all()
    if not others:
        return None
    draft = _held_draft(session, subject, period) or _new_draft(session, subject, period, at)
    for other in others:
        session.execute(
            update(ManualLine)
            .where(ManualLine.tenant_id == tenant_id, ManualLine.draft_id == other.id)
            .values(draft_id=draft.id)
        )
        drop_draft(session, other)
    return draft


def drop_draft(session: Session, draft: DocumentDraft) -> None:
    """Take a draft away with all that hangs on it."""
    session.flush()
    for model in (DraftSource, LineOverride, ManualLine, DraftLine):
        session.execute(delete(model).where(model.tenant_id == draft.tenant_id, model.draft_id == draft.id))
    session.delete(draft)
    session.flush()


def _new_draft(session: Session, subject: Subject, period: Period, at: datetime) -> DocumentDraft:
    """Two who compute a first draft at once get the same row."""
    insert_once(
        session,
        DocumentDraft,
        {
            "tenant_id": subject.tenant_id,
            "issuer_id": subject.issuer.id,
            "kind": RECURRING,
            "period_start": period.begin,
            "period_end": period.end,
            "currency": subject.account.currency,
            "net": 0,
            "tax": 0,
            "gross": 0,
            "payable": 0,
            "seconds": 0,
            "figures": {},
            "flags": [],
            "ahead": [],
            "blocked": False,
            "calc_hash": NEVER,
            "computed_at": at,
            "version": 1,
        },
    )
    draft = _held_draft(session, subject, period)
    if draft is None:
        raise Stale("The draft moved meanwhile.")
    return draft


def _write(session: Session, draft: DocumentDraft, reckoned: Reckoned, at: datetime) -> None:
    tenant_id, foot = draft.tenant_id, reckoned.document.totals
    of_draft = DraftSource.tenant_id == tenant_id, DraftSource.draft_id == draft.id
    session.execute(delete(DraftSource).where(*of_draft))
    session.execute(delete(DraftLine).where(DraftLine.tenant_id == tenant_id, DraftLine.draft_id == draft.id))
    _take_from_others(session, tenant_id, reckoned)
    owned = {"tenant_id": tenant_id, "draft_id": draft.id}
    lines = [DraftLine(**owned, **line) for line in reckoned.lines]
    session.add_all(lines)
    session.flush()
    at_place = {line.place: line.id for line in lines}
    session.add_all(DraftSource(**owned, **_on_line(source, at_place)) for source in reckoned.sources)
    draft.net, draft.tax, draft.gross, draft.payable = foot.net, foot.tax, foot.gross, foot.payable
    draft.seconds, draft.figures, draft.flags = reckoned.seconds, dict(reckoned.figures), list(reckoned.flags)
    draft.ahead, draft.blocked = list(reckoned.ahead), reckoned.blocked
    draft.calc_hash, draft.computed_at = reckoned.calc_hash, at
    session.flush()


def _on_line(source: dict[str, Any], at_place: dict[int, int]) -> dict[str, Any]:
    of_row = {name: value for name, value in source.items() if name != "place"}
    return of_row | {"line_id": at_place.get(source["place"])}


def _take_from_others(session: Session, tenant_id: int, reckoned: Reckoned) -> None:
    """Work that moved here from another period leaves the other draft, which is computed anew when its turn comes."""
    keys = [(source["kind"], source["source_id"], source["part"]) for source in reckoned.sources]
    held = session.scalars(
        select(DraftSource).where(
            DraftSource.tenant_id == tenant_id,
            tuple_(DraftSource.kind, DraftSource.source_id, DraftSource.part).in_(keys),
        )
    ).all()
    for source in held:
        other = session.get_one(DocumentDraft, (tenant_id, source.draft_id))
        other.calc_hash = NEVER
        session.delete(source)
    session.flush()
