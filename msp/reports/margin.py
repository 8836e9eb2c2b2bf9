"""What a month brought and what its work cost: by client, contract and ticket; for the owner of the desk alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.models import (
    BillingAccount,
    ContractItem,
    CostRate,
    Document,
    DocumentDraft,
    DocumentLine,
    DraftLine,
    TimeEntry,
)
from billing.rules.costs import Cost, cost_of, cost_on, shares
from billing.rules.money import Money
from msp.tickets.models import Ticket
from sla.models import Contract, ContractVersion
from tenants.isolation import among
from tenants.models import Agent
from tenants.rules import DESK_KEY

LINE = "time-"
ONE = timedelta(days=1)


@dataclass(slots=True)
class Sum:
    """What one client, contract or ticket brought and cost; `unpriced` are seconds whose cost nobody said."""

    name: str
    currency: str
    issued: Fraction = Fraction()
    expected: Fraction = Fraction()
    cost: Fraction = Fraction()
    seconds: int = 0
    unpriced: int = 0

    @property
    def revenue(self) -> Money:
        return self._shown(self.issued + self.expected)

    @property
    def costs(self) -> Money:
        return self._shown(self.cost)

    @property
    def margin(self) -> Money:
        return self.revenue - self.costs

    @property
    def share(self) -> Fraction | None:
        """Of revenue; None where there is none."""
        return Fraction(self.margin.amount) / Fraction(self.revenue.amount) if self.revenue.amount > 0 else None

    def _shown(self, amount: Fraction) -> Money:
        return Money.rounded(amount, self.currency, "half_up")


@dataclass(slots=True)
class Margin:
    """One client's month. Tickets carry what lines of time brought; flat fees stand with their contract."""

    tenant_id: int
    whole: Sum
    contracts: dict[int, Sum] = field(default_factory=dict)
    tickets: dict[int, Sum] = field(default_factory=dict)


def margins(session: Session, tenants: Collection[int], begin: date, end: date) -> list[Margin]:
    """Every one of these clients with revenue or work in the month, `end` not included; a handful of statements.

    Revenue is net: documents by the last day they bill, else by their date, credit notes off; drafts are expected.
    Costs in another currency than the client's count as unpriced. Work that no line and no choice places counts under
    the client's only contract, which covers it.
    """
    currencies = dict(
        session.execute(
            select(BillingAccount.tenant_id, BillingAccount.currency).where(among(BillingAccount.tenant_id, tenants))
        ).all()
    )
    names = {
        (tenant, contract_id): name
        for tenant, contract_id, name in session.execute(
            select(Contract.tenant_id, Contract.id, Contract.name).where(among(Contract.tenant_id, tenants))
        )
    }
    items = _contracts_of_items(session, tenants)
    agreed = Counter(tenant for tenant, _contract in names)
    only = {tenant: contract_id for tenant, contract_id in names if agreed[tenant] == 1}
    found: dict[int, Margin] = {}

    def of(tenant: int) -> Margin:
        if tenant not in found:
            found[tenant] = Margin(tenant, Sum("", currencies.get(tenant, "JPY")))
        return found[tenant]

    def contract(one: Margin, contract_id: int) -> Sum:
        return one.contracts.setdefault(
            contract_id, Sum(names.get((one.tenant_id, contract_id), ""), one.whole.currency)
        )

    entries = _entries(session, tenants, begin, end)
    lines = [*_issued(session, tenants, begin, end), *_expected(session, tenants, begin, end)]
    billed = {(line.tenant_id, each): line.item for line in lines for each in line.charged}
    behind = _tickets_of(session, tenants, {each for line in lines for each in line.charged})
    for line in lines:
        one = of(line.tenant_id)
        if line.currency != one.whole.currency:
            continue
        amounts = shares(line.amount, line.charged)
        parts = [one.whole, contract(one, items.get((line.tenant_id, line.item), 0))]
        for each in parts:
            _bring(each, line, Fraction(line.amount))
        for entry_id, amount in amounts.items():
            ticket_id, key = behind.get((line.tenant_id, entry_id), (0, ""))
            if ticket_id:
                _bring(one.tickets.setdefault(ticket_id, Sum(key, one.whole.currency)), line, amount)
    costs = [
        Cost(row.price, row.currency, row.since, row.agent_id, row.role) for row in session.scalars(select(CostRate))
    ]
    for entry, role, key in entries:
        one = of(entry.tenant_id)
        rate = cost_on(costs, entry.agent_id, role, entry.worked_on)
        item = entry.item_key or billed.get((entry.tenant_id, entry.id), "")
        contract_id = entry.contract_id or items.get((entry.tenant_id, item), only.get(entry.tenant_id, 0))
        ticket = one.tickets.setdefault(entry.ticket_id, Sum(key, one.whole.currency))
        for each in (one.whole, contract(one, contract_id), ticket):
            each.seconds += entry.raw_seconds
            if rate is None or rate.currency != each.currency:
                each.unpriced += entry.raw_seconds
            else:
                each.cost += cost_of(entry.raw_seconds, rate)
    return sorted(found.values(), key=lambda one: (one.whole.margin.amount, one.tenant_id))


