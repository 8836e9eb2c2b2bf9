"""Verbs that write down what was done and what was looked at; they never commit."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from tenants.audit import AccessLog, Audit, AuditDetail
from tenants.gathered import Manner, gather
from tenants.rules import Principal


def write_down(
    session: Session,
    tenant_id: int,
    principal: Principal,
    verb: str,
    at: datetime,
    subject: str = "",
    outcome: str = "done",
    request_id: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """One row of the audit, in the act's own transaction; personal detail stands beside, covered by its hash."""
    salt = secrets.token_hex(8) if detail else ""
    act = {
        "tenant_id": tenant_id,
        "at": at,
        "login_id": principal.login_id,
        "kind": principal.kind,
        "verb": verb,
        "subject": subject.replace("\0", "\ufffd"),  # an address may hold it, a row cannot
        "outcome": outcome,
        "request_id": request_id,
        "detail_hash": detail_digest(salt, detail) if detail else "",
    }
    if not detail:
        gather(session, Audit, act)
        return
    row = Audit(**act)
    session.add(row)
    session.flush()
    session.add(AuditDetail(tenant_id=tenant_id, audit_id=row.id, salt=salt, detail=detail))


def detail_digest(salt: str, detail: dict[str, Any]) -> str:
    return hashlib.sha256((salt + json.dumps(detail, sort_keys=True, ensure_ascii=False)).encode()).hexdigest()


def looked_at(session: Session, tenant_id: int, principal: Principal, subject: str, name: str, at: datetime) -> None:
    """Somebody of the desk opened something of this tenant: one row an hour, person and thing."""
    if principal.login_id is not None:
        gather(
            session,
            AccessLog,
            {
                "tenant_id": tenant_id,
                "hour": at.replace(minute=0, second=0, microsecond=0),
                "login_id": principal.login_id,
                "subject": subject,
                "at": at,
                "name": name,
            },
            Manner.ONCE,
        )
