"""Verbs that write on a draft by hand: lines of one's own, other figures in computed ones."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.actions.drafts import recompute
from billing.models import DocumentDraft, DraftLine, LineOverride, ManualLine
from tenants.errors import Refused, Stale


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
    version: int | None = None,
) -> DocumentDraft:
    """Write a line on a draft by hand; it stays when the draft is computed again. The price may be below zero.

    Raises `Stale` when the draft moved since `version`, as the other verbs here do.
    """
    draft = _one(session, tenant_id, draft_id, version)
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


def remove_line(
    session: Session, tenant_id: int, draft_id: int, line_id: int, at: datetime, *, version: int | None = None
) -> DocumentDraft:
    """Take a line off again that was written by hand; `line_id` is the manual line's. What a lot left stays."""
    draft = _one(session, tenant_id, draft_id, version)
    line = session.get(ManualLine, (tenant_id, line_id))
    if line is None or line.draft_id != draft_id:
        raise Refused("There is no such line.")
    if line.source_kind is not None:
        raise Refused("This line sells something that was entered elsewhere. Take it back there.")
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
    draft = _one(session, tenant_id, draft_id, version)
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


def restore_line(
    session: Session, tenant_id: int, draft_id: int, key: str, at: datetime, *, version: int | None = None
) -> DocumentDraft:
    """The computed figures of a line count again."""
    draft = _one(session, tenant_id, draft_id, version)
    row = session.get(LineOverride, (tenant_id, draft_id, key))
    if row is not None:
        session.delete(row)
    return _again(session, draft, at)


def _again(session: Session, draft: DocumentDraft, at: datetime) -> DocumentDraft:
    session.flush()
    again = recompute(session, draft, at)
    if again is None:
        raise Refused("This period has its document.")
    return again


def _one(session: Session, tenant_id: int, draft_id: int, version: int | None = None) -> DocumentDraft:
    draft = session.scalar(
        select(DocumentDraft)
        .where(DocumentDraft.tenant_id == tenant_id, DocumentDraft.id == draft_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if draft is None:
        raise Refused("There is nothing here.")
    if version is not None and draft.version != version:
        raise Stale("The draft moved meanwhile.")
    return draft
