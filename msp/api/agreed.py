"""What was agreed, told without our ids: contracts with their versions, calendars by their names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from sla import queries


def contracts_told(rows: Session, tenant_id: int, at: datetime) -> list[dict[str, Any]]:
    """Contracts with all versions, oldest first; a tenant has few of both."""
    names = {str(each.id): each.name for each in queries.calendars_of(rows, tenant_id)}
    told = []
    for contract in queries.contracts_of(rows, tenant_id):
        chain = queries.versions_of(rows, tenant_id, contract.id)
        ends = [*(version.since for version in chain[1:]), None]
        versions = [
            {
                "since": version.since,
                "until": until,
                "in_force": version.since <= at and (until is None or at < until),
                "mode": version.mode,
                "terms": _named(version.terms, names),
            }
            for version, until in zip(chain, ends, strict=True)
        ]
        told.append({"name": contract.name, "is_default": contract.is_default, "versions": versions})
    return told


def calendars_now(rows: Session, tenant_id: int, at: datetime) -> list[dict[str, Any]]:
    """Each calendar as it holds; one that has not begun, as it will."""
    names = {each.id: each.name for each in queries.calendars_of(rows, tenant_id)}
    held: dict[int, Mapping[str, Any]] = {}
    for version in queries.calendar_versions_of(rows, tenant_id):
        if version.since <= at or version.calendar_id not in held:
            held[version.calendar_id] = version.hours
    return [{"name": names[calendar_id], "hours": hours} for calendar_id, hours in held.items()]


def _named(terms: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    by_priority = {priority: names.get(each) for priority, each in (terms.get("calendar_by_priority") or {}).items()}
    told = dict(terms) | {"calendar": names.get(terms.get("calendar") or "")}
    return told | ({"calendar_by_priority": by_priority} if by_priority else {})
