"""A tenant's promises, compiled and kept: which terms hold when, by which hours."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from sla import holidays
from sla.models import CalendarVersion, ContractVersion, SurgePack
from sla.models import Contract as ContractRow
from sla.queries.agreements import calendar_versions_of, packs_of, versions_of
from sla.rules import reading
from sla.rules.contract import Contract, Terms, Version
from sla.rules.hours import Hours
from sla.rules.weave import Base, Pack, calendars_named, weave
from tenants.kept import Kept

Held = dict[str, list[tuple[int, str]]]

NO_TERMS = Terms("", {})
REOPEN_WITHIN = timedelta(days=7)
"""Where a contract names no window of its own (sla.md 2)."""
DAWN = -2_208_988_800
"""1900, the first year a calendar knows."""
_KEPT = 2000
_STAMP = Kept(
    select(ContractRow.id, ContractRow.stamp).where(
        ContractRow.tenant_id == bindparam("tenant"), ContractRow.is_default
    )
)


@dataclass(frozen=True, slots=True)
class Book:
    """A tenant's promises, compiled: which terms hold when, the hours of each calendar version by its name.

    `reopening` has the windows of those terms that name one.
    """

    contract: Contract
    terms: Mapping[str, Terms]
    hours: Mapping[str, Hours]
    reopening: Mapping[str, timedelta] = field(default_factory=dict)


EMPTY = Book(Contract(()), {"": NO_TERMS}, {})
_books: OrderedDict[tuple[int, str], Book] = OrderedDict()
_lock = Lock()


def book(session: Session, tenant_id: int) -> Book:
    """The promises of a tenant's default contract, one statement when they are known here already.

    An empty book where none is agreed.
    """
    row = _STAMP.ask(session, {"tenant": tenant_id}).first()
    return compiled(session, tenant_id, *row) if row is not None else EMPTY


def reopen_window(session: Session, tenant_id: int, at: datetime) -> timedelta:
    """How long after its resolution a ticket is taken up again, by the terms in force; later a new one is opened."""
    held = book(session, tenant_id)
    return held.reopening.get(held.contract.holds(seconds(at)) or "", REOPEN_WITHIN)


def compiled(session: Session, tenant_id: int, contract_id: int | None, stamp: str | None) -> Book:
    """The book of a default contract as of its stamp, an empty one where there is no contract.

    It is read from the database only where it is not known here yet.
    """
    if contract_id is None:
        return EMPTY
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


def _compile(session: Session, tenant_id: int, contract_id: int) -> Book:
    return woven(
        versions_of(session, tenant_id, contract_id),
        packs_of(session, tenant_id, contract_id),
        calendar_versions_of(session, tenant_id),
    )


def woven(
    versions: Sequence[ContractVersion], packs: Sequence[SurgePack], calendars: Sequence[CalendarVersion]
) -> Book:
    """The book of these rows: approved packs lie over the versions, a calendar's edit carries over."""
    return _bound(
        [Base(row.id, seconds(row.since), row.mode, row.terms) for row in versions],
        [Pack(row.id, seconds(row.begins), seconds(row.ends), row.terms) for row in packs if row.status == "approved"],
        *_shelved(calendars),
    )


def drafted(
    terms: Mapping[str, Any], calendars: Mapping[str, Mapping[str, Any]], own: Sequence[CalendarVersion]
) -> Book:
    """A book in which these terms have always held. `calendars` go before the tenant's `own` of the same name.

    Raises ValueError for what nobody can measure.
    """
    held, hours = _shelved([row for row in own if str(row.calendar_id) not in calendars])
    for name, facts in calendars.items():
        held[name], hours[name] = [(DAWN, name)], Hours(reading.calendar(facts, holidays.dates))
    return _bound([Base(0, DAWN, "carry", terms)], [], held, hours)


def _shelved(calendars: Sequence[CalendarVersion]) -> tuple[Held, dict[str, Hours]]:
    """Each calendar's versions as (since, name), and the hours of each version by that name."""
    held: Held = {}
    hours: dict[str, Hours] = {}
    for row in calendars:
        since = seconds(row.since)
        name = f"{row.calendar_id}@{since}" + (f"r{row.revision}" if row.revision > 1 else "")
        held.setdefault(str(row.calendar_id), []).append((since, name))
        hours[name] = Hours(reading.calendar(row.hours, _no_set))
    return held, hours


def _bound(versions: Sequence[Base], packs: Sequence[Pack], held: Held, hours: dict[str, Hours]) -> Book:
    chain = weave(versions, packs, {name: [since for since, _ in edits[1:]] for name, edits in held.items()})
    terms: dict[str, Terms] = {"": NO_TERMS}
    reopening: dict[str, timedelta] = {}
    for piece in chain:
        names = {each: _held(held.get(each, ()), piece.starts) for each in calendars_named(piece.terms)}
        terms[piece.name] = reading.terms(piece.name, _renamed(piece.terms, names), hours)
        if piece.terms.get("reopen_days") is not None:
            reopening[piece.name] = timedelta(days=piece.terms["reopen_days"])
    contract = Contract(tuple(Version(piece.name, piece.starts, piece.mode) for piece in chain))
    return Book(contract, terms, hours, reopening)


def seconds(at: datetime) -> int:
    """The instant as the rules count it."""
    return int(at.timestamp())


def _held(versions: Sequence[tuple[int, str]], at: int) -> str:
    """The calendar's version at an instant; before its first one, the first."""
    if not versions:
        raise ValueError("a calendar is named that is not there")
    begun = [name for since, name in versions if since <= at]
    return begun[-1] if begun else versions[0][1]


def _renamed(terms: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The terms with each calendar named in the version that holds."""
    by_priority = {priority: names[name] for priority, name in (terms.get("calendar_by_priority") or {}).items()}
    calendar = terms.get("calendar")
    return dict(terms) | {"calendar": names[calendar] if calendar else None, "calendar_by_priority": by_priority}


def _no_set(name: str, _year: int) -> frozenset[Any]:
    raise ValueError(f"A stored calendar has its holidays copied in; {name} is named all the same.")
