"""Which month an instant counts in: by the contract's zone, without a gap where the zone changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from sla.queries.book import Book, book, seconds
from sla.queries.compliance import frozen_month
from sla.rules.compliance import borders
from sla.rules.disputes import Pace, month_back
from tenants.models import DeskSetting, Tenant

PACE = "sla_months"
"""The desk's setting: {"close_after": days, "answer_within": days}."""


@dataclass(frozen=True, slots=True)
class Span:
    """A month of a contract: the instants [begin, end) and the zone it ends in."""

    month: date
    zone: str
    begin: datetime
    end: datetime


def span_of(terms: Book, month: date, otherwise: str) -> Span:
    """A month by the contract's zone. It begins where the one before ended, also where the zone has changed."""
    zone = zone_of(terms, _midnight(month), otherwise)
    before = month_back(month)
    _, begin = borders(zone_of(terms, _midnight(before), otherwise), before.year, before.month)
    _, end = borders(zone, month.year, month.month)
    return Span(month, zone, datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC))


def month_of(terms: Book, at: datetime, otherwise: str) -> date:
    """The first day of the month in which an instant counts."""
    month = at.astimezone(ZoneInfo(zone_of(terms, at, otherwise))).date().replace(day=1)
    span = span_of(terms, month, otherwise)
    if at < span.begin:
        return month_back(month)
    return month if at < span.end else month_back(month, -1)


def zone_of(terms: Book, at: datetime, otherwise: str) -> str:
    """The contract's zone at an instant: that of the calendar most of its promises count by."""
    held = terms.terms.get(terms.contract.holds(seconds(at)) or "")
    named = [promise.hours.calendar.zone for promise in (held.promises if held else {}).values() if promise.calendar]
    return max(named, key=named.count) if named else otherwise


def is_closed(session: Session, tenant_id: int, at: datetime) -> bool:
    """Whether the month in which an instant counts is closed."""
    otherwise = session.get_one(Tenant, tenant_id).zone
    month = month_of(book(session, tenant_id), at, otherwise)
    return frozen_month(session, tenant_id, month) is not None


def _midnight(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)


def pace_of(session: Session) -> Pace:
    """How fast months close; only the desk's own sessions and the system may read it."""
    row = session.get(DeskSetting, PACE)
    said = row.value if row is not None else {}
    return Pace(**{name: int(said[name]) for name in ("close_after", "answer_within") if name in said})
