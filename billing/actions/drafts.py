"""Verbs on drafts: compute the living invoice, write on it by hand."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Session

from billing.models import DocumentDraft, DraftLine, DraftSource, LineOverride, ManualLine
from billing.queries.facts import Subject, closed_periods, next_open, subject_of
from billing.queries.reckoning import Reckoned, reckon
from billing.rules.periods import Period, previous_period
from tenants.errors import Refused, Stale
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
    draft = _held_draft(session, subject, period)
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


def add_line(
    session: Session,
    tenant_id: int,
    draft_id: int,
    by_id: int,
    at: datetime,
    *,
    name: str,
    quantity: Decimal,
    price: Decimal,
    tax_code: str = "standard",
    unit: str = "C62",
    account: str = "",
) -> DocumentDraft:
    """Write a line on a draft by hand; it stays when the draft is computed again. The price may be below zero."""
    draft = _one(session, tenant_id, draft_id)
    session.add(
        ManualLine(
            tenant_id=tenant_id,
            draft_id=draft_id,
            name=name,
            quantity=quantity,
            price=price,
            tax_code=tax_code,
            unit=unit,
            account=account,
            by_id=by_id,
            at=at,
        )
    )
    return _again(session, draft, at)


def remove_line(session: Session, tenant_id: int, draft_id: int, line_id: int, at: datetime) -> DocumentDraft:
    """Take a line off again that was written by hand; `line_id` is the manual line's."""
    draft = _one(session, tenant_id, draft_id)
    line = session.get(ManualLine, (tenant_id, line_id))
    if line is None or line.draft_id != draft_id:
        raise Refused("There is no such line.")
    session.delete(line)
    return _again(session, draft, at)


def change_line(
    session: Session,
    tenant_id: int,
    draft_id: int,
    key: str,
    by_id: int,
    reason: str,
    at: datetime,
    *,
    quantity: Decimal | None = None,
    price: Decimal | None = None,
    name: str | None = None,
    version: int | None = None,
) -> DocumentDraft:
    """Put other figures into a computed line, with the reason. Raises `Stale` when the draft moved since `version`.

    The figures that stood there are kept beside, so that it shows when the facts move under the change.
    """
    draft = _one(session, tenant_id, draft_id)
    if version is not None and draft.version != version:
        raise Stale("The draft moved meanwhile.")
    if not reason.strip():
        raise Refused("Say why the line is changed.")
    line = session.scalar(
        select(DraftLine).where(DraftLine.tenant_id == tenant_id, DraftLine.draft_id == draft_id, DraftLine.key == key)
    )
    if line is None:
        raise Refused("There is no such line.")
    row = session.get(LineOverride, (tenant_id, draft_id, key))
    if row is None:
        row = LineOverride(
            tenant_id=tenant_id, draft_id=draft_id, key=key, seen_quantity=line.quantity, seen_price=line.price
        )
        session.add(row)
    row.quantity, row.price, row.name = quantity, price, name
    row.reason, row.by_id, row.at = reason, by_id, at
    return _again(session, draft, at)


def restore_line(session: Session, tenant_id: int, draft_id: int, key: str, at: datetime) -> DocumentDraft:
    """The computed figures of a line count again."""
    draft = _one(session, tenant_id, draft_id)
    row = session.get(LineOverride, (tenant_id, draft_id, key))
    if row is not None:
        session.delete(row)
    return _again(session, draft, at)


def _again(session: Session, draft: DocumentDraft, at: datetime) -> DocumentDraft:
    session.flush()
    again = recompute_draft(session, draft.tenant_id, Period(draft.period_start, draft.period_end), at)
    if again is None:
        raise Refused("This period has its document.")
    return again


def _one(session: Session, tenant_id: int, draft_id: int) -> DocumentDraft:
    draft = session.scalar(
        select(DocumentDraft)
        .where(DocumentDraft.tenant_id == tenant_id, DocumentDraft.id == draft_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if draft is None:
        raise Refused("There is nothing here.")
    return draft


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