@dataclass(frozen=True, slots=True)
class _Line:
    tenant_id: int
    item: str
    amount: Decimal
    currency: str
    charged: dict[int, Fraction]
    issued: bool


def _bring(into: Sum, line: _Line, amount: Fraction) -> None:
    if line.issued:
        into.issued += amount
    else:
        into.expected += amount


def _issued(session: Session, tenants: Collection[int], begin: date, end: date) -> list[_Line]:
    last = func.coalesce(Document.period_end - ONE, Document.issued_on)
    rows = session.execute(
        select(DocumentLine, Document.kind)
        .join(Document, (Document.tenant_id == DocumentLine.tenant_id) & (Document.id == DocumentLine.document_id))
        .where(among(DocumentLine.tenant_id, tenants), last >= begin, last < end)
    )
    return [_line(line, -1 if kind == "credit_note" else 1, issued=True) for line, kind in rows]


def _expected(session: Session, tenants: Collection[int], begin: date, end: date) -> list[_Line]:
    rows = session.scalars(
        select(DraftLine)
        .join(
            DocumentDraft,
            (DocumentDraft.tenant_id == DraftLine.tenant_id) & (DocumentDraft.id == DraftLine.draft_id),
        )
        .where(among(DraftLine.tenant_id, tenants), DocumentDraft.period_end > begin, DocumentDraft.period_end <= end)
    )
    return [_line(line, 1, issued=False) for line in rows]


def _line(line: DocumentLine | DraftLine, sign: int, *, issued: bool) -> _Line:
    uses: Iterable[dict[str, str]] = line.explain.get("uses", ())
    charged: defaultdict[int, Fraction] = defaultdict(Fraction)
    for use in uses:
        if use["key"].startswith(LINE):
            charged[int(use["key"].removeprefix(LINE))] += Fraction(use["charged"])
    return _Line(line.tenant_id, line.item or "", sign * line.amount, line.currency, dict(charged), issued)


def _entries(
    session: Session, tenants: Collection[int], begin: date, end: date
) -> Sequence[tuple[TimeEntry, str, str]]:
    rows = session.execute(
        select(TimeEntry, Agent.role, Ticket.key)
        .join(Agent, Agent.id == TimeEntry.agent_id)
        .join(Ticket, (Ticket.tenant_id == TimeEntry.tenant_id) & (Ticket.id == TimeEntry.ticket_id))
        .where(among(TimeEntry.tenant_id, tenants))
        .where(TimeEntry.worked_on >= begin, TimeEntry.worked_on < end, ~Ticket.key.startswith(f"{DESK_KEY}-"))
    )
    return [(entry, role, key) for entry, role, key in rows]


def _tickets_of(
    session: Session, tenants: Collection[int], entry_ids: Iterable[int]
) -> dict[tuple[int, int], tuple[int, str]]:
    rows = session.execute(
        select(TimeEntry.tenant_id, TimeEntry.id, Ticket.id, Ticket.key)
        .join(Ticket, (Ticket.tenant_id == TimeEntry.tenant_id) & (Ticket.id == TimeEntry.ticket_id))
        .where(among(TimeEntry.tenant_id, tenants), among(TimeEntry.id, entry_ids))
    )
    return {(tenant, entry): (ticket, key) for tenant, entry, ticket, key in rows}


def _contracts_of_items(session: Session, tenants: Collection[int]) -> dict[tuple[int, str], int]:
    rows = session.execute(
        select(ContractItem.tenant_id, ContractItem.key, ContractVersion.contract_id)
        .join(
            ContractVersion,
            (ContractVersion.tenant_id == ContractItem.tenant_id) & (ContractVersion.id == ContractItem.version_id),
        )
        .where(among(ContractItem.tenant_id, tenants))
        .order_by(ContractItem.id.desc())
    )
    return {(tenant, key): contract_id for tenant, key, contract_id in rows}
