"""A sale as it stands on its draft, reckoned by the same engine as a month."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import DocumentDraft, ManualLine
from billing.queries import rates
from billing.queries.facts import Subject, terms_of
from billing.queries.reckoning import Reckoned, kept
from billing.rules.invoice import facts as engine
from billing.rules.invoice.engine import invoice
from billing.rules.periods import Period
from billing.schemas import read_time

MANUAL = "manual-"


def reckon_sale(session: Session, subject: Subject, draft: DocumentDraft) -> Reckoned:
    """The document a sale would get now; all of it was written by hand. Its period is the day of supply."""
    rows = session.scalars(
        select(ManualLine)
        .where(ManualLine.tenant_id == draft.tenant_id, ManualLine.draft_id == draft.id)
        .order_by(ManualLine.id)
    ).all()
    period = Period(draft.period_start, draft.period_end)
    document = invoice(
        engine.Facts(
            tenant=str(draft.tenant_id),
            period=period,
            terms=terms_of(subject),
            desk_time=read_time(subject.account.time, subject.tenant.billing_zone, None, None),
            taxes=rates.taxes(session, subject.issuer.country),
            manual=tuple(_line(row) for row in rows),
        )
    )
    sold = {f"{MANUAL}{row.id}": row for row in rows if row.source_kind is not None}
    sources = [
        _source(sold[line.key], period, place) for place, line in enumerate(document.lines, 1) if line.key in sold
    ]
    return kept(document, sources, list(_own_flags(subject)))


def _line(row: ManualLine) -> engine.ManualLine:
    return engine.ManualLine(
        key=f"{MANUAL}{row.id}",
        name=row.name,
        quantity=row.quantity,
        price=row.price,
        tax_code=row.tax_code,
        unit=row.unit,
        account=row.account,
    )


def _source(row: ManualLine, period: Period, place: int) -> dict[str, Any]:
    return {
        "kind": row.source_kind,
        "source_id": row.source_id,
        "part": "sale",
        "on_date": period.begin,
        "worked": None,
        "charged": None,
        "rule": "",
        "place": place,
    }


def _own_flags(subject: Subject) -> list[dict[str, str]]:
    account, issuer = subject.account, subject.issuer
    flags = []
    if account.po_required and not account.po_number:
        flags.append({"level": "error", "fault": "po_missing", "subject": "", "detail": ""})
    if issuer.country == "JP" and not issuer.registration_number:
        flags.append({"level": "notice", "fault": "no_registration_number", "subject": issuer.name, "detail": ""})
    if not account.emails:
        flags.append({"level": "notice", "fault": "no_delivery_address", "subject": "", "detail": ""})
    return flags
