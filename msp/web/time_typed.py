"""Minutes typed with an answer or a call become a time entry in the same transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from billing.actions import log_time
from msp.tickets.models import Ticket
from tenants.rules import Principal


def log_typed(
    rows: Session, ticket: Ticket, who: Principal, given: dict[str, Any], at: datetime, occasion: str
) -> None:
    """The work is taken to have ended now, so that the calendar decides its rate. Raises what `log_time` raises."""
    minutes = given["minutes"]
    if not minutes or who.login_id is None:
        return
    ended = at.replace(microsecond=0)
    facts = {
        "work_type": given["work_type"],
        "started_at": ended - timedelta(minutes=minutes),
        "ended_at": ended,
    }
    log_time(rows, ticket.tenant_id, ticket.id, who.login_id, facts, ended, key=f"typed:{occasion}")
