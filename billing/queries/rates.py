"""Dated rate cards, work types and taxes as the engine reads them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from billing.models import AccountDiscount, DeskRate, TaxRate, TenantRate, TenantWorkType, WorkType
from billing.rules.discounts import Discount
from billing.rules.invoice.items import Rate
from billing.rules.periods import Period
from billing.rules.tax import DatedTax, Tax
from tenants.models import Agent

Names = tuple[str | None, str | None, str | None]
"""Work type, site and role a price is for; None is any."""


class WorkName(NamedTuple):
    """What a work type is called, in both languages."""

    ja: str
    en: str


def desk_rates(session: Session, currency: str) -> tuple[Rate, ...]:
    """The desk's card, each price until the next of its kind begins."""
    rows = session.scalars(select(DeskRate).where(DeskRate.currency == currency))
    return _dated(((row.work_type, None, row.role), row.since, row.price) for row in rows)


def tenant_rates(session: Session, tenant_id: int, currency: str) -> tuple[Rate, ...]:
    """The tenant's own card, likewise."""
    rows = session.scalars(select(TenantRate).where(TenantRate.tenant_id == tenant_id, TenantRate.currency == currency))
    return _dated(
        ((row.work_type, str(row.site_id) if row.site_id else None, row.role), row.since, row.price) for row in rows
    )


def roles_of(session: Session, agent_ids: Collection[int]) -> dict[int, str]:
    """The roles by which the rate cards price people's work."""
    rows = session.execute(select(Agent.id, Agent.role).where(Agent.id.in_(sorted(agent_ids))))
    return dict(rows.all())


def discounts(session: Session, tenant_id: int, period: Period) -> tuple[Discount, ...]:
    """The discounts on a whole document whose period ends within their days, oldest first."""
    rows = session.scalars(
        select(AccountDiscount)
        .where(
            AccountDiscount.tenant_id == tenant_id,
            AccountDiscount.since <= period.last_day,
            or_(AccountDiscount.until.is_(None), AccountDiscount.until > period.last_day),
        )
        .order_by(AccountDiscount.since, AccountDiscount.id)
    )
    return tuple(Discount(row.percent, row.amount, row.reason) for row in rows)


def work_types(session: Session) -> Sequence[WorkType]:
    """The desk's list, in its order."""
    return session.scalars(select(WorkType).order_by(WorkType.place, WorkType.code)).all()


def work_names(session: Session, tenant_id: int) -> dict[str, WorkName]:
    """What this tenant's documents call each work type."""
    names = {row.code: WorkName(row.name_ja, row.name_en) for row in work_types(session)}
    for row in session.scalars(select(TenantWorkType).where(TenantWorkType.tenant_id == tenant_id)):
        of_desk = names[row.code]
        names[row.code] = WorkName(row.name_ja or of_desk.ja, row.name_en or of_desk.en)
    return names


def multipliers(session: Session, tenant_id: int) -> dict[str, Decimal]:
    """The work types' own multipliers, the tenant's where it has others."""
    of_desk = session.execute(select(WorkType.code, WorkType.multiplier))
    of_tenant = session.execute(
        select(TenantWorkType.code, TenantWorkType.multiplier).where(TenantWorkType.tenant_id == tenant_id)
    )
    return {code: factor for code, factor in (*of_desk, *of_tenant) if factor is not None}


def is_billable(session: Session, tenant_id: int, work_type: WorkType) -> bool:
    """Whether this tenant pays for such work; the desk's list says so where the tenant has nothing else."""
    own = session.get(TenantWorkType, (tenant_id, work_type.code))
    return work_type.billable if own is None or own.billable is None else own.billable


def taxes(session: Session, country: str) -> tuple[DatedTax, ...]:
    """What the tax codes of an issuer's country mean, by day of supply."""
    rows = session.scalars(select(TaxRate).where(TaxRate.country == country).order_by(TaxRate.since, TaxRate.id))
    return tuple(
        DatedTax(
            row.code,
            Tax(row.category, row.rate, row.name),
            row.since,
            row.until or date.max,
            row.site or None,
            row.reason,
        )
        for row in rows
    )


def _dated(rows: Iterable[tuple[Names, date, Decimal]]) -> tuple[Rate, ...]:
    chains: dict[Names, list[tuple[date, Decimal]]] = {}
    for names, since, price in rows:
        chains.setdefault(names, []).append((since, price))
    found = []
    for (work_type, site, role), chain in sorted(chains.items(), key=lambda each: str(each[0])):
        begun = sorted(chain)
        ends = [*(since for since, _ in begun[1:]), date.max]
        for (since, price), until in zip(begun, ends, strict=True):
            found.append(Rate(price, work_type, site, since, until, role))
    return tuple(found)
