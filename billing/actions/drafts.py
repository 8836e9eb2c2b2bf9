"""Verbs on drafts: compute the living invoice, write on it by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from billing.models import DocumentDraft, DraftLine, DraftSource, LineOverride, ManualLine
from billing.queries import drafts as standing
from billing.queries.facts import Subject, closed_periods, subject_of
from billing.queries.moved import moved
from billing.queries.reckoning import Reckoned, plain, reckon
from billing.queries.sales import reckon_sale
from billing.rules.periods import DAY, Period, open_period
from tenants.errors import Stale
from tenants.isolation import among
from tenants.rows import insert_many, insert_once

RECURRING = "invoice"
SALE = "sale"
NEVER = "uncomputed"


def recompute_draft(
    session: Session, tenant_id: int, period: Period, at: datetime, *, hold: bool = False
) -> DocumentDraft | None:
    """The living invoice of a tenant's period, as the facts are now. Equal facts leave the rows untouched.

    None where nobody said how to bill the tenant, where the period has its document, or where there is nothing to say.
    `hold` keeps the entries behind it locked until the commit.
    """
    subject = subject_of(session, tenant_id)
    if subject is None:
        return None
    issued = closed_periods(session, subject)
    if any(period.begin in held for held in issued):
        return None
    period = open_period(period.begin, issued, subject.account.closing_day)
    draft = _absorbed(session, subject, period, at) or _held_draft(session, subject, period)
    reckoned = reckon(session, subject, period, draft.id if draft else None, hold=hold)
    if draft is None:
        if not reckoned.lines and not reckoned.sources and not reckoned.blocked:
            return None
        draft = _new_draft(session, subject, period, at)
    if draft.calc_hash != reckoned.calc_hash:
        _write(session, draft, reckoned, at)
    return draft


def recompute_sale(session: Session, draft: DocumentDraft, at: datetime) -> DocumentDraft:
    """A sale's draft as its lines and the law are now. Raises `Stale` where the account is gone."""
    subject = subject_of(session, draft.tenant_id)
    if subject is None:
        raise Stale("The draft moved meanwhile.")
    draft.issuer_id, draft.currency = subject.issuer.id, subject.account.currency
    reckoned = reckon_sale(session, subject, draft)
    if draft.calc_hash != reckoned.calc_hash:
        _write(session, draft, reckoned, at)
    return draft


def recompute(session: Session, draft: DocumentDraft, at: datetime, *, hold: bool = False) -> DocumentDraft | None:
    """A draft of any kind as the facts are now; None where its period has its document."""
    if draft.kind == SALE:
        return recompute_sale(session, draft, at)
    return recompute_draft(session, draft.tenant_id, Period(draft.period_start, draft.period_end), at, hold=hold)


def draft_of_day(session: Session, tenant_id: int, day: date, at: datetime) -> DocumentDraft | None:
    """The living invoice on which work of a day stands: of its period, or of the next that has no document yet."""
    subject = subject_of(session, tenant_id)
    if subject is None:
        return None
    period = open_period(day, closed_periods(session, subject), subject.account.closing_day)
    return recompute_draft(session, tenant_id, period, at)


def refresh_drafts(session: Session, tenant_id: int, at: datetime) -> list[DocumentDraft]:
    """Every draft that stands, the period that ended last and the running one; what changes with the day is in them."""
    subject = subject_of(session, tenant_id)
    if subject is None:
        return []
    running = subject.period(subject.today(at))
    found = standing.drafts_of(session, tenant_id)
    sales = [recompute_sale(session, draft, at) for draft in found if draft.kind == SALE]
    days = {draft.period_start for draft in found if draft.kind == RECURRING} | {running.begin - DAY, running.begin}
    drafts = [draft_of_day(session, tenant_id, day, at) for day in sorted(days)]
    return [*sales, *{draft.id: draft for draft in drafts if draft is not None}.values()]


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
    held = _held_draft(session, subject, period)
    if held is not None and held.period_end != period.end:
        held.period_end, held.calc_hash = period.end, NEVER
        session.flush()
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
    draft = held or _new_draft(session, subject, period, at)
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
            "moved": {},
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
    draft.moved = _moved(session, draft, reckoned, at)
    session.execute(delete(DraftSource).where(*of_draft))
    session.execute(delete(DraftLine).where(DraftLine.tenant_id == tenant_id, DraftLine.draft_id == draft.id))
    _take_from_others(session, tenant_id, reckoned)
    owned = {"tenant_id": tenant_id, "draft_id": draft.id}
    lines = [DraftLine(**owned, **line) for line in reckoned.lines]
    session.add_all(lines)
    session.flush()
    at_place = {line.place: line.id for line in lines}
    insert_many(session, DraftSource, [_on_line(source, at_place) for source in reckoned.sources], same=owned)
    draft.net, draft.tax, draft.gross, draft.payable = foot.net, foot.tax, foot.gross, foot.payable
    draft.seconds, draft.figures, draft.flags = reckoned.seconds, dict(reckoned.figures), list(reckoned.flags)
    draft.ahead, draft.blocked = list(reckoned.ahead), reckoned.blocked
    draft.calc_hash, draft.computed_at = reckoned.calc_hash, at
    session.flush()


def _moved(session: Session, draft: DocumentDraft, reckoned: Reckoned, at: datetime) -> dict[str, Any]:
    """Nothing moved in a draft that was never computed."""
    if not draft.figures:
        return {}
    lines = standing.lines_of(session, draft.tenant_id, draft.id)
    sources = standing.sources_of(session, draft.tenant_id, draft.id)
    return {"at": plain(at), "since": plain(draft.computed_at), "lines": moved(lines, sources, reckoned)}


def _on_line(source: dict[str, Any], at_place: dict[int, int]) -> dict[str, Any]:
    of_row = {name: value for name, value in source.items() if name != "place"}
    return of_row | {"line_id": at_place.get(source["place"])}


def _take_from_others(session: Session, tenant_id: int, reckoned: Reckoned) -> None:
    """Work that moved here from another period leaves the other draft, which is computed anew when its turn comes."""
    keys = {(source["kind"], source["source_id"], source["part"]) for source in reckoned.sources}
    held = session.scalars(
        select(DraftSource).where(
            DraftSource.tenant_id == tenant_id, among(DraftSource.source_id, {source_id for _, source_id, _ in keys})
        )
    ).all()
    for source in held:
        if (source.kind, source.source_id, source.part) in keys:
            other = session.get_one(DocumentDraft, (tenant_id, source.draft_id))
            other.calc_hash = NEVER
            session.delete(source)
    session.flush()
