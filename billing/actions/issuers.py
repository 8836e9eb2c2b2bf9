"""Verbs on the desk's legal entities and on the taxes of their countries; as `staff` or `system`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.actions.accounts import open_issuer
from billing.models import Issuer, TaxRate
from tenants.errors import Refused


def keep_issuer(session: Session, issuer_id: int | None, facts: Mapping[str, Any]) -> Issuer:
    """A new entity (None), or what one says from now on; what is issued stays as it was. Drafts follow over night."""
    name = str(facts["name"])
    same = session.scalar(select(Issuer.id).where(Issuer.name == name))
    if same is not None and same != issuer_id:
        raise Refused("There is one of this name already.", {"name": ["There is one of this name already."]})
    if issuer_id is None:
        return open_issuer(session, **facts)
    issuer = session.get_one(Issuer, issuer_id)
    for column, value in facts.items():
        setattr(issuer, column, value)
    session.flush()
    return issuer


def set_tax_rate(
    session: Session,
    country: str,
    code: str,
    category: str,
    rate: Decimal,
    since: date,
    name: str = "",
    reason: str = "",
) -> TaxRate:
    """What a code of a country means from a day of supply until the next begins; said again for a day, corrected."""
    chain = _chain(session, country, code, name)
    row = next((each for each in chain if each.since == since), None)
    if row is None:
        row = TaxRate(country=country, code=code, name=name, since=since)
        row.until = min((each.since for each in chain if each.since > since), default=None)
        before = [each for each in chain if each.since < since]
        if before:
            before[-1].until = since
        session.add(row)
    row.category, row.rate, row.reason = category, rate, reason
    session.flush()
    return row


def drop_tax_rate(session: Session, tax_rate_id: int, today: date) -> None:
    """Take back a rate that has not begun; the one before it goes on. Raises `Refused` once it holds."""
    row = session.get_one(TaxRate, tax_rate_id, with_for_update=True)
    if row.since <= today:
        raise Refused("This rate holds already; enter the next one instead.")
    before = [each for each in _chain(session, row.country, row.code, row.name) if each.since < row.since]
    if before and before[-1].until == row.since:
        before[-1].until = row.until
    session.delete(row)
    session.flush()


def _chain(session: Session, country: str, code: str, name: str) -> list[TaxRate]:
    """The rates of one code and jurisdiction, oldest first."""
    return list(
        session.scalars(
            select(TaxRate)
            .where(TaxRate.country == country, TaxRate.code == code, TaxRate.name == name, TaxRate.site == "")
            .order_by(TaxRate.since)
            .with_for_update()
        )
    )
