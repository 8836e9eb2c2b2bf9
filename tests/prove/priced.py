"""What stands of prices in the world of the proofs: a version to come with an item of its own, a lot, rates, counts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from sla import actions as promises
from sla.models import Contract
from sla.queries import versions_of
from tenants.rules import Role
from tests.cast import Cast
from tests.prove import uneven

COMING = date(2031, 1, 1)


def of_the_desk(session: Session, cast: Cast) -> dict[str, int]:
    """As the desk: prices and costs that have not begun."""
    rate = billing.set_desk_rate(session, Decimal(9900), "JPY", COMING)
    tax = billing.set_tax_rate(session, "JP", "standard", "S", Decimal(12), COMING)
    cost = billing.set_cost_rate(session, cast.staff[Role.AGENT], Decimal(4000), "JPY", COMING)
    return {"desk_rate_id": rate.id, "cost_rate_id": cost.id, "tax_rate_id": tax.id}


def of_a_company(session: Session, key: str, tenant_id: int, words: str, at: datetime) -> dict[str, int]:
    """As one company: all of it lies ahead, so that no document of today knows it."""
    contract = session.scalars(select(Contract).where(Contract.tenant_id == tenant_id, Contract.is_default)).one()
    terms = versions_of(session, tenant_id, contract.id)[-1].terms
    version = promises.add_version(session, contract, terms, datetime(2031, 1, 1, tzinfo=UTC))
    items: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("block", "block", {"overage_rate": "12000"}),
        ("pcs", "per_unit", {"product": "pc", "price": "3000"}),
        ("move", "milestone", {"price": "1000", "steps": _steps(words)}),
    )
    for place, (item, kind, said) in enumerate(items):
        billing.add_item(session, tenant_id, version.id, item, kind, words, said, at, place=place)
    if key == uneven.FIRST:
        said = {"price": "700"}
        billing.add_item(session, tenant_id, version.id, "more", "fixed", words, said, at, place=len(items))
    uneven.before_lots(session, key, tenant_id, words, at)
    lot = billing.sell_lot(
        session, tenant_id, "block", Decimal(600), Decimal(100000), None, at, note=words, on_invoice=True
    )
    rate = billing.set_tenant_rate(session, tenant_id, Decimal(8000), "JPY", COMING, at)
    discount = billing.add_discount(session, tenant_id, {"percent": Decimal(5), "reason": words, "since": COMING}, at)
    billing.put_counts(session, tenant_id, "pc", {at.date(): 12}, None, at)
    return {"version_id": version.id, "lot_id": lot.id, "rate_id": rate.id, "discount_id": discount.id}


def _steps(words: str) -> list[dict[str, str]]:
    return [{"key": key, "name": f"{words} {key}", "percent": "50"} for key in ("plan", "build")]
