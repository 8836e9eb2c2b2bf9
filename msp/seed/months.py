"""When the believable desk's history begins and which of its months are billed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from billing.rules.periods import Period, period_of, previous_period
from msp.seed.cast import Client

BILLED = 3
LOOKED_AT = timedelta(days=2)
"""How long after its end a month is looked at; until then it waits as a draft, as everywhere."""


@dataclass(frozen=True, slots=True)
class Months:
    """The periods of one client: those that are issued, and those whose drafts stand."""

    issued: tuple[Period, ...]
    open: tuple[Period, ...]

    @property
    def first(self) -> Period:
        return self.issued[0]


def months_of(client: Client, at: datetime) -> Months:
    """Three billed periods and those after them, as of an instant."""
    today = at.astimezone(ZoneInfo(client.zone)).date()
    last = period_of(today, client.closing_day)
    open_ones = [last]
    while open_ones[0].begin + LOOKED_AT > today:
        open_ones.insert(0, previous_period(open_ones[0], client.closing_day))
    issued = [previous_period(open_ones[0], client.closing_day)]
    while len(issued) < BILLED:
        issued.insert(0, previous_period(issued[0], client.closing_day))
    return Months(tuple(issued), tuple(open_ones))


def begins(period: Period, client: Client) -> datetime:
    """The first instant of a period where the client is billed."""
    return datetime.combine(period.begin, time(), ZoneInfo(client.zone))


def issued_at(period: Period, place: int) -> datetime:
    """The instant at which a month was issued: the morning after it ended, in the desk's zone, one after the other."""
    morning = datetime.combine(period.end + timedelta(days=1), time(10), ZoneInfo("Asia/Tokyo"))
    return morning + timedelta(minutes=place)
