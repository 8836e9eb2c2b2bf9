"""Reminding a client of what is overdue; once a day, and never of what is in question."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import Reminded
from billing.queries.dunning import DUNNING, LEVELS, Due, due_reminders
from tenants.errors import Refused
from tenants.models import DeskSetting, Tenant
from tenants.work import later


def remind(
    session: Session, tenant_id: int, document_ids: Collection[int], day: date, by_id: int | None, at: datetime
) -> list[Reminded]:
    """Send one mail for these documents, at the level each has reached; what was paid meanwhile is left out.

    Raises Refused where nothing is left to remind of.
    """
    session.execute(select(Tenant.tenant_id).where(Tenant.tenant_id == tenant_id).with_for_update())
    found: list[Due] = due_reminders(session, day, tenant_id)
    lines = [(one, each) for due in found for one, each in due.lines if one.document_id in set(document_ids)]
    if not lines:
        raise Refused("There is nothing to remind of any more.")
    key = f"reminder:{tenant_id}:{day.isoformat()}"
    rows = [
        Reminded(
            tenant_id=tenant_id,
            document_id=one.document_id,
            level=each.level,
            name=each.name,
            sent_on=day,
            amount=each.amount.amount,
            currency=each.amount.currency,
            mail_key=key,
            at=at,
            by_id=by_id,
        )
        for one, each in lines
    ]
    session.add_all(rows)
    session.flush()
    later(session, "mail.remind", tenant_id, day.toordinal(), at=at)
    return rows


def set_levels(session: Session, given: Sequence[dict[str, Any]]) -> None:
    """The desk's own levels; a text like the one that comes with the house is not kept."""
    own = [
        {name: value for name, value in level.items() if value not in ("", None) and value != LEVELS[place].get(name)}
        for place, level in enumerate(given[: len(LEVELS)])
    ]
    row = session.get(DeskSetting, DUNNING) or DeskSetting(name=DUNNING)
    row.value = own
    session.add(row)
