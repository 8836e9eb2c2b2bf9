"""/me, /clients and their people."""

from __future__ import annotations

from typing import Any

from flask import abort

from msp import bearer, guard
from msp.api.frame import scope
from msp.api.routes import get
from msp.api.shapes_company import ClientShape, ClientsShape, ContactsShape, MeShape
from msp.reach import tenant_here
from tenants import queries
from tenants.db import db
from tenants.models import Tenant
from tenants.rules import Permission


@get("/me", "Clients", MeShape)
@guard.requires(Permission.OWN_PROFILE)
@scope(bearer.ANY)
def show_me() -> dict[str, Any]:
    """Ask whom a token acts for"""
    who, token = guard.principal(), bearer.program()
    name = who.name or queries.name_of(db.session(), who)
    return {
        "name": name,
        "kind": who.kind,
        "role": who.role,
        "language": who.language,
        "zone": who.zone,
        "token": token.prefix if token else None,
        "scopes": sorted(token.scopes) if token else None,
        "clients": [each.key for each in queries.tenants_of(db.session(), who)],
    }


@get("/clients", "Clients", ClientsShape)
@guard.requires(Permission.SEE_TENANTS, Permission.OWN_PROFILE)
@scope("clients:read")
def list_clients() -> dict[str, Any]:
    """List the clients you may see"""
    return {"items": queries.tenants_of(db.session(), guard.principal())}


@get("/clients/<tenant:tenant>", "Clients", ClientShape)
@guard.requires(Permission.SEE_TENANTS, Permission.OWN_PROFILE)
@scope("clients:read")
def show_client(tenant: str) -> Tenant:  # noqa: ARG001 - the guard has read it
    """Read a client"""
    return db.session().get(Tenant, tenant_here()) or abort(404)


@get("/clients/<tenant:tenant>/contacts", "Clients", ContactsShape)
@guard.requires(Permission.SEE_TENANTS)
@scope("clients:read")
def list_contacts(tenant: str) -> dict[str, Any]:  # noqa: ARG001 - the guard has read it
    """List the people of a client"""
    rows, tenant_id = db.session(), tenant_here()
    sites = {site.id: site.name for site in queries.sites_of(rows, tenant_id)}
    return {
        "items": [
            {
                "name": each.name,
                "kana": each.kana,
                "email": each.email,
                "phone": each.phone,
                "role": each.role,
                "language": each.language,
                "site": sites.get(each.site_id) if each.site_id else None,
            }
            for each in queries.contacts_of(rows, tenant_id)
        ]
    }
