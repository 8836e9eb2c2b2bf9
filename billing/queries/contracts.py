"""Contracts as the engine reads them: versions with their items, and hours from the calendars they name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import BillingAccount, ContractItem, ContractTime
from billing.queries.counted import milestones_of
from billing.rules.invoice.facts import Contract, Version
from billing.rules.invoice.items import Item
from billing.schemas import read_item, read_time, read_travel
from sla import queries as promises
from sla.holidays import dates
from sla.models import ContractVersion
from sla.rules import reading
from sla.rules.hours import Hours

HoursSince = tuple[date, Hours]


def contracts_of(session: Session, tenant_id: int, zone: str, account: BillingAccount) -> tuple[Contract, ...]:
    """Every contract of a tenant; a version is cut where its calendar was edited. Days are those of the zone."""
    calendars = _calendars(session, tenant_id, zone)
    items = _items(session, tenant_id)
    counting = {
        row.version_id: row.terms
        for row in session.scalars(select(ContractTime).where(ContractTime.tenant_id == tenant_id))
    }
    contracts = []
    for contract in promises.contracts_of(session, tenant_id):
        rows = promises.versions_of(session, tenant_id, contract.id)
        versions = [
            version
            for row, (begin, end) in zip(rows, _spans(rows, zone), strict=True)
            if begin != end
            for version in _cut(
                begin,
                end,
                items[row.id],
                counting.get(row.id, account.time),
                calendars.get(row.terms.get("calendar") or "", ()),
                zone,
                account,
            )
        ]
        contracts.append(Contract(str(contract.id), tuple(versions), contract.is_default))
    return tuple(contracts)


def items_of(session: Session, tenant_id: int, version_id: int) -> Sequence[ContractItem]:
    """The priced things of one version, in their order."""
    return session.scalars(
        select(ContractItem)
        .where(ContractItem.tenant_id == tenant_id, ContractItem.version_id == version_id)
        .order_by(ContractItem.place, ContractItem.id)
    ).all()


def item_names(session: Session, tenant_id: int) -> dict[str, int]:
    """The first row of each item key: what stays the same when a later version names the key again."""
    rows = session.execute(
        select(ContractItem.key, ContractItem.id)
        .where(ContractItem.tenant_id == tenant_id)
        .order_by(ContractItem.id.desc())
    )
    return dict(rows.all())


def _spans(rows: Sequence[ContractVersion], zone: str) -> list[tuple[date, date | None]]:
    starts = [_day(row.since, zone) for row in rows]
    return list(zip(starts, [*starts[1:], None], strict=True))


def _cut(
    begin: date,
    end: date | None,
    items: tuple[Item, ...],
    counting: Mapping[str, object],
    calendar: Sequence[HoursSince],
    zone: str,
    account: BillingAccount,
) -> list[Version]:
    """One version, or one for each edit of its calendar that lies within."""
    held = [hours for since, hours in calendar if since <= begin] or [hours for _, hours in calendar[:1]]
    edits = [(since, hours) for since, hours in calendar if begin < since and (end is None or since < end)]
    starts: list[tuple[date, Hours | None]] = [(begin, held[-1] if held else None), *edits]
    ends = [*(since for since, _ in starts[1:]), end]
    return [
        Version(
            begin=since,
            end=until,
            items=items,
            time=read_time(counting, zone, account.closing_day, hours),
            travel=read_travel(counting),
        )
        for (since, hours), until in zip(starts, ends, strict=True)
    ]


def _items(session: Session, tenant_id: int) -> dict[int, tuple[Item, ...]]:
    rows = session.scalars(
        select(ContractItem).where(ContractItem.tenant_id == tenant_id).order_by(ContractItem.place, ContractItem.id)
    )
    reached = milestones_of(session, tenant_id)
    read: defaultdict[int, tuple[Item, ...]] = defaultdict(tuple)
    for row in rows:
        read[row.version_id] += (read_item(row, reached),)
    return read


def _calendars(session: Session, tenant_id: int, zone: str) -> dict[str, list[HoursSince]]:
    """Each calendar's hours by the day from which they hold, oldest first; the name is the calendar's id as text."""
    read: dict[str, list[HoursSince]] = {}
    for row in promises.calendar_versions_of(session, tenant_id):
        hours = Hours(reading.calendar(row.hours, dates))
        read.setdefault(str(row.calendar_id), []).append((_day(row.since, zone), hours))
    return read


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()
