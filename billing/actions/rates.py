"""Verbs on rate cards: what an hour costs the client, by work type and role, and what it costs the desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.actions.entries import let_all_drafts_follow
from billing.models import AccountDiscount, CostRate, DeskRate, TenantRate
from tenants.errors import Refused


def set_desk_rate(
    session: Session,
    price: Decimal,
    currency: str,
    since: date,
    work_type: str | None = None,
    role: str | None = None,
) -> DeskRate:
    """The desk's price per hour from a day on; said again for the same day it is corrected."""
    row = session.scalar(
        select(DeskRate).where(
            DeskRate.work_type.is_not_distinct_from(work_type),
            DeskRate.role.is_not_distinct_from(role),
            DeskRate.currency == currency,
            DeskRate.since == since,
        )
    ) or DeskRate(work_type=work_type, role=role, currency=currency, since=since)
    row.price = price
    session.add(row)
    session.flush()
    return row


def set_tenant_rate(
    session: Session,
    tenant_id: int,
    price: Decimal,
    currency: str,
    since: date,
    at: datetime,
    work_type: str | None = None,
    site_id: int | None = None,
    role: str | None = None,
) -> TenantRate:
    """A tenant's own price per hour from a day on, likewise."""
    row = session.scalar(
        select(TenantRate).where(
            TenantRate.tenant_id == tenant_id,
            TenantRate.work_type.is_not_distinct_from(work_type),
            TenantRate.role.is_not_distinct_from(role),
            TenantRate.site_id.is_not_distinct_from(site_id),
            TenantRate.currency == currency,
            TenantRate.since == since,
        )
    ) or TenantRate(
        tenant_id=tenant_id, work_type=work_type, role=role, site_id=site_id, currency=currency, since=since
    )
    row.price = price
    session.add(row)
    session.flush()
    let_all_drafts_follow(session, tenant_id, at)
    return row


def set_cost_rate(
    session: Session, agent_id: int | None, price: Decimal, currency: str, since: date, role: str | None = None
) -> CostRate:
    """What an hour of an agent, or of anybody of a role, costs the desk from a day on. One of the two is named."""
    if (agent_id is None) == (role is None):
        raise Refused("Name an agent or a role.", {"whose": ["Name an agent or a role."]})
    row = session.scalar(
        select(CostRate).where(
            CostRate.agent_id.is_not_distinct_from(agent_id),
            CostRate.role.is_not_distinct_from(role),
            CostRate.since == since,
        )
    ) or CostRate(agent_id=agent_id, role=role, since=since)
    row.price, row.currency = price, currency
    session.add(row)
    session.flush()
    return row


def drop_desk_rate(session: Session, rate_id: int, today: date) -> None:
    """Take back a price that has not begun to hold. Raises `Refused` for one that has."""
    row = session.get(DeskRate, rate_id)
    _not_begun(row, today)
    session.delete(row)


def drop_tenant_rate(session: Session, tenant_id: int, rate_id: int, today: date, at: datetime) -> None:
    """The same for a tenant's own price."""
    row = session.get(TenantRate, (tenant_id, rate_id))
    _not_begun(row, today)
    session.delete(row)
    let_all_drafts_follow(session, tenant_id, at)


def drop_cost_rate(session: Session, rate_id: int, today: date) -> None:
    """The same for what an hour costs the desk."""
    row = session.get(CostRate, rate_id)
    _not_begun(row, today)
    session.delete(row)


def add_discount(session: Session, tenant_id: int, facts: Mapping[str, Any], at: datetime) -> AccountDiscount:
    """A discount on the whole of a tenant's recurring documents; `facts` are what `DiscountFormSchema` loads."""
    row = AccountDiscount(tenant_id=tenant_id, **facts)
    session.add(row)
    session.flush()
    let_all_drafts_follow(session, tenant_id, at)
    return row


def end_discount(session: Session, tenant_id: int, discount_id: int, today: date, at: datetime) -> None:
    """It is not given any more from today on; one that has not begun never was."""
    row = session.get(AccountDiscount, (tenant_id, discount_id))
    if row is None:
        raise Refused("There is nothing here.")
    if row.since >= today:
        session.delete(row)
    else:
        row.until = today
    session.flush()
    let_all_drafts_follow(session, tenant_id, at)


def _not_begun(row: DeskRate | TenantRate | CostRate | None, today: date) -> None:
    if row is None:
        raise Refused("There is nothing here.")
    if row.since <= today:
        raise Refused("This price holds already. Enter the next one with its first day.")
