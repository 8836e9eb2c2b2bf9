"""A contract for tests of money: office hours, time counted to the second, items as the test names them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from billing import actions
from billing.models import Document, DraftLine
from billing.queries.drafts import lines_of
from billing.rules.periods import Period, next_period, period_of
from sla import actions as promises
from sla.models import Contract, ContractVersion
from sla.queries import versions_of
from tests.billing.books import Books
from tests.promises import OFFICE, TARGETS

Said = tuple[str, str, Mapping[str, Any], Mapping[str, Any]]
TOKYO = ZoneInfo("Asia/Tokyo")


def day(month: int, of_month: int = 1, hour: int = 10) -> datetime:
    """An instant of 2026 (13 is January 2027) by the clock in Tokyo."""
    year, month = (2026, month) if month <= 12 else (2027, month - 12)
    return datetime(year, month, of_month, hour, tzinfo=TOKYO).astimezone(UTC)


def month(number: int) -> Period:
    """A month of 2026, 13 and on of 2027."""
    return period_of(day(number).astimezone(TOKYO).date())


def agree(books: Books, *items: Said, since: datetime | None = None) -> Contract:
    """From the first of June unless told otherwise."""
    calendar = promises.add_calendar(books.session, books.tenant_id, "本社", OFFICE, day(1))
    terms = {"calendar": str(calendar.id), "targets": TARGETS, "pause_on": {}, "escalations": []}
    made = promises.agree(books.session, books.tenant_id, "標準", terms, since or day(6, hour=0))
    (version,) = versions_of(books.session, books.tenant_id, made.id)
    add(books, version, *items)
    return made


def add(books: Books, version: ContractVersion, *items: Said) -> None:
    for place, (key, kind, terms, options) in enumerate(items):
        actions.add_item(
            books.session, books.tenant_id, version.id, key, kind, key.title(), terms, version.since, options, place
        )


def next_version(books: Books, made: Contract, since: datetime, *items: Said) -> ContractVersion:
    before = versions_of(books.session, books.tenant_id, made.id)[-1]
    version = promises.add_version(books.session, made, before.terms, since)
    add(books, version, *items)
    return version


def lines(books: Books, period: Period) -> list[DraftLine]:
    """What the living invoice of a period says on the day after it."""
    draft = books.draft(period, after(period))
    return list(lines_of(books.session, books.tenant_id, draft.id))


def figures(books: Books, period: Period) -> list[tuple[str, int]]:
    """Role and amount of each line."""
    return [(line.role, int(line.amount)) for line in lines(books, period)]


def issue(books: Books, period: Period, at: datetime | None = None) -> Document:
    """On the day after it unless told otherwise."""
    at = at or after(period)
    draft = books.draft(period, at)
    tickets = {books.ticket_id: ("ACME-9001", "複合機から印刷できません")}
    return actions.issue(books.session, books.tenant_id, draft.id, books.agent_id, at, tickets=tickets)


def after(period: Period) -> datetime:
    last = next_period(period).begin
    return datetime(last.year, last.month, last.day, 12, tzinfo=TOKYO).astimezone(UTC)


def on(month: int, of_month: int) -> date:
    return (day(month, of_month)).astimezone(TOKYO).date()


HOUR = timedelta(hours=1)
