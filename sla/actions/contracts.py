"""Agree on terms: a contract, its next version, and taking back one that has not begun."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from sla import queries
from sla.actions.remeasuring import call_off, carry_to_tickets, restamp
from sla.models import Contract, ContractVersion
from sla.rules import reading
from sla.rules.calendar import Calendar
from sla.rules.hours import Hours
from tenants.errors import Refused

ALREADY = "Another version begins at that instant."


def agree(
    session: Session,
    tenant_id: int,
    name: str,
    terms: Mapping[str, Any],
    since: datetime,
    mode: str = "pinned",
    is_default: bool = True,
) -> Contract:
    """A new contract with its first version."""
    contract = Contract(tenant_id=tenant_id, name=name, is_default=is_default)
    session.add(contract)
    session.flush()
    add_version(session, contract, terms, since, mode)
    return contract


def add_version(
    session: Session, contract: Contract, terms: Mapping[str, Any], since: datetime, mode: str = "pinned"
) -> ContractVersion:
    """The contract says this from an instant on. `terms` names its calendars by their ids as text."""
    version = ContractVersion(
        tenant_id=contract.tenant_id,
        contract_id=contract.id,
        since=since.replace(microsecond=0),
        mode=mode,
        terms=dict(terms),
    )
    session.add(version)
    restamp(contract)
    session.flush()
    return version


def first_contract(
    session: Session, tenant_id: int, name: str, terms: Mapping[str, Any], since: datetime, by: str, at: datetime
) -> ContractVersion:
    """A client's first contract, from now or later on. Raises Refused where he has one or the terms do not hold."""
    if queries.contracts_of(session, tenant_id):
        raise Refused("This client has a contract; make its next version.")
    check_terms(session, tenant_id, terms)
    since = _from_now(since, at)
    contract = agree(session, tenant_id, name, terms, since)
    (version,) = queries.versions_of(session, tenant_id, contract.id)
    version.made_at, version.by_name = at, by
    carry_to_tickets(session, contract, "version", since, at)
    return version


def next_version(
    session: Session, contract: Contract, terms: Mapping[str, Any], since: datetime, mode: str, by: str, at: datetime
) -> ContractVersion:
    """The contract's next version, from now or later on, carried to the open tickets. What has begun is not edited.

    Raises Refused for a start in the past or one that is taken, and for terms that do not hold.
    """
    check_terms(session, contract.tenant_id, terms)
    since = _from_now(since, at)
    if any(version.since == since for version in queries.versions_of(session, contract.tenant_id, contract.id)):
        raise Refused(ALREADY, {"since": [ALREADY]})
    version = add_version(session, contract, terms, since, mode)
    version.made_at, version.by_name = at, by
    carry_to_tickets(session, contract, "version", since, at)
    return version


def reword_version(
    session: Session,
    contract: Contract,
    version: ContractVersion,
    terms: Mapping[str, Any],
    mode: str,
    by: str,
    at: datetime,
) -> None:
    """A version that has not begun says something else; its instant and its items stay. Raises Refused once it has."""
    if version.since <= at:
        raise Refused("This version has begun; make the next one instead.")
    check_terms(session, contract.tenant_id, terms)
    version.terms, version.mode, version.made_at, version.by_name = dict(terms), mode, at, by
    restamp(contract)


def withdraw_version(session: Session, contract: Contract, version: ContractVersion, by: str, at: datetime) -> None:
    """It will not begin. Raises Refused for one that has begun or was withdrawn."""
    if version.since <= at:
        raise Refused("This version has begun; make the next one instead.")
    if version.withdrawn_at is not None:
        raise Refused("This version was withdrawn before.")
    version.withdrawn_at, version.withdrawn_by = at, by
    call_off(session, contract, "version", version.since, at)
    restamp(contract)


def check_terms(session: Session, tenant_id: int, terms: Mapping[str, Any]) -> None:
    """What the engine could not read would stop every fold, so it is read here first."""
    never = Hours(Calendar("UTC"))
    known = {str(calendar.id): never for calendar in queries.calendars_of(session, tenant_id)}
    try:
        reading.terms("draft", terms, known)
    except ValueError as fault:
        raise Refused("These terms cannot be measured: %(why)s", why=str(fault)) from fault


def _from_now(since: datetime, at: datetime) -> datetime:
    since = since.replace(microsecond=0)
    if since < at.replace(microsecond=0):
        raise Refused("A version begins now or later.", {"since": ["Choose an instant that has not passed."]})
    return since
