"""The month ends the believable desk has behind it, what was paid since, and the drafts of the months that run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.actions import sending
from billing.models import Dispatch
from billing.queries.facts import closed_periods, subject_of
from billing.queries.receivables import open_ones, owed
from billing.rules.money import Money
from billing.rules.periods import Period
from msp.seed.cast import Client
from msp.seed.months import issued_at, months_of
from msp.tickets.models import Ticket

LATE: Final = {"MARUTO": timedelta(days=9), "KITANO": timedelta(days=30), "HERON": timedelta(days=75)}
"""Who lets the desk wait for its money, and how long after the due date."""

SHORT: Final = {"AOZORA": Money(Decimal(660), "JPY")}
"""Whose bank keeps the fee of a transfer back; the desk closes it."""


def past_month_ends(clients: Sequence[Client], at: datetime) -> list[tuple[datetime, Client, Period]]:
    """Every invoice that was issued, in the order in which numbers were given out."""
    return sorted(
        (
            (issued_at(period, place), client, period)
            for place, client in enumerate(clients)
            for period in months_of(client, at).issued
        ),
        key=lambda one: one[0],
    )


def bill(session: Session, tenant_id: int, period: Period, by_id: int, at: datetime) -> bool:
    """Issue a client's month as of an instant of the past. False where it has its document or there is nothing."""
    subject = subject_of(session, tenant_id)
    if subject is None or period in closed_periods(session, subject):
        return False
    draft = billing.recompute_draft(session, tenant_id, period, at)
    if draft is None:
        return False
    billing.issue(session, tenant_id, draft.id, by_id, at, seen=draft.calc_hash, tickets=_titles(session, tenant_id))
    return True


def settle(session: Session, tenant_id: int, client: Client, by_id: int, at: datetime) -> None:
    """What became of the documents of the past: each has left by mail, and most that fell due were paid."""
    gone = select(Dispatch).where(
        Dispatch.tenant_id == tenant_id, Dispatch.state == "waiting", Dispatch.leaves_at <= at
    )
    for dispatch in session.scalars(gone):
        sending.written(dispatch, dispatch.leaves_at or at)
    for one in open_ones(owed(session, tenant_id)):
        paid_on = one.claim.due + LATE.get(client.key, timedelta())
        booked = _afternoon(paid_on)
        if booked < at:
            fee = SHORT.get(client.key, Money.zero(one.open.currency))
            paid = one.open - fee
            share = billing.Share(one.document_id, paid.amount, fee.amount, "振込手数料" if fee else "")
            came = billing.Came(paid_on, paid, reference=client.kana)
            billing.enter_payment(session, tenant_id, came, [share], by_id, booked)


def draw_up(session: Session, tenant_id: int, client: Client, at: datetime) -> None:
    """The living invoices of the months not yet billed. One client now wants an order number that nobody has."""
    if client.key == "KITANO":
        billing.set_account(session, tenant_id, {"po_required": True}, at - timedelta(days=1))
    for period in months_of(client, at).open:
        billing.recompute_draft(session, tenant_id, period, at)


def _afternoon(on: date) -> datetime:
    return datetime.combine(on, time(15), ZoneInfo("Asia/Tokyo"))


def _titles(session: Session, tenant_id: int) -> Mapping[int, tuple[str, str]]:
    rows = session.execute(select(Ticket.id, Ticket.key, Ticket.title).where(Ticket.tenant_id == tenant_id))
    return {ticket_id: (key, title) for ticket_id, key, title in rows}
