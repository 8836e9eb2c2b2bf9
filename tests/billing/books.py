"""The books of a test: an issuer, Acme's account, one ticket, two work types and their rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from billing import actions
from billing.models import DocumentDraft, Issuer, TimeEntry
from billing.rules.periods import Period
from msp.tickets.models import Ticket
from tests.cast import MONDAY_9

JUNE = Period(date(2026, 6, 1), date(2026, 7, 1))
JULY = Period(date(2026, 7, 1), date(2026, 8, 1))
JULY_2 = MONDAY_9 + timedelta(days=31)
AUGUST_3 = MONDAY_9 + timedelta(days=63)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Books:
    """What a test needs to log and bill time for one tenant."""

    session: Session
    tenant_id: int
    agent_id: int
    issuer: Issuer
    ticket_id: int

    def log(self, hours: str = "1", at: datetime = MONDAY_9, work_type: str = "remote", **facts: Any) -> TimeEntry:
        """An hour of the agent's on the ticket, begun at an instant."""
        length = timedelta(seconds=int(Decimal(hours) * 3600))
        said = {"work_type": work_type, "started_at": at, "ended_at": at + length, "text": "複合機を確認"} | facts
        return actions.log_time(self.session, self.tenant_id, self.ticket_id, self.agent_id, said, at + length)

    def draft(self, period: Period = JUNE, at: datetime = JULY_2) -> DocumentDraft:
        """The living invoice, which must be there."""
        draft = actions.recompute_draft(self.session, self.tenant_id, period, at)
        assert draft is not None
        return draft


def open_books(session: Session, tenant_id: int, agent_id: int, **account: Any) -> Books:
    """As staff or system of that tenant: 9,000 yen an hour on the desk's card, on-site 12,000."""
    issuer = actions.open_issuer(
        session,
        "株式会社デスク",
        name_en="Desk Inc.",
        address="〒100-0001 東京都千代田区千代田1-1",
        registration_number="Ｔ７０００−０１２０−５０００２",
        bank="みずほ銀行 丸の内支店（普通）1234567 カ）デスク",
        phone="03-1234-5678",
    )
    actions.add_work_type(session, "remote", "リモート作業", "Remote work")
    actions.add_work_type(session, "on_site", "オンサイト作業", "On-site work", mode="on_site")
    actions.add_work_type(session, "internal", "社内作業", "Internal work", billable=False)
    actions.set_desk_rate(session, Decimal(9000), "JPY", date(2020, 1, 1))
    actions.set_desk_rate(session, Decimal(12000), "JPY", date(2020, 1, 1), "on_site")
    facts = {"issuer_id": issuer.id, "recipient": "髙﨑商店㈱", "emails": ["billing@acme.example"]}
    actions.set_account(session, tenant_id, facts | account, MONDAY_9)
    ticket = Ticket(
        tenant_id=tenant_id,
        number=9001,
        key="ACME-9001",
        title="複合機から印刷できません",
        owner_id=agent_id,
        opened_at=MONDAY_9,
        changed_at=MONDAY_9,
    )
    session.add(ticket)
    session.flush()
    return Books(session, tenant_id, agent_id, issuer, ticket.id)
