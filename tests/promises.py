"""A contract for tests: office hours in Tokyo with a lunch break, four hours to answer a P3 and a day to solve it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from sla import actions
from sla.models import Contract
from tests.cast import OPENED

DAY = [["09:00", "12:00"], ["13:00", "18:00"]]
OFFICE: dict[str, Any] = {
    "tz": "Asia/Tokyo",
    "weekly": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DAY),
    "holiday_set": "JP",
}
TARGETS = {
    priority: {"first_response": minutes, "next_response": minutes, "resolution": minutes * 4}
    for priority, minutes in (("P1", 30), ("P2", 60), ("P3", 120), ("P4", 240))
}


def agree_on_office_hours(session: Session, tenant_id: int) -> Contract:
    """As system or staff of that tenant."""
    calendar = actions.add_calendar(session, tenant_id, "本社", OFFICE, OPENED)
    terms = {
        "calendar": str(calendar.id),
        "targets": TARGETS,
        "pause_on": {"resolution": ["pending_client", "pending_vendor"]},
        "escalations": [{"metric": "first_response", "step": "100%"}, {"metric": "resolution", "step": "100%"}],
    }
    return actions.agree(session, tenant_id, "標準", terms, OPENED)
