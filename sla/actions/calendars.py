"""Agree on hours: a calendar, its next version, and the correction of its past."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from sla import holidays, queries
from sla.actions.remeasuring import carry_to_tickets, restamp
from sla.models import Calendar, CalendarVersion
from sla.rules import reading
from sla.rules.calendar import faults
from sla.rules.weave import calendars_named
from tenants.errors import Refused


def add_calendar(
    session: Session, tenant_id: int, name: str, hours: Mapping[str, Any], since: datetime, by: str = ""
) -> Calendar:
    """A calendar in the format of sla.md 1; the dates of its holiday set are copied in. Raises ValueError."""
    calendar = Calendar(tenant_id=tenant_id, name=name)
    session.add(calendar)
    session.flush()
    change_hours(session, calendar, hours, since, by)
    return calendar


def change_hours(
    session: Session, calendar: Calendar, hours: Mapping[str, Any], since: datetime, by: str = ""
) -> CalendarVersion:
    """The calendar says this from an instant on; what came before stays measured as it was. Raises ValueError."""
    return _keep(session, calendar, hours, since, by_name=by)


def open_calendar(
    session: Session, tenant_id: int, name: str, hours: Mapping[str, Any], by: str, at: datetime
) -> Calendar:
    """A calendar a person made; it holds at once. Raises Refused for a taken name or hours nobody could keep."""
    _check_name(session, tenant_id, name, None)
    _check(hours)
    calendar = add_calendar(session, tenant_id, name, hours, at, by)
    _signed(session, calendar, at)
    return calendar


def edit_hours(
    session: Session, calendar: Calendar, name: str, hours: Mapping[str, Any], since: datetime, by: str, at: datetime
) -> CalendarVersion | None:
    """The next version, from now or later on, carried to the open tickets. The same hours again are no version.

    Raises Refused for a start in the past, one at which a version starts already, or hours nobody could keep.
    """
    _check_name(session, calendar.tenant_id, name, calendar.id)
    _check(hours)
    calendar.name = name
    history = queries.calendar_history_of(session, calendar.tenant_id, calendar.id)
    since = since.replace(microsecond=0)
    if since < at.replace(microsecond=0):
        raise Refused("A calendar changes from now on or later; the past is corrected by a restatement.", _at_since())
    if any(version.since == since for version in history):
        raise Refused("Another version begins at that instant.", _at_since("Another version begins at that instant."))
    held = next((version for version in history if version.since <= since), None)
    if held is not None and held.hours == copy_holidays(hours):
        return None
    version = _keep(session, calendar, hours, since, by_name=by, made_at=at)
    _carry(session, calendar, "calendar", since, at)
    return version


def restate_hours(
    session: Session,
    calendar: Calendar,
    hours: Mapping[str, Any],
    since: datetime,
    by: str,
    reason: str,
    at: datetime,
) -> CalendarVersion:
    """Correct what the calendar said from an instant in the past on, up to its next version (sla.md 1).

    It is appended with the person and his reason; what was recorded stays, and so do closed months. Raises Refused.
    """
    _check(hours)
    since = since.replace(microsecond=0)
    if not reason.strip():
        raise Refused("Say why the past is corrected.", {"reason": ["Say why the past is corrected."]})
    history = queries.calendar_history_of(session, calendar.tenant_id, calendar.id)
    if since >= at:
        raise Refused("A restatement begins in the past.", _at_since("A restatement begins in the past."))
    if history and since < min(version.since for version in history):
        raise Refused("The calendar was not there yet.", _at_since("The calendar was not there yet."))
    revision = 1 + max((version.revision for version in history if version.since == since), default=0)
    version = _keep(session, calendar, hours, since, by_name=by, made_at=at, reason=reason.strip(), revision=revision)
    _carry(session, calendar, "restatement", since, at)
    return version


def copy_holidays(hours: Mapping[str, Any]) -> dict[str, Any]:
    """The same calendar with its holiday set written out as dates, so that the past never changes."""
    plain = {name: value for name, value in hours.items() if name != "holiday_set"}
    named = hours.get("holiday_set")
    if named:
        dates = {day.isoformat() for year in holidays.YEARS for day in holidays.dates(named, year)}
        plain["holidays"] = sorted({*plain.get("holidays", ()), *dates})
        plain["holidays_from"] = named
    return plain


def _keep(
    session: Session, calendar: Calendar, hours: Mapping[str, Any], since: datetime, **signed: Any
) -> CalendarVersion:
    copied = copy_holidays(hours)
    reading.calendar(copied, holidays.dates)
    version = CalendarVersion(
        tenant_id=calendar.tenant_id,
        calendar_id=calendar.id,
        since=since.replace(microsecond=0),
        hours=copied,
        **signed,
    )
    session.add(version)
    for contract in queries.contracts_of(session, calendar.tenant_id):
        restamp(contract)
    return version


def _signed(session: Session, calendar: Calendar, at: datetime) -> None:
    for version in queries.calendar_history_of(session, calendar.tenant_id, calendar.id):
        version.made_at = at


def _check(hours: Mapping[str, Any]) -> None:
    found = faults(reading.calendar(hours, holidays.dates))
    if found:
        raise Refused("These hours cannot be kept: %(why)s", why="; ".join(found))


def _check_name(session: Session, tenant_id: int, name: str, own: int | None) -> None:
    others = queries.calendars_of(session, tenant_id)
    if any(other.name == name and other.id != own for other in others):
        raise Refused("There is a calendar of this name.", {"name": ["There is a calendar of this name."]})


def _at_since(sentence: str = "Choose an instant that has not passed.") -> dict[str, list[str]]:
    return {"since": [sentence]}


def _carry(session: Session, calendar: Calendar, cause: str, since: datetime, at: datetime) -> None:
    """Every contract that ever counted by it, the default one: the others measure no ticket."""
    session.flush()
    for contract in queries.contracts_of(session, calendar.tenant_id):
        named = {
            name
            for version in queries.versions_of(session, calendar.tenant_id, contract.id)
            for name in calendars_named(version.terms)
        } | {
            name
            for pack in queries.packs_of(session, calendar.tenant_id, contract.id)
            for name in calendars_named(pack.terms)
        }
        if contract.is_default and str(calendar.id) in named:
            carry_to_tickets(session, contract, cause, since, at)
