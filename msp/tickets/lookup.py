"""People and clients found by what somebody types: a name in any reading, an address, the end of a telephone number."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from msp.tickets.desk import Client
from msp.tickets.readings import katakana, readings
from tenants.isolation import among
from tenants.models import Contact
from tenants.rules import normal_email, normal_name

FEWEST_DIGITS = 4


def people_named(session: Session, tenant_ids: Collection[int], typed: str, limit: int = 8) -> Sequence[Contact]:
    """Contacts whose name or reading begins as typed, or whose telephone number ends so, of the named tenants."""
    ways = [_begins(column, way) for way in readings(typed) for column in (Contact.normal_name, Contact.sort_key)]
    number = "".join(sign for sign in normal_name(typed) if sign.isdecimal())
    if len(number) >= FEWEST_DIGITS:
        ways.append(func.regexp_replace(Contact.phone, "[^0-9]", "", "g").endswith(number, autoescape=True))
    if not ways:
        return []
    return session.scalars(
        select(Contact)
        .where(among(Contact.tenant_id, tenant_ids), Contact.left_at.is_(None), or_(*ways))
        .order_by(Contact.sort_key, Contact.tenant_id, Contact.id)
        .limit(limit)
    ).all()


def people_of_address(session: Session, tenant_ids: Collection[int], email: str) -> Sequence[Contact]:
    """Contacts of the named tenants who have this address."""
    return session.scalars(
        select(Contact)
        .where(among(Contact.tenant_id, tenant_ids), Contact.normal_email == normal_email(email))
        .where(Contact.left_at.is_(None))
        .order_by(Contact.tenant_id)
    ).all()


def clients_named(known: Sequence[Client], typed: str) -> list[Client]:
    """Those of the clients whose key, name or reading holds what was typed."""
    ways = readings(typed)
    return [one for one in known if any(way in name for way in ways for name in _names(one))]


def _names(client: Client) -> tuple[str, ...]:
    return client.key.lower(), normal_name(client.name), normal_name(client.short), katakana(normal_name(client.kana))


def _begins(column: InstrumentedAttribute[str], start: str) -> ColumnElement[bool]:
    return and_(column >= start, column < start + "\U0010ffff")
