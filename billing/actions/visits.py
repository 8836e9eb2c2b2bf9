"""Verbs on visits: one way to a site, whichever tickets it served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.actions.entries import let_draft_follow
from billing.actions.time import log_time
from billing.models import EntryState, TimeEntry, Visit
from tenants.errors import Refused


def log_visit(
    session: Session,
    tenant_id: int,
    agent_id: int,
    facts: Mapping[str, Any],
    work: Sequence[tuple[int, Mapping[str, Any]]],
    at: datetime,
    *,
    travel: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Visit:
    """Keep a visit with the work it served: (ticket, what `TimeSchema` loads) for each; `facts` are `VisitSchema`'s.

    `travel` is the way there and back, logged once and on the first ticket. `key` names the occasion: kept twice it is
    one visit. Raises `Refused` for a visit without work, and what `log_time` raises.
    """
    if key is not None:
        known = session.scalar(select(Visit).where(Visit.tenant_id == tenant_id, Visit.key == key))
        if known is not None:
            return known
    if not work:
        raise Refused("Say which tickets the visit was for.")
    visit = Visit(tenant_id=tenant_id, agent_id=agent_id, key=key, **facts)
    session.add(visit)
    session.flush()
    at_site = {"visit_id": visit.id, "site_id": visit.site_id, "contract_id": visit.contract_id}
    for ticket_id, said in work:
        log_time(session, tenant_id, ticket_id, agent_id, {"mode": "on_site"} | dict(said) | at_site, at)
    if travel is not None:
        said = dict(travel) | at_site | {"mode": "travel"}
        log_time(session, tenant_id, work[0][0], agent_id, said, at)
    return visit


def join_visit(session: Session, tenant_id: int, entry: TimeEntry, visit_id: int, at: datetime) -> None:
    """Work that was logged apart belonged to a visit. Raises `Refused` for a second way to the same visit."""
    visit = session.get(Visit, (tenant_id, visit_id))
    if visit is None:
        raise Refused("There is nothing here.")
    if entry.mode == "travel" and _has_travel(session, visit):
        raise Refused("The way to this visit is logged already.")
    entry.visit_id, entry.site_id = visit.id, visit.site_id
    let_draft_follow(session, entry, at)


def _has_travel(session: Session, visit: Visit) -> bool:
    return (
        session.scalar(
            select(TimeEntry.id).where(
                TimeEntry.tenant_id == visit.tenant_id,
                TimeEntry.visit_id == visit.id,
                TimeEntry.mode == "travel",
                TimeEntry.state != EntryState.DROPPED,
            )
        )
        is not None
    )
