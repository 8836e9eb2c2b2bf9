"""By which rule an entry is or will be charged, and how much: what stands beside its worked time everywhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from billing.models import BillingAccount, ContractTime, DraftSource
from billing.rules.timesheet.parts import ON_SITE, REMOTE
from sla.models import Contract, ContractVersion
from tenants.isolation import among
from tenants.models import Tenant


class Counted(NamedTuple):
    """Seconds that are charged (None while nobody computed them) and the name of the rule."""

    seconds: int | None
    rule: str


class Worked(Protocol):
    """As much of an entry as the question needs."""

    @property
    def tenant_id(self) -> int: ...
    @property
    def id(self) -> int: ...
    @property
    def mode(self) -> str: ...
    @property
    def worked_on(self) -> date: ...
    @property
    def contract_id(self) -> int | None: ...
    @property
    def charged_seconds(self) -> int | None: ...
    @property
    def rule(self) -> str | None: ...


@dataclass(slots=True)
class _Terms:
    """How one tenant counts time: what its account says, and its contracts from days on."""

    account: Mapping[str, Any] = field(default_factory=dict)
    default: int | None = None
    versions: list[tuple[int, date, Mapping[str, Any] | None]] = field(default_factory=list)

    def rule(self, mode: str, day: date, contract_id: int | None) -> str:
        of = contract_id or self.default
        held = [terms for contract, since, terms in self.versions if contract == of and since <= day]
        terms = (held[-1] if held else None) or self.account
        rule = terms.get("rules", {}).get(mode)
        if rule is None:
            return ON_SITE.name if mode == "on_site" else REMOTE.name
        return str(rule.get("name", REMOTE.name))


def counted(session: Session, entries: Iterable[Worked]) -> dict[tuple[int, int], Counted]:
    """Charged seconds and rule by (tenant, entry): as billed, else as on the draft it stands on, else the rule ahead.

    Three statements however many entries; none where all are billed.
    """
    asked = list(entries)
    billed = {(one.tenant_id, one.id): Counted(one.charged_seconds, one.rule) for one in asked if one.rule}
    ahead = [one for one in asked if not one.rule]
    if not ahead:
        return billed
    tenants = {one.tenant_id for one in ahead}
    drafted = _drafted(session, tenants, {one.id for one in ahead})
    terms = _terms(session, tenants)
    rules = {
        (one.tenant_id, one.id): terms[one.tenant_id].rule(one.mode, one.worked_on, one.contract_id) for one in ahead
    }
    return (
        billed
        | {key: Counted(None, rule) for key, rule in rules.items()}
        | {key: found for key, found in drafted.items() if key in rules}
    )


def _drafted(session: Session, tenants: Collection[int], ids: Collection[int]) -> dict[tuple[int, int], Counted]:
    rows = session.execute(
        select(DraftSource.tenant_id, DraftSource.source_id, func.sum(DraftSource.charged), func.max(DraftSource.rule))
        .where(among(DraftSource.tenant_id, tenants), DraftSource.kind == "time", among(DraftSource.source_id, ids))
        .group_by(DraftSource.tenant_id, DraftSource.source_id)
    )
    return {(tenant, entry): Counted(int(seconds or 0), rule) for tenant, entry, seconds, rule in rows}


def _terms(session: Session, tenants: Collection[int]) -> dict[int, _Terms]:
    found: defaultdict[int, _Terms] = defaultdict(_Terms)
    accounts = select(BillingAccount.tenant_id, BillingAccount.time).where(among(BillingAccount.tenant_id, tenants))
    for tenant_id, terms in session.execute(accounts):
        found[tenant_id].account = terms
    rows = session.execute(
        select(
            Contract.tenant_id,
            Contract.id,
            Contract.is_default,
            ContractVersion.since,
            Tenant.billing_zone,
            ContractTime.terms,
        )
        .join(Tenant, Tenant.tenant_id == Contract.tenant_id)
        .join(
            ContractVersion,
            and_(ContractVersion.tenant_id == Contract.tenant_id, ContractVersion.contract_id == Contract.id),
        )
        .outerjoin(
            ContractTime,
            and_(ContractTime.tenant_id == Contract.tenant_id, ContractTime.version_id == ContractVersion.id),
        )
        .where(among(Contract.tenant_id, tenants), ContractVersion.withdrawn_at.is_(None))
        .order_by(ContractVersion.since)
    )
    for tenant_id, contract_id, default, since, zone, counting in rows:
        terms = found[tenant_id]
        terms.versions.append((contract_id, since.astimezone(ZoneInfo(zone)).date(), counting))
        terms.default = contract_id if default else terms.default
    return found
