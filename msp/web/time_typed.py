"""Time typed with an answer or a call becomes a time entry in the same transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from billing.actions import log_time
from billing.rules.typed import Typed, latest
from msp.tickets.models import Ticket
from tenants.rules import Principal


def log_typed(
    rows: Session, ticket: Ticket, who: Principal, given: dict[str, Any], at: datetime, occasion: str
) -> None:
    """A length is taken to have ended now, so that the calendar decides its rate; a span was the last of that reading.

    Raises what `log_time` raises.
    """
    spent: Typed | None = given["minutes"]
    if not spent or who.login_id is None:
        return
    now = at.replace(microsecond=0)
    began, ended = latest(spent, now, who.zone) if spent.is_span else (now - timedelta(minutes=spent.minutes), now)
    facts = {"work_type": given["work_type"], "started_at": began, "ended_at": ended}
    log_time(rows, ticket.tenant_id, ticket.id, who.login_id, facts, now, key=f"typed:{occasion}")
