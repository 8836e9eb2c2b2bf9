"""Dated rate cards, work types and taxes as the engine reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import DeskRate, TaxRate, TenantRate, TenantWorkType, WorkType
from billing.rules.invoice.items import Rate
from billing.rules.tax import DatedTax, Tax


class WorkName(NamedTuple):
    """What a work type is called, in both languages."""

    ja: str
    en: str


def desk_rates(session: Session, currency: str) -> tuple[Rate, ...]:
    """The desk's card, each price until the next of its kind begins."""
    rows = session.scalars(select(DeskRate).where(DeskRate.currency == currency))
    return _dated((row.work_type, None, row.since, row.price) for row in rows)


def tenant_rates(session: Session, tenant_id: int, currency: str) -> tuple[Rate, ...]:
    """The tenant's own card, likewise."""
    rows = session.scalars(select(TenantRate).where(TenantRate.tenant_id == tenant_id, TenantRate.currency == currency))
    return _dated((row.work_type, str(row.site_id) if row.site_id else None, row.since, row.price) for row in rows)


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


def _dated(rows: Iterable[tuple[str | None, str | None, date, Decimal]]) -> tuple[Rate, ...]:
    chains: dict[tuple[str | None, str | None], list[tuple[date, Decimal]]] = {}
    for work_type, site, since, price in rows:
        chains.setdefault((work_type, site), []).append((since, price))
    return tuple(
        Rate(price, work_type, site, since, until)
        for (work_type, site), chain in sorted(chains.items(), key=lambda each: str(each[0]))
        for (since, price), until in zip(
            sorted(chain), [*(begin for begin, _ in sorted(chain)[1:]), date.max], strict=True
        )
    )
