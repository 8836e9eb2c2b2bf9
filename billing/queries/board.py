"""The month board: one row for each client, what his month amounts to and what stands in its way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.models import BillingAccount, Document, DocumentDraft, DocumentSource
from billing.rules.periods import add_months
from sla.models import Contract
from tenants.models import Tenant
from tenants.rules import DESK_KEY

State = Literal["issued", "draft", "empty", "no_account"]
LEVELS: Final = ("error", "decision", "notice")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One client's month. Amounts are in `currency`; `seconds` are charged time; `before` is last month's net.

    `flags` are the worst first. `calc_hash` is what to bring when the draft is issued.
    """

    tenant_id: int
    key: str
    name: str
    contracts: tuple[str, ...]
    state: State
    currency: str
    seconds: int = 0
    net: Decimal = Decimal(0)
    payable: Decimal = Decimal(0)
    before: Decimal | None = None
    flags: tuple[dict[str, Any], ...] = ()
    blocked: bool = False
    draft_id: int | None = None
    document_id: int | None = None
    number: str = ""
    calc_hash: str = ""

    @property
    def clean(self) -> bool:
        """Whether it can be issued with all the others."""
        return self.state == "draft" and not self.flags

    @property
    def change(self) -> Decimal | None:
        return None if self.before is None else self.net - self.before


def month_board(session: Session, month: date) -> list[BoardRow]:
    """Every client that is seen, for the periods that close in a month: what is blocked first, then by name."""
    documents = _documents(session, month)
    before = _documents(session, add_months(month, -1, 1))
    drafts = {row.tenant_id: row for row in _closing(session, DocumentDraft, month)}
    seconds = _charged(session, [row.id for row in documents.values()])
    contracts = _contracts(session)
    rows = [
        _row(tenant, account, drafts.get(tenant.tenant_id), documents.get(tenant.tenant_id), contracts, before, seconds)
        for tenant, account in _clients(session)
    ]
    return sorted(rows, key=lambda row: (not row.blocked, not row.flags, row.name, row.tenant_id))


def _row(
    tenant: Tenant,
    account: BillingAccount | None,
    draft: DocumentDraft | None,
    document: Document | None,
    contracts: dict[int, tuple[str, ...]],
    before: dict[int, Document],
    seconds: dict[tuple[int, int], int],
) -> BoardRow:
    last = before.get(tenant.tenant_id)
    head: dict[str, Any] = {
        "tenant_id": tenant.tenant_id,
        "key": tenant.key,
        "name": tenant.name,
        "contracts": contracts.get(tenant.tenant_id, ()),
        "currency": account.currency if account else "",
        "before": last.net if last else None,
    }
    if document is not None:
        charged = seconds.get((tenant.tenant_id, document.id), 0)
        return BoardRow(
            state="issued",
            seconds=charged,
            net=document.net,
            payable=document.payable,
            document_id=document.id,
            number=document.number,
            **head,
        )
    if draft is not None:
        return BoardRow(
            state="draft",
            seconds=draft.seconds,
            net=draft.net,
            payable=draft.payable,
            flags=tuple(sorted(draft.flags, key=lambda flag: LEVELS.index(flag["level"]))),
            blocked=draft.blocked,
            draft_id=draft.id,
            calc_hash=draft.calc_hash,
            **head,
        )
    return BoardRow(state="empty" if account else "no_account", **head)


def _clients(session: Session) -> list[tuple[Tenant, BillingAccount | None]]:
    rows = session.execute(
        select(Tenant, BillingAccount)
        .outerjoin(BillingAccount, BillingAccount.tenant_id == Tenant.tenant_id)
        .where(Tenant.key != DESK_KEY, Tenant.closed_at.is_(None))
    )
    return [(tenant, account) for tenant, account in rows]


def _closing(session: Session, model: type[Any], month: date) -> Sequence[Any]:
    """Recurring drafts or documents whose period's last day lies in the month."""
    first = month.replace(day=1)
    return session.scalars(
        select(model).where(
            model.kind == "invoice", model.period_end > first, model.period_end <= add_months(first, 1, 1)
        )
    ).all()


def _documents(session: Session, month: date) -> dict[int, Document]:
    return {row.tenant_id: row for row in _closing(session, Document, month)}


def _charged(session: Session, document_ids: Sequence[int]) -> dict[tuple[int, int], int]:
    rows = session.execute(
        select(DocumentSource.tenant_id, DocumentSource.document_id, func.sum(DocumentSource.charged))
        .where(DocumentSource.document_id.in_(document_ids), DocumentSource.kind == "time")
        .group_by(DocumentSource.tenant_id, DocumentSource.document_id)
    )
    return {(tenant_id, document_id): int(seconds or 0) for tenant_id, document_id, seconds in rows}


def _contracts(session: Session) -> dict[int, tuple[str, ...]]:
    names: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
    for tenant_id, name in session.execute(select(Contract.tenant_id, Contract.name).order_by(Contract.id)):
        names[tenant_id] += (name,)
    return names
