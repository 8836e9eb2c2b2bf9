"""Two clients' tickets, time logged on them, and what the books hold of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from billing import actions as billing
from billing.models import TimeEntry
from msp.tickets.models import Ticket
from tenants.isolation import acting_as
from tenants.models import DeskSetting
from tenants.rules import Role, job
from tests.msp.web.desk.conftest import NOW, Day

MINUTE = timedelta(minutes=1)
ANEW = {"populate_existing": True}
ASKED = {"work_type": "remote", "billable": "1", "text": "設定を直した", "note": ""}


@pytest.fixture
def acmes(day: Day) -> Ticket:
    return day.opens(day.cast.acme, "複合機が動きません")


@pytest.fixture
def globexes(day: Day) -> Ticket:
    return day.opens(day.cast.globex, "メールが届きません")


@pytest.fixture
def manual(day: Day) -> None:
    """Somebody approves each entry."""
    with acting_as(job(day.cast.desk)):
        day.session.add(DeskSetting(name="time_approval", value={"how": "manual"}))
        day.session.commit()


def log(day: Day, ticket: Ticket, minutes: int = 30, **more: Any) -> TimeEntry:
    with acting_as(day.cast.agent(ticket.tenant_id)):
        facts = {"work_type": "remote", "started_at": NOW - minutes * MINUTE, "ended_at": NOW, "text": "調べた"}
        said = {name: more.pop(name) for name in ("unfinished", "key") if name in more}
        whose = (ticket.tenant_id, ticket.id, day.cast.staff[Role.AGENT])
        entry = billing.log_time(day.session, *whose, facts | more, NOW, **said)
        day.session.commit()
        return entry


def entries(day: Day, ticket: Ticket) -> list[TimeEntry]:
    with acting_as(job(ticket.tenant_id)):
        asked = select(TimeEntry).where(TimeEntry.ticket_id == ticket.id).order_by(TimeEntry.id)
        return list(day.session.scalars(asked, execution_options=ANEW))


def name_of(entry: TimeEntry, key: str) -> str:
    return f"{key}:{entry.id}:{entry.version}"


def address(entry: TimeEntry, key: str = "ACME") -> str:
    return f"/time/{key}/{entry.id}"
