"""Questions about contracts, calendars and clocks; they read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from sla.models import Calendar, CalendarVersion, Clock, ContractVersion, Escalation
from sla.models import Contract as ContractRow
from sla.rules import reading
from sla.rules.contract import Contract, Terms, Version
from sla.rules.hours import Hours
from tenants.isolation import among, scoped

NO_TERMS = Terms("", {})
_KEPT = 2000


@dataclass(frozen=True, slots=True)
class Book:
    """A tenant's promises, compiled: which terms hold when, and the hours of each calendar version by its name."""

    contract: Contract
    terms: Mapping[str, Terms]
    hours: Mapping[str, Hours]


EMPTY = Book(Contract(()), {"": NO_TERMS}, {})
_books: OrderedDict[tuple[int, str], Book] = OrderedDict()
_lock = Lock()


def book(session: Session, tenant_id: int) -> Book:
    """The promises of a tenant's default contract; an empty book where none is agreed."""
    return books(session, [tenant_id]).get(tenant_id, EMPTY)


def books(session: Session, tenant_ids: Collection[int]) -> dict[int, Book]:
    """The books of several tenants, one statement when they are known here already."""
    rows = session.execute(
        select(ContractRow.tenant_id, ContractRow.id, ContractRow.stamp).where(
            among(ContractRow.tenant_id, tenant_ids), ContractRow.is_default
        )
    )
    return {tenant_id: compiled(session, tenant_id, contract_id, stamp) for tenant_id, contract_id, stamp in rows.all()}


def compiled(session: Session, tenant_id: int, contract_id: int, stamp: str) -> Book:
    """The book of a default contract as of its stamp; read from the database only where it is not known here yet."""
    key = (tenant_id, f"{contract_id}:{stamp}")
    with _lock:
        known = _books.get(key)
        if known is not None:
            _books.move_to_end(key)
    if known is None:
        known = _compile(session, tenant_id, contract_id)
        with _lock:
            _books[key] = known
            while len(_books) > _KEPT:
                _books.popitem(last=False)
    return known


_CLOCKS = scoped(select(Clock).where(Clock.tenant_id == bindparam("tenant"), Clock.ticket_id == bindparam("ticket")))


def clocks_of(session: Session, tenant_id: int, ticket_id: int) -> Sequence[Clock]:
    return session.scalars(_CLOCKS, {"tenant": tenant_id, "ticket": ticket_id}).all()


def escalations_of(session: Session, tenant_id: int, ticket_id: int) -> Sequence[Escalation]:
    """The steps a ticket has climbed, in order."""
    return session.scalars(
        select(Escalation)
        .where(Escalation.tenant_id == tenant_id, Escalation.ticket_id == ticket_id)
        .order_by(Escalation.at, Escalation.id)
    ).all()


def contracts_of(session: Session, tenant_id: int) -> Sequence[ContractRow]:
    return session.scalars(select(ContractRow).where(ContractRow.tenant_id == tenant_id).order_by(ContractRow.id)).all()


def versions_of(session: Session, tenant_id: int, contract_id: int) -> Sequence[ContractVersion]:
    """A contract's versions, oldest first."""
    return session.scalars(
        select(ContractVersion)
        .where(ContractVersion.tenant_id == tenant_id, ContractVersion.contract_id == contract_id)
        .order_by(ContractVersion.since)
    ).all()


def calendars_of(session: Session, tenant_id: int) -> Sequence[Calendar]:
    return session.scalars(select(Calendar).where(Calendar.tenant_id == tenant_id).order_by(Calendar.name)).all()


def calendar_versions_of(session: Session, tenant_id: int) -> Sequence[CalendarVersion]:
    return session.scalars(
        select(CalendarVersion)
        .where(CalendarVersion.tenant_id == tenant_id)
        .order_by(CalendarVersion.calendar_id, CalendarVersion.since)
    ).all()


def _compile(session: Session, tenant_id: int, contract_id: int) -> Book:
    """Weave the versions of the contract and of its calendars into one chain: a calendar's edit carries over."""
    calendars: dict[str, list[tuple[int, str]]] = {}
    hours: dict[str, Hours] = {}
    for row in calendar_versions_of(session, tenant_id):
        since = int(row.since.timestamp())
        name = f"{row.calendar_id}@{since}"
        calendars.setdefault(str(row.calendar_id), []).append((since, name))
        hours[name] = Hours(reading.calendar(row.hours, _no_set))
    terms: dict[str, Terms] = {"": NO_TERMS}
    versions = versions_of(session, tenant_id, contract_id)
    starts = [int(version.since.timestamp()) for version in versions]
    chain: list[Version] = []
    for number, version in enumerate(versions):
        until = starts[number + 1] if number + 1 < len(starts) else None
        used = _calendars_named(version.terms)
        edits = {since for name in used for since, _ in calendars.get(name, ())}
        borders = sorted({starts[number], *(at for at in edits if starts[number] < at and (not until or at < until))})
        for at in borders:
            name = f"{version.id}@{at}"
            held = {each: _held(calendars.get(each, ()), at) for each in used}
            terms[name] = reading.terms(name, _renamed(version.terms, held), hours)
            chain.append(Version(name, at, version.mode if at == starts[number] else "carry"))
    return Book(Contract(tuple(chain)), terms, hours)


def _calendars_named(terms: Mapping[str, Any]) -> set[str]:
    return {name for name in (terms.get("calendar"), *(terms.get("calendar_by_priority") or {}).values()) if name}


def _held(versions: Sequence[tuple[int, str]], at: int) -> str:
    """The calendar's version at an instant; before its first one, the first."""
    begun = [name for since, name in versions if since <= at]
    return begun[-1] if begun else versions[0][1]


def _renamed(terms: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The terms with each calendar named in the version that holds."""
    by_priority = {priority: names[name] for priority, name in (terms.get("calendar_by_priority") or {}).items()}
    calendar = terms.get("calendar")
    return dict(terms) | {"calendar": names[calendar] if calendar else None, "calendar_by_priority": by_priority}


def _no_set(name: str, _year: int) -> frozenset[Any]:
    raise ValueError(f"A stored calendar has its holidays copied in; {name} is named all the same.")
