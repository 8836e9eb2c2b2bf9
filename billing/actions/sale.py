"""Sales beside the months: a lot, a retainer, anything that is invoiced once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.actions.drafts import NEVER, recompute_sale
from billing.models import DocumentDraft, DocumentSource, ManualLine
from billing.queries.facts import subject_of
from tenants.errors import Refused

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleLine:
    """One line of a sale. `source` is what it sells, (kind, id) as ("lot", 42); that is sold once only.

    The price is per unit, in the account's currency and in the sense of its prices (with or without tax).
    """

    name: str
    quantity: Decimal
    price: Decimal
    tax_code: str = "standard"
    unit: str = "C62"
    account: str = ""
    source: tuple[str, int] | None = None


def draft_sale(
    session: Session,
    tenant_id: int,
    lines: Sequence[SaleLine],
    by_id: int | None,
    at: datetime,
    *,
    supplied_on: date | None = None,
) -> DocumentDraft:
    """A draft of a sale, to be looked at and issued like any other; its rates are those of the day of supply.

    The day is today where the client is billed unless told. Raises `Refused` for a client nobody has said how to bill,
    for no lines, and for a source that is on a document already.
    """
    subject = subject_of(session, tenant_id)
    if subject is None:
        raise Refused("Nobody has said yet how this client is billed.")
    if not lines:
        raise Refused("There is nothing on this draft.")
    _only_once(session, tenant_id, [line.source for line in lines if line.source is not None])
    day = supplied_on or subject.today(at)
    draft = DocumentDraft(
        tenant_id=tenant_id,
        issuer_id=subject.issuer.id,
        kind="sale",
        period_start=day,
        period_end=day + DAY,
        currency=subject.account.currency,
        calc_hash=NEVER,
        computed_at=at,
    )
    session.add(draft)
    session.flush()
    for line in lines:
        kind, source_id = line.source or (None, None)
        session.add(
            ManualLine(
                tenant_id=tenant_id,
                draft_id=draft.id,
                name=line.name,
                quantity=line.quantity,
                price=line.price,
                tax_code=line.tax_code,
                unit=line.unit,
                account=line.account,
                source_kind=kind,
                source_id=source_id,
                by_id=by_id,
                at=at,
            )
        )
        session.flush()
    return recompute_sale(session, draft, at)


def _only_once(session: Session, tenant_id: int, sources: Sequence[tuple[str, int]]) -> None:
    for kind, source_id in sources:
        drafted = select(ManualLine.id).where(
            ManualLine.tenant_id == tenant_id, ManualLine.source_kind == kind, ManualLine.source_id == source_id
        )
        issued = select(DocumentSource.id).where(
            DocumentSource.tenant_id == tenant_id,
            DocumentSource.kind == kind,
            DocumentSource.source_id == source_id,
            DocumentSource.part == "sale",
            DocumentSource.live,
        )
        if session.scalar(drafted.limit(1)) is not None or session.scalar(issued.limit(1)) is not None:
            raise Refused("This is on a document already.")
