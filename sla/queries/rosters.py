"""Questions about who is on call and who has a promise in hand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sla.models import Acknowledgement, Swap
from sla.models import Roster as RosterRow
from sla.rules import roster as rules
from sla.rules.roster import Roster, StandIn
from tenants.isolation import among


def rosters(session: Session, with_retired: bool = False) -> Sequence[RosterRow]:
    """The rosters of the desk by name, those out of use at the end."""
    statement = select(RosterRow).order_by(RosterRow.retired_at.is_not(None), RosterRow.name)
    return session.scalars(statement if with_retired else statement.where(RosterRow.retired_at.is_(None))).all()


def swaps_of(session: Session, roster_id: int, after: datetime) -> Sequence[Swap]:
    """Who stands in and has not come to an end by an instant, in the order in which it was entered."""
    return session.scalars(
        select(Swap).where(Swap.roster_id == roster_id, Swap.ends_at > after).order_by(Swap.id)
    ).all()


def roster(session: Session, roster_id: int, after: datetime) -> Roster | None:
    """A roster as of an instant and later; None where there is none in use."""
    row = session.get(RosterRow, roster_id)
    return None if row is None or row.retired_at else compiled_roster(row, swaps_of(session, roster_id, after))


def compiled_roster(row: RosterRow, swaps: Iterable[Swap]) -> Roster:
    """A kept roster with those who stand in, as the rules read it."""
    stand_ins = [StandIn(one.login_id, int(one.begins_at.timestamp()), int(one.ends_at.timestamp())) for one in swaps]
    return rules.read(row.zone, row.since, (row.hand_over_day, row.hand_over_time), row.shifts, row.quiet, stand_ins)


def acknowledged(
    session: Session, tenant_id: int, ticket_ids: Collection[int]
) -> dict[tuple[int, str, int], Acknowledgement]:
    """Who has which cycle in hand, by (ticket, metric, cycle)."""
    rows = session.scalars(
        select(Acknowledgement).where(
            Acknowledgement.tenant_id == tenant_id, among(Acknowledgement.ticket_id, ticket_ids)
        )
    )
    return {(row.ticket_id, row.metric, row.cycle): row for row in rows}
