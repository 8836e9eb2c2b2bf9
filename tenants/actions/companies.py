"""Verbs on client companies: opening one, its sites, its mail domains; they write and never commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tenants.errors import Refused
from tenants.isolation import acting_as
from tenants.models import Domain, Site, Tenant, TenantKey
from tenants.rows import set_shared_once
from tenants.rules import DESK_KEY, GATE, Principal, normal_name


def found_desk(session: Session, name: str, at: datetime, **facts: Any) -> Tenant:
    """The desk's own row among the tenants; the first act of an installation."""
    return open_tenant(session, DESK_KEY, name, at, **facts)


def tenant_of_desk(session: Session) -> int | None:
    """The desk's own tenant, once it is founded. As `gate`."""
    return session.scalar(select(TenantKey.id).where(TenantKey.key == DESK_KEY))


def open_tenant(session: Session, key: str, name: str, at: datetime, **facts: Any) -> Tenant:
    """A new client company. Its key goes through the gate; the rest stands behind the wall from the start.

    Raises Refused where the key is taken.
    """
    with acting_as(GATE):
        if session.scalar(select(TenantKey.id).where(TenantKey.key == key)) is not None:
            raise Refused("This key is taken.", {"key": ["This key is taken."]})
        row = TenantKey(key=key)
        session.add(row)
        session.flush()
    with acting_as(_writing(row.id)):
        tenant = Tenant(tenant_id=row.id, key=key, name=name, **_first(name, at, facts) | facts)
        session.add(tenant)
    return tenant


def edit_company(session: Session, tenant: Tenant, facts: Mapping[str, Any]) -> None:
    """What a client is called, speaks, where its days end and who is responsible; its key stays for ever."""
    for name, value in facts.items():
        setattr(tenant, name, value)
    tenant.sort_key = normal_name(tenant.kana or tenant.name)
    session.flush()


def edit_site(session: Session, site: Site, name: str, address: str) -> None:
    """What a place is called and where it is. Raises Refused where another has the name."""
    _name_is_free(session, site.tenant_id, name, site.id)
    site.name, site.address = name, address
    session.flush()


def drop_domain(session: Session, tenant_id: int, name: str) -> None:
    """A domain is no longer known as this client's."""
    with acting_as(GATE):
        session.execute(delete(Domain).where(Domain.name == name, Domain.tenant_id == tenant_id))


def _name_is_free(session: Session, tenant_id: int, name: str, but: int = 0) -> None:
    taken = select(Site.id).where(Site.tenant_id == tenant_id, Site.name == name, Site.id != but)
    if session.scalar(taken) is not None:
        raise Refused("There is a site of this name already.", {"name": ["There is a site of this name already."]})


def add_site(session: Session, tenant_id: int, name: str, **facts: Any) -> Site:
    """A place of a client. Raises Refused where another has the name."""
    _name_is_free(session, tenant_id, name)
    site = Site(tenant_id=tenant_id, name=name, **facts)
    session.add(site)
    session.flush()
    return site


def claim_domain(session: Session, tenant_id: int, name: str) -> bool:
    """Say that a mail domain is this client's. False where it is somebody else's already."""
    domain = name.strip().lower()
    with acting_as(GATE):
        set_shared_once(session, Domain, {"name": domain, "tenant_id": tenant_id})
        return session.scalar(select(Domain.tenant_id).where(Domain.name == domain)) == tenant_id


def _writing(tenant_id: int) -> Principal:
    return Principal(kind=GATE.kind, tenants=frozenset({tenant_id}), tenant=tenant_id)


def _first(name: str, at: datetime, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a new company has unless it is said otherwise."""
    sort_key = normal_name(str(facts.get("kana") or name))
    return {"short": name, "opened_on": at.date(), "sort_key": sort_key}
