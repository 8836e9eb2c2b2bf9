"""What watches over promises in the world of the proofs: a roster, a stand-in, a webhook, a call about each company."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.outbox import webhooks
from msp.outbox.models import Delivery
from sla import actions as promises
from sla.models import Roster
from tenants.rules import Role
from tests.cast import Cast

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def of_the_desk(session: Session, cast: Cast, at: datetime) -> dict[str, int]:
    """As the desk: the ids of what it watches with."""
    agent = cast.staff[Role.AGENT]
    facts = {
        "name": "夜間",
        "zone": "Asia/Tokyo",
        "since": at.date(),
        "hand_over_day": 0,
        "hand_over_time": "09:00",
        "shifts": [{"days": DAYS, "from": "00:00", "to": "24:00", "people": [agent]}],
        "quiet": [],
    }
    roster = promises.keep_roster(session, Roster(), facts)
    swap = promises.stand_in(session, roster, agent, at, at + timedelta(days=365), "")
    hook = webhooks.add(session, "監視", "https://93.184.216.34/", webhooks.EVENTS, loopback=False, at=at)
    return {"roster_id": roster.id, "swap_id": swap.id, "webhook_id": hook.id}


def of_a_company(session: Session, tenant_id: int, canary: str, at: datetime) -> dict[str, int]:
    """As one company: a call about it, given up so that it may be sent again."""
    webhooks.announce(session, tenant_id, [webhooks.Happening(canary, webhooks.REACHED, {"words": canary})], at)
    delivery = session.scalars(select(Delivery).where(Delivery.tenant_id == tenant_id)).one()
    webhooks.refuse(delivery, canary, at)
    return {"delivery_id": delivery.id}
