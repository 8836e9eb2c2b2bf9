"""Tickets as programs list them: by their last change, of one client or of all somebody sees, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, bindparam, func, select, true, tuple_
from sqlalchemy.orm import Mapped, Session, aliased

from msp.tickets.models import Ticket
from msp.tickets.queries import visible_to
from tenants.rules import Kind, Principal

Place = tuple[int, int]
"""Where a page ended: (epoch second of the last change, id)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tickets. Empty tuples and None leave out no ticket; `since` is the earliest last change."""

    tenant_ids: frozenset[int]
    statuses: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    owner_id: int | None = None
    since: datetime | None = None
    oldest_first: bool = False
    after: Place | None = None


def listed(session: Session, principal: Principal, wanted: Wanted, limit: int) -> Sequence[Ticket]:
    """A page of tickets in one statement: of each client no more than a page is read, along an index."""
    tenants = bindparam("listed_tenants", sorted(wanted.tenant_ids), type_=ARRAY(BigInteger))
    each = func.unnest(tenants).table_valued("id", name="each").render_derived()
    page = (
        select(Ticket)
        .where(Ticket.tenant_id == each.c.id, *_conditions(session, principal, wanted))
        .order_by(*_order(Ticket.changed_at, Ticket.id, wanted))
        .limit(limit)
        .lateral("page")
    )
    found = aliased(Ticket, page)
    order = _order(found.changed_at, found.id, wanted)
    return session.scalars(select(found).select_from(each).join(found, true()).order_by(*order).limit(limit)).all()


def place_of(ticket: Ticket) -> Place:
    """Where the list goes on behind this ticket. Changes stand on whole seconds."""
    return int(ticket.changed_at.timestamp()), ticket.id


def _conditions(session: Session, principal: Principal, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = [visible_to(session, principal)] if principal.kind is Kind.CLIENT else []
    if wanted.statuses:
        conditions.append(Ticket.status.in_(wanted.statuses))
    if wanted.priorities:
        conditions.append(Ticket.priority.in_(wanted.priorities))
    if wanted.owner_id is not None:
        conditions.append(Ticket.owner_id == wanted.owner_id)
    if wanted.since is not None:
        conditions.append(Ticket.changed_at >= wanted.since)
    if wanted.after is not None:
        here = tuple_(Ticket.changed_at, Ticket.id)
        there = tuple_(func.to_timestamp(wanted.after[0]), wanted.after[1])
        conditions.append(here > there if wanted.oldest_first else here < there)
    return conditions


def _order(changed_at: Mapped[datetime], ticket_id: Mapped[int], wanted: Wanted) -> tuple[ColumnElement[Any], ...]:
    if wanted.oldest_first:
        return changed_at.asc(), ticket_id.asc()
    return changed_at.desc(), ticket_id.desc()
