"""What waits for a person's choice: work that two items fit, or none; and the items there are to choose from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from billing.models import ContractItem, DocumentDraft, TicketItem, TimeEntry
from billing.queries.facts import entry_key, entry_of_key
from sla.models import Contract, ContractVersion
from tenants.isolation import among

TIME_KINDS: Final = ("tm", "fixed", "pool", "block", "retainer")
OF_ENTRIES: Final = ("two_items", "two_rates", "no_price", "unknown_item")
OF_ITEMS: Final = ("count_jump", "no_counts", "no_tier", "po_missing", "no_tax_rate")


@dataclass(frozen=True, slots=True)
class Offer:
    """An item that time can go to."""

    key: str
    name: str
    contract: str


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """An entry nobody can place: why, and the keys of the items that fit it equally."""

    fault: str
    detail: str
    entry: TimeEntry
    fitting: Sequence[str]


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something about an item or the account, rather than an entry, that keeps a draft from being issued."""

    fault: str
    subject: str
    detail: str
    period_start: date


def offers(session: Session, tenant_id: int) -> list[Offer]:
    """The items time can go to, as their newest versions name them, contract by contract."""
    rows = session.execute(
        select(ContractItem, Contract.name)
        .join(
            ContractVersion,
            and_(ContractVersion.tenant_id == ContractItem.tenant_id, ContractVersion.id == ContractItem.version_id),
        )
        .join(
            Contract, and_(Contract.tenant_id == ContractVersion.tenant_id, Contract.id == ContractVersion.contract_id)
        )
        .where(
            ContractItem.tenant_id == tenant_id,
            ContractItem.kind.in_(TIME_KINDS),
            ContractVersion.withdrawn_at.is_(None),
        )
        .order_by(ContractItem.id)
    )
    newest = {item.key: Offer(item.key, item.name, contract) for item, contract in rows}
    return sorted(newest.values(), key=lambda offer: (offer.contract, offer.name))


def names_of(session: Session, tenant_id: int) -> dict[str, str]:
    """What each item of a tenant is called now."""
    rows = session.execute(
        select(ContractItem.key, ContractItem.name).where(ContractItem.tenant_id == tenant_id).order_by(ContractItem.id)
    )
    return dict(rows.all())


def names_in(session: Session, tenant_ids: Collection[int]) -> dict[tuple[int, str], str]:
    """What the items of several tenants are called now, by tenant and key."""
    rows = session.execute(
        select(ContractItem.tenant_id, ContractItem.key, ContractItem.name)
        .where(among(ContractItem.tenant_id, tenant_ids))
        .order_by(ContractItem.id)
    )
    return {(tenant_id, key): name for tenant_id, key, name in rows}


def chosen_for(session: Session, tenant_id: int, ticket_id: int) -> str | None:
    """The item somebody chose for a whole ticket."""
    row = session.get(TicketItem, (tenant_id, ticket_id))
    return row.item if row else None


def open_entries(session: Session, tenant_id: int) -> list[OpenEntry]:
    """Entries of the tenant's drafts that no item or price could be found for, oldest work first."""
    flags: dict[str, dict[str, Any]] = {
        flag["subject"]: flag for flag in _flags(session, tenant_id) if flag["fault"] in OF_ENTRIES
    }
    ids = {entry_of_key(subject) for subject in flags}
    rows = session.scalars(
        select(TimeEntry)
        .where(TimeEntry.tenant_id == tenant_id, TimeEntry.id.in_(ids))
        .order_by(TimeEntry.worked_on, TimeEntry.id)
    )
    return [_open(row, flags[entry_key(row.id)]) for row in rows.all()]


def open_items(session: Session, tenant_id: int) -> list[OpenItem]:
    """The other things that block the tenant's drafts."""
    found = [
        OpenItem(flag["fault"], flag["subject"], flag["detail"], flag["period_start"])
        for flag in _flags(session, tenant_id)
        if flag["fault"] in OF_ITEMS
    ]
    return list(dict.fromkeys(found))


def _open(entry: TimeEntry, flag: dict[str, Any]) -> OpenEntry:
    fitting = flag["detail"].split(", ") if flag["fault"] == "two_items" else []
    return OpenEntry(flag["fault"], flag["detail"], entry, fitting)


def _flags(session: Session, tenant_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(DocumentDraft.period_start, DocumentDraft.flags)
        .where(DocumentDraft.tenant_id == tenant_id)
        .order_by(DocumentDraft.period_start)
    )
    return [flag | {"period_start": begun} for begun, flags in rows for flag in flags if flag["level"] != "notice"]
