"""Verbs on rosters: plan who is on call, let somebody stand in; they write and never commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from sla.models import Roster, Swap
from sla.rules import roster as rules
from tenants.errors import Refused


def keep_roster(session: Session, row: Roster, facts: Mapping[str, Any]) -> Roster:
    """A roster says this from now on: name, zone, since, hand_over_day, hand_over_time, shifts, quiet.

    Raises Refused for a name that is taken, ValueError for what the rules cannot read.
    """
    hand_over = (facts["hand_over_day"], facts["hand_over_time"])
    rules.read(facts["zone"], facts["since"], hand_over, facts["shifts"], facts["quiet"])
    taken = session.scalar(select(Roster.id).where(Roster.name == facts["name"], Roster.id.is_distinct_from(row.id)))
    if taken is not None:
        raise Refused("Another roster has this name.", {"name": ["Another roster has this name."]})
    for name in ("name", "zone", "since", "hand_over_day", "hand_over_time", "shifts", "quiet"):
        setattr(row, name, facts[name])
    session.add(row)
    session.flush()
    return row


def stand_in(session: Session, row: Roster, login_id: int, begins_at: datetime, ends_at: datetime, why: str) -> Swap:
    """Somebody is on call from one instant to another, whatever the plan says. Raises Refused for no length."""
    if begins_at >= ends_at:
        raise Refused("It ends after it begins.", {"ends_at": ["It ends after it begins."]})
    swap = Swap(roster_id=row.id, login_id=login_id, begins_at=begins_at, ends_at=ends_at, why=why)
    session.add(swap)
    session.flush()
    return swap


def take_back_swap(session: Session, swap: Swap, at: datetime) -> None:
    """Nobody stands in after all; what has been stays as it was."""
    if swap.begins_at >= at:
        session.delete(swap)
    else:
        swap.ends_at = min(swap.ends_at, at)


def retire_roster(row: Roster, at: datetime | None) -> None:
    """The roster is out of use, or in use again with None."""
    row.retired_at = at
