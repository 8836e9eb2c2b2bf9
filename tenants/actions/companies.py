"""Verbs on client companies: opening one, its sites, its mail domains; they write and never commit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.isolation import acting_as
from tenants.models import Domain, Site, Tenant, TenantKey
from tenants.rows import set_shared_once
from tenants.rules import DESK_KEY, GATE, Principal


def found_desk(session: Session, name: str, at: datetime, **facts: Any) -> Tenant:
    """The desk's own row among the tenants; the first act of an installation."""
    return open_tenant(session, DESK_KEY, name, at, **facts)


def tenant_of_desk(session: Session) -> int | None:
    """The desk's own tenant, once it is founded. As `gate`."""
    return session.scalar(select(TenantKey.id).where(TenantKey.key == DESK_KEY))


def open_tenant(session: Session, key: str, name: str, at: datetime, **facts: Any) -> Tenant:
    """A new client company. Its key goes through the gate; the rest stands behind the wall from the start."""
    with acting_as(GATE):
        row = TenantKey(key=key)
        session.add(row)
        session.flush()
    with acting_as(_writing(row.id)):
        tenant = Tenant(tenant_id=row.id, key=key, name=name, **{"short": name, "opened_on": at.date()} | facts)
        session.add(tenant)
    return tenant


def add_site(session: Session, tenant_id: int, name: str, **facts: Any) -> Site:
    """A place of a client."""
    site = Site(tenant_id=tenant_id, name=name, **facts)
    session.add(site)
    session.flush()
    return site


def claim_domain(session: Session, tenant_id: int, name: str) -> bool:
    """Say that a mail domain is this client's. False where it is somebody's already."""
    with acting_as(GATE):
        return set_shared_once(session, Domain, {"name": name.strip().lower(), "tenant_id": tenant_id})


def _writing(tenant_id: int) -> Principal:
    return Principal(kind=GATE.kind, tenants=frozenset({tenant_id}), tenant=tenant_id)
