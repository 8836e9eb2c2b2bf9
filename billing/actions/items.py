"""Verbs on the priced things of a contract: add, change, take off, carry them into the next version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, exists, func, select
from sqlalchemy.orm import Session

from billing.actions.entries import let_all_drafts_follow
from billing.models import BillingAccount, ContractItem, ContractTime
from billing.schemas import TimeTermsSchema, read_terms
from sla.models import ContractVersion
from tenants.errors import Refused


def add_item(
    session: Session,
    tenant_id: int,
    version_id: int,
    key: str,
    kind: str,
    name: str,
    terms: Mapping[str, Any],
    at: datetime,
    options: Mapping[str, Any] | None = None,
    place: int = 0,
) -> ContractItem:
    """A priced thing on a version of a contract. Raises marshmallow's `ValidationError` for terms nobody can bill."""
    _only_on_this_contract(session, tenant_id, version_id, key)
    read_terms(key, kind, name, terms, options or {})
    item = ContractItem(
        tenant_id=tenant_id,
        version_id=version_id,
        key=key,
        kind=kind,
        name=name,
        place=place,
        terms=dict(terms),
        options=dict(options or {}),
    )
    session.add(item)
    session.flush()
    let_all_drafts_follow(session, tenant_id, at)
    return item


def put_item(
    session: Session,
    tenant_id: int,
    version_id: int,
    key: str,
    kind: str,
    name: str,
    terms: Mapping[str, Any],
    at: datetime,
    options: Mapping[str, Any] | None = None,
) -> ContractItem:
    """Add an item to a version that has not begun, or change the one of this key. Raises `Refused` once it began."""
    _not_begun(session, tenant_id, version_id, at)
    row = _item(session, tenant_id, version_id, key)
    if row is None:
        last = session.scalar(
            select(func.max(ContractItem.place)).where(
                ContractItem.tenant_id == tenant_id, ContractItem.version_id == version_id
            )
        )
        place = 0 if last is None else last + 1
        return add_item(session, tenant_id, version_id, key, kind, name, terms, at, options, place)
    read_terms(key, kind, name, terms, options or {})
    row.kind, row.name, row.terms, row.options = kind, name, dict(terms), dict(options or {})
    session.flush()
    let_all_drafts_follow(session, tenant_id, at)
    return row


def remove_item(session: Session, tenant_id: int, version_id: int, key: str, at: datetime) -> None:
    """Take an item off a version that has not begun; earlier versions keep theirs."""
    _not_begun(session, tenant_id, version_id, at)
    row = _item(session, tenant_id, version_id, key)
    if row is None:
        raise Refused("There is no such item.")
    session.delete(row)
    session.flush()
    let_all_drafts_follow(session, tenant_id, at)


def carry_items(
    session: Session, tenant_id: int, from_version: int, to_version: int, at: datetime | None = None
) -> list[ContractItem]:
    """The next version of a contract begins with the items of the one before, and counts time as it did.

    Both are ids of versions. What the next one holds already is written over, so that carrying twice is carrying once.
    Raises `Refused` for versions of two contracts.
    """
    before = session.get_one(ContractVersion, (tenant_id, from_version))
    after = session.get_one(ContractVersion, (tenant_id, to_version))
    if before.contract_id != after.contract_id or from_version == to_version:
        raise Refused("Items are carried from one version of a contract to another.")
    for model in (ContractItem, ContractTime):
        session.execute(delete(model).where(model.tenant_id == tenant_id, model.version_id == to_version))
    items = session.scalars(
        select(ContractItem)
        .where(ContractItem.tenant_id == tenant_id, ContractItem.version_id == from_version)
        .order_by(ContractItem.place, ContractItem.id)
    )
    carried = [_copy(item, to_version) for item in items.all()]
    session.add_all(carried)
    counting = session.get(ContractTime, (tenant_id, from_version))
    if counting is not None:
        session.add(ContractTime(tenant_id=tenant_id, version_id=to_version, terms=dict(counting.terms)))
    session.flush()
    let_all_drafts_follow(session, tenant_id, at or after.made_at or after.since)
    return carried


def _copy(item: ContractItem, version_id: int) -> ContractItem:
    return ContractItem(
        tenant_id=item.tenant_id,
        version_id=version_id,
        key=item.key,
        kind=item.kind,
        name=item.name,
        place=item.place,
        terms=dict(item.terms),
        options=dict(item.options),
    )


def count_time(
    session: Session, tenant_id: int, version_id: int, terms: Mapping[str, Any], at: datetime
) -> ContractTime:
    """How a version of a contract counts time; `terms` are in the form of `TimeTermsSchema`."""
    TimeTermsSchema().load(terms)
    row = session.get(ContractTime, (tenant_id, version_id)) or ContractTime(tenant_id=tenant_id, version_id=version_id)
    row.terms = dict(terms)
    session.add(row)
    let_all_drafts_follow(session, tenant_id, at)
    return row


def count_time_of_client(session: Session, tenant_id: int, terms: Mapping[str, Any], at: datetime) -> None:
    """How time is counted where no contract says otherwise. A version that began goes on as it was counted by then.

    Raises `Refused` where nobody bills the client yet.
    """
    TimeTermsSchema().load(terms)
    account = session.get(BillingAccount, tenant_id, with_for_update=True)
    if account is None:
        raise Refused("Set up billing for this client first.")
    told = exists().where(ContractTime.tenant_id == tenant_id, ContractTime.version_id == ContractVersion.id)
    begun = select(ContractVersion.id).where(ContractVersion.tenant_id == tenant_id, ContractVersion.since <= at, ~told)
    for version_id in session.scalars(begun).all():
        session.add(ContractTime(tenant_id=tenant_id, version_id=version_id, terms=dict(account.time)))
    account.time = dict(terms)
    session.flush()
    let_all_drafts_follow(session, tenant_id, at)


def put_counting(
    session: Session, tenant_id: int, version_id: int, terms: Mapping[str, Any], at: datetime
) -> ContractTime:
    """The same for a version that has not begun. Raises `Refused` once it began."""
    _not_begun(session, tenant_id, version_id, at)
    return count_time(session, tenant_id, version_id, terms, at)


def _not_begun(session: Session, tenant_id: int, version_id: int, at: datetime) -> None:
    version = session.get(ContractVersion, (tenant_id, version_id))
    if version is None or version.withdrawn_at is not None:
        raise Refused("There is nothing here.")
    if version.since <= at and version.made_at != at:
        raise Refused("This version has begun; make the next one instead.")


def _item(session: Session, tenant_id: int, version_id: int, key: str) -> ContractItem | None:
    return session.scalar(
        select(ContractItem).where(
            ContractItem.tenant_id == tenant_id, ContractItem.version_id == version_id, ContractItem.key == key
        )
    )


def _only_on_this_contract(session: Session, tenant_id: int, version_id: int, key: str) -> None:
    """Items of one key are one thing through the versions of a contract, so no other contract may use it."""
    own = session.get_one(ContractVersion, (tenant_id, version_id)).contract_id
    elsewhere = session.scalar(
        select(ContractItem.id)
        .join(
            ContractVersion,
            and_(ContractVersion.tenant_id == ContractItem.tenant_id, ContractVersion.id == ContractItem.version_id),
        )
        .where(ContractItem.tenant_id == tenant_id, ContractItem.key == key, ContractVersion.contract_id != own)
        .limit(1)
    )
    if elsewhere is not None:
        raise Refused("Another contract has an item of this key.")
