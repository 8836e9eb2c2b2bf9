"""Clients and tickets that an address or a form names outside its path, reached as the guard would reach them."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

import structlog
from flask import abort, request

from msp import guard
from tenants.rules import Principal

log = structlog.get_logger()


def tenant_here() -> int:
    """The tenant this request's address names."""
    tenant_id = guard.principal().tenant
    if tenant_id is None:
        raise LookupError("This address names no tenant.")
    return tenant_id


def tenant_named(key: str) -> int:
    """The tenant behind a key, where the caller may know of it; else 404, counted and logged."""
    caller = guard.signed_in()
    tenant_id = dict(caller.tenant_ids).get(key) if caller else None
    if tenant_id is None or tenant_id not in guard.principal().tenants:
        _refuse(key)
    return tenant_id


def writer_in(tenant_id: int) -> Principal:
    """The caller, writing in one of the tenants he sees; else 404."""
    caller = guard.signed_in()
    who = caller.principal(tenant_id) if caller else None
    if who is None:
        _refuse(str(tenant_id))
    return replace(who, name=guard.principal().name)


def _refuse(named: str) -> NoReturn:
    guard.CROSSINGS.inc()
    log.warning("crossing_refused", path=request.path, named=named[:40], login=guard.principal().login_id)
    abort(404)
