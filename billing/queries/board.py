"""The month board: one row for each client, what his month amounts to and what stands in its way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, defer

from billing.models import BillingAccount, Document, DocumentDraft, DocumentLine, DocumentSource, DraftLine
from billing.rules.invoice.compare import beyond
from billing.rules.periods import add_months
from sla.models import Contract, SurgePack
from tenants.isolation import among
from tenants.models import Tenant
from tenants.rules import DESK_KEY

State = Literal["issued", "draft", "empty", "no_account"]
LEVELS: Final = ("error", "decision", "notice")
WORST_FIRST: Final = (
    "no_price", "no_tax_rate", "no_counts", "no_tier", "unknown_item", "two_items", "two_rates", "count_jump",
    "po_missing", "unapproved_time", "late_entry", "stale_count", "negative_total", "big_change",
    "no_registration_number", "contract_ending", "no_delivery_address", "unlogged_work", "override_lost",
    "override_moved", "fair_use", "pool_low", "topped_up",
)  # fmt: skip
"""How weighty a flag is, the level first (billing.md 9); what is not named stands last."""
THRESHOLD: Final = Decimal(30)
"""Percent of last month's net beyond which a change is worth a look."""
ENDS_SOON: Final = timedelta(days=31)
OVERAGE: Final = ("overage",)
EXPENSES: Final = ("travel", "manual")
Flag = dict[str, Any]
Sums = dict[tuple[int, int], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One client's month. Amounts are in `currency`; `seconds` are charged time; `before` is last month's net.

    `flags` are the worst first. `over` tells whether the period has ended where the client is billed; `until`, of a
    draft, is the day after its last. `calc_hash` is
    what to bring when the draft is issued. `reading` is what to sort by; `overage` and `expenses` are of the net.
    """

    tenant_id: int
    key: str
    name: str
    reading: str
    contracts: tuple[str, ...]
    state: State
    currency: str
    seconds: int = 0
    net: Decimal = Decimal(0)
    overage: Decimal = Decimal(0)
    expenses: Decimal = Decimal(0)
    payable: Decimal = Decimal(0)
    before: Decimal | None = None
    flags: tuple[Flag, ...] = ()
    blocked: bool = False
    over: bool = True
    until: date | None = None
    draft_id: int | None = None
    document_id: int | None = None
    number: str = ""
    calc_hash: str = ""
    issuer_id: int = 0

    @property
    def clean(self) -> bool:
        """Whether it can be issued with all the others."""
        return self.state == "draft" and not self.flags

    @property
    def change(self) -> Decimal | None:
        return None if self.before is None else self.net - self.before


def month_board(
    session: Session,
    tenants: Collection[int],
    month: date,
    at: datetime,
    told: Mapping[int, Sequence[Flag]] | None = None,
) -> list[BoardRow]:
    """Each of these clients, for the periods that close in a month: the worst flags first, then by reading.

    `told` are flags by tenant that the room above knows of: work nobody wrote down.
    """
    documents = _documents(session, tenants, month)
    before = _documents(session, tenants, add_months(month, -1, 1))
    drafts = {row.tenant_id: row for row in _closing(session, DocumentDraft, tenants, month)}
    sums = _sums(session, DraftLine, "draft_id", [row.id for row in drafts.values()])
    sums_issued = _sums(session, DocumentLine, "document_id", [row.id for row in documents.values()])
    seconds = _charged(session, [row.id for row in documents.values()])
    contracts, ending = _contracts(session, tenants), _ending(session, tenants, month)
    rows = []
    for tenant, account in _clients(session, tenants):
        draft, document = drafts.get(tenant.tenant_id), documents.get(tenant.tenant_id)
        last = before.get(tenant.tenant_id)
        head: dict[str, Any] = {
            "tenant_id": tenant.tenant_id,
            "key": tenant.key,
            "name": tenant.name,
            "reading": tenant.sort_key or tenant.kana or tenant.name,
            "contracts": contracts.get(tenant.tenant_id, ()),
            "currency": account.currency if account else "",
            "before": last.net if last else None,
        }
        if draft is not None and (document is None or draft.period_start >= (document.period_end or date.max)):
            more = [*ending.get(tenant.tenant_id, ()), *(told or {}).get(tenant.tenant_id, ())]
            today = at.astimezone(ZoneInfo(tenant.billing_zone)).date()
            rows.append(_drafted(draft, head, last, more, sums, today))
        elif document is not None:
            charged = seconds.get((tenant.tenant_id, document.id), 0)
            rows.append(_issued(document, head, charged, sums_issued))
        else:
            rows.append(BoardRow(state="empty" if account else "no_account", **head))
    return sorted(rows, key=lambda row: (_weight(row), row.reading, row.tenant_id))


def open_sales(session: Session, tenants: Collection[int]) -> Sequence[DocumentDraft]:
    """What was sold to these clients and is not issued yet, whatever the month; the oldest first."""
    return session.scalars(
        select(DocumentDraft)
        .where(among(DocumentDraft.tenant_id, tenants), DocumentDraft.kind == "sale")
        .order_by(DocumentDraft.period_start, DocumentDraft.tenant_id, DocumentDraft.id)
    ).all()


def _drafted(
    draft: DocumentDraft, head: dict[str, Any], last: Document | None, more: list[Flag], sums: Sums, today: date
) -> BoardRow:
    flags = [*draft.flags, *more]
    if last is not None and beyond(last.net, draft.net, THRESHOLD):
        flags.append(_flag("big_change", f"{draft.net - last.net:+f}"))
    return BoardRow(
        state="draft",
        seconds=draft.seconds,
        net=draft.net,
        payable=draft.payable,
        flags=tuple(sorted(flags, key=_rank)),
        blocked=draft.blocked,
        over=today >= draft.period_end,
        until=draft.period_end,
        draft_id=draft.id,
        calc_hash=draft.calc_hash,
        issuer_id=draft.issuer_id,
        **sums.get((draft.tenant_id, draft.id), {}),
        **head,
    )


def _issued(document: Document, head: dict[str, Any], seconds: int, sums: Sums) -> BoardRow:
    return BoardRow(
        state="issued",
        seconds=seconds,
        net=document.net,
        payable=document.payable,
        document_id=document.id,
        number=document.number,
        **sums.get((document.tenant_id, document.id), {}),
        **head,
    )


def _flag(fault: str, detail: str, subject: str = "") -> Flag:
    return {"level": "notice", "fault": fault, "subject": subject, "detail": detail}


def _rank(flag: Flag) -> tuple[int, int]:
    fault = flag["fault"]
    return LEVELS.index(flag["level"]), WORST_FIRST.index(fault) if fault in WORST_FIRST else len(WORST_FIRST)


def _weight(row: BoardRow) -> tuple[int, int]:
    """Rows whose worst flag is worse stand higher; a client with none after all of them."""
    return min((_rank(flag) for flag in row.flags), default=(len(LEVELS), 0))


def _clients(session: Session, tenants: Collection[int]) -> list[tuple[Tenant, BillingAccount | None]]:
    rows = session.execute(
        select(Tenant, BillingAccount)
        .outerjoin(BillingAccount, BillingAccount.tenant_id == Tenant.tenant_id)
        .where(among(Tenant.tenant_id, tenants), Tenant.key != DESK_KEY, Tenant.closed_at.is_(None))
    )
    return [(tenant, account) for tenant, account in rows]


def _closing(session: Session, model: type[Any], tenants: Collection[int], month: date) -> Sequence[Any]:
    """Recurring drafts or documents whose period's last day lies in the month; the last of two is meant."""
    first = month.replace(day=1)
    asked = (
        select(model)
        .where(among(model.tenant_id, tenants))
        .where(model.kind == "invoice", model.period_end > first, model.period_end <= add_months(first, 1, 1))
        .order_by(model.period_end)
    )
    if model is Document:
        asked = asked.options(defer(Document.snapshot))
    return session.scalars(asked).all()


def _documents(session: Session, tenants: Collection[int], month: date) -> dict[int, Document]:
    return {row.tenant_id: row for row in _closing(session, Document, tenants, month)}


def _sums(session: Session, model: type[Any], owner: str, ids: Sequence[int]) -> Sums:
    """Overage and expenses of each draft or document."""
    column = getattr(model, owner)
    rows = session.execute(
        select(model.tenant_id, column, model.role, func.sum(model.amount))
        .where(column.in_(ids), model.role.in_((*OVERAGE, *EXPENSES)))
        .group_by(model.tenant_id, column, model.role)
    )
    found: Sums = {}
    for tenant_id, owner_id, role, amount in rows:
        sums = found.setdefault((tenant_id, owner_id), {"overage": Decimal(0), "expenses": Decimal(0)})
        sums["overage" if role in OVERAGE else "expenses"] += amount
    return found


def _ending(session: Session, tenants: Collection[int], month: date) -> dict[int, list[Flag]]:
    """What was agreed for a while and ends soon after the month."""
    last = add_months(month, 1, 1)
    rows = session.execute(
        select(SurgePack.tenant_id, SurgePack.name, SurgePack.ends_at)
        .join(Contract, and_(Contract.tenant_id == SurgePack.tenant_id, Contract.id == SurgePack.contract_id))
        .where(among(SurgePack.tenant_id, tenants), SurgePack.status == "approved", SurgePack.ended_at.is_(None))
        .where(SurgePack.ends_at >= _midnight(last), SurgePack.ends_at < _midnight(last + ENDS_SOON))
        .order_by(SurgePack.ends_at)
    )
    found: defaultdict[int, list[Flag]] = defaultdict(list)
    for tenant_id, name, ends_at in rows:
        found[tenant_id].append(_flag("contract_ending", ends_at.date().isoformat(), name))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)


def _charged(session: Session, document_ids: Sequence[int]) -> dict[tuple[int, int], int]:
    rows = session.execute(
        select(DocumentSource.tenant_id, DocumentSource.document_id, func.sum(DocumentSource.charged))
        .where(DocumentSource.document_id.in_(document_ids), DocumentSource.kind == "time")
        .group_by(DocumentSource.tenant_id, DocumentSource.document_id)
    )
    return {(tenant_id, document_id): int(seconds or 0) for tenant_id, document_id, seconds in rows}


def _contracts(session: Session, tenants: Collection[int]) -> dict[int, tuple[str, ...]]:
    names: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
    rows = select(Contract.tenant_id, Contract.name).where(among(Contract.tenant_id, tenants)).order_by(Contract.id)
    for tenant_id, name in session.execute(rows):
        names[tenant_id] += (name,)
    return names
