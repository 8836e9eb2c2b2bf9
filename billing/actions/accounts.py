"""Verbs that say who bills whom and at what price: issuers, accounts, work types."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.actions.entries import let_all_drafts_follow
from billing.models import (
    BillingAccount,
    Issuer,
    NumberSeries,
    TaxRate,
    TenantWorkType,
    WorkType,
)
from billing.rules.registration import registration
from tenants.errors import Refused

PATTERNS: Final = {
    "invoice": "INV-{number:6}",
    "credit_note": "CN-{number:6}",
    "sale": "SL-{number:6}",
    "replacement": "RP-{number:6}",
}
BEGINNING: Final = date(1989, 4, 1)
REDUCED_SINCE: Final = date(2019, 10, 1)
JAPAN: Final = (
    ("standard", "S", "3", BEGINNING, date(1997, 4, 1)),
    ("standard", "S", "5", date(1997, 4, 1), date(2014, 4, 1)),
    ("standard", "S", "8", date(2014, 4, 1), REDUCED_SINCE),
    ("standard", "S", "10", REDUCED_SINCE, None),
    ("reduced", "AA", "8", REDUCED_SINCE, None),
    ("exempt", "E", "0", BEGINNING, None),
    ("export", "G", "0", BEGINNING, None),
    ("outside", "O", "0", BEGINNING, None),
)
"""Consumption tax by day of supply: the Consumption Tax Act and its amendments of 1994, 2012 and 2016."""


def open_issuer(session: Session, name: str, **facts: Any) -> Issuer:
    """A legal entity that sends invoices, with a series of numbers for each kind of document.

    The taxes of Japan are written down with the first issuer there; other countries' are entered. As `staff` or
    `system`.
    """
    issuer = Issuer(name=name, **facts)
    session.add(issuer)
    session.flush()
    issuer.registration_number = registration(issuer.registration_number).number if issuer.registration_number else ""
    for kind, pattern in PATTERNS.items():
        session.add(NumberSeries(issuer_id=issuer.id, kind=kind, pattern=pattern))
    if issuer.country == "JP":
        _know_taxes_of_japan(session)
    session.flush()
    return issuer


def set_series(session: Session, issuer_id: int, kind: str, pattern: str, reset: str = "none") -> NumberSeries:
    """How the numbers of a kind look from now on; the count itself runs on."""
    series = session.get_one(NumberSeries, (issuer_id, kind), with_for_update=True)
    if reset != "none" and "{year}" not in pattern:
        raise Refused("Numbers that begin again each year must show the year.")
    series.pattern, series.reset = pattern, reset
    return series


def set_account(session: Session, tenant_id: int, facts: Mapping[str, Any], at: datetime) -> BillingAccount:
    """How a tenant is billed; `facts` are what `AccountSchema` loads. Its draft is computed anew."""
    account = session.get(BillingAccount, tenant_id) or BillingAccount(tenant_id=tenant_id)
    for name, value in facts.items():
        setattr(account, name, value)
    session.add(account)
    session.flush()
    let_all_drafts_follow(session, tenant_id, at)
    return account


def add_work_type(session: Session, code: str, name_ja: str, name_en: str, **facts: Any) -> WorkType:
    """A kind of work on the desk's list. As `staff` or `system`."""
    work_type = WorkType(code=code, name_ja=name_ja, name_en=name_en, **facts)
    session.add(work_type)
    session.flush()
    return work_type


def set_tenant_work_type(
    session: Session,
    tenant_id: int,
    code: str,
    at: datetime,
    *,
    name_ja: str | None = None,
    name_en: str | None = None,
    billable: bool | None = None,
    multiplier: Decimal | None = None,
) -> TenantWorkType:
    """What one tenant has otherwise; None follows the desk's list."""
    row = session.get(TenantWorkType, (tenant_id, code)) or TenantWorkType(tenant_id=tenant_id, code=code)
    row.name_ja, row.name_en, row.billable, row.multiplier = name_ja, name_en, billable, multiplier
    session.add(row)
    let_all_drafts_follow(session, tenant_id, at)
    return row


def _know_taxes_of_japan(session: Session) -> None:
    if session.scalar(select(TaxRate.id).where(TaxRate.country == "JP").limit(1)) is not None:
        return
    session.add_all(
        TaxRate(country="JP", code=code, category=category, rate=Decimal(rate), since=since, until=until)
        for code, category, rate, since, until in JAPAN
    )
