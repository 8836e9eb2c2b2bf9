"""Rate cards as a page shows them: each price with the days on which it holds, and what an hour costs the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import AccountDiscount, CostRate, DeskRate, TenantRate
from tenants.models import Agent, Site

State = Literal["past", "now", "coming"]


@dataclass(frozen=True, slots=True)
class CardLine:
    """A price per hour; `last_day` is None while no next one is known. `whose` names an agent on the card of costs."""

    id: int
    work_type: str | None
    role: str | None
    site: str
    whose: str
    currency: str
    price: Decimal
    since: date
    last_day: date | None
    state: State


def desk_card(session: Session, today: date) -> list[CardLine]:
    rows = session.scalars(select(DeskRate)).all()
    return _chained([(row, (row.work_type, row.role, row.currency), "", "") for row in rows], today)


def tenant_card(session: Session, tenant_id: int, today: date) -> list[CardLine]:
    rows = session.execute(
        select(TenantRate, Site.name)
        .outerjoin(Site, (Site.tenant_id == TenantRate.tenant_id) & (Site.id == TenantRate.site_id))
        .where(TenantRate.tenant_id == tenant_id)
    ).all()
    return _chained(
        [(row, (row.work_type, row.role, row.currency, row.site_id), site or "", "") for row, site in rows], today
    )


def cost_card(session: Session, today: date) -> list[CardLine]:
    rows = session.execute(select(CostRate, Agent.name).outerjoin(Agent, Agent.id == CostRate.agent_id)).all()
    return _chained([(row, (row.agent_id, row.role), "", name or "") for row, name in rows], today)


def discounts_of(session: Session, tenant_id: int) -> Sequence[AccountDiscount]:
    """Every discount on a tenant's whole documents, the newest first."""
    return session.scalars(
        select(AccountDiscount)
        .where(AccountDiscount.tenant_id == tenant_id)
        .order_by(AccountDiscount.since.desc(), AccountDiscount.id.desc())
    ).all()


Price = DeskRate | TenantRate | CostRate
Row = tuple[Price, tuple[object, ...], str, str]


def _chained(rows: Sequence[Row], today: date) -> list[CardLine]:
    """Each price until the next of its kind begins; what holds first, then what comes, then what is over."""
    chains: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        chains.setdefault(row[1], []).append(row)
    lines = []
    for chain in chains.values():
        ordered = sorted(chain, key=lambda each: each[0].since)
        ends = [*(each[0].since - timedelta(days=1) for each in ordered[1:]), None]
        lines += [
            _line(price, site, whose, last_day, today)
            for (price, _key, site, whose), last_day in zip(ordered, ends, strict=True)
        ]
    order = ("now", "coming", "past")
    return sorted(lines, key=lambda line: (order.index(line.state), *_named(line), line.since))


def _line(row: Price, site: str, whose: str, last_day: date | None, today: date) -> CardLine:
    over = last_day is not None and last_day < today
    return CardLine(
        id=row.id,
        work_type=None if isinstance(row, CostRate) else row.work_type,
        role=row.role,
        site=site,
        whose=whose,
        currency=row.currency,
        price=row.price,
        since=row.since,
        last_day=last_day,
        state="coming" if row.since > today else "past" if over else "now",
    )


def _named(line: CardLine) -> tuple[str, str, str, str]:
    return (line.work_type or "", line.role or "", line.whose, line.site)
