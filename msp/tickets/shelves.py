"""The queue: its views over all clients somebody sees, page by page, and how much lies in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Row, and_, bindparam, func, or_, select, tuple_
from sqlalchemy.orm import Session

from msp.tickets.models import Ticket
from msp.tickets.queries import PAGE
from msp.tickets.rules import DONE, UNDONE, WAITING, Status
from tenants.ids import among_words
from tenants.isolation import these
from tenants.kept import Kept
from tenants.models import Instant
from tenants.rules import Principal

_ROW = (
    Ticket.tenant_id,
    Ticket.id,
    Ticket.key,
    Ticket.title,
    Ticket.requester,
    Ticket.priority,
    Ticket.status,
    Ticket.owner_id,
    Ticket.taken_at,
    Ticket.opened_at,
    Ticket.changed_at,
    Ticket.due_at,
    Ticket.due_target,
    Ticket.due_calendar,
    Ticket.clock,
    Ticket.breached,
    Ticket.follow_up_at,
)
VIEWS = ("due", "mine", "unassigned", "waiting", "all", "done")
RECENT = timedelta(days=30)
MOST_COUNTED = 999

After = tuple[int | None, int, int]
"""Where a page ended, in the order of its view: (instant due or None, second instant, id), epoch seconds."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One view of the queue, perhaps of one client only. `after` is the last row of the page before."""

    view: str = "due"
    tenant_id: int | None = None
    after: After | None = None


def rows(
    session: Session, principal: Principal, shelf: Shelf, at: datetime, limit: int = PAGE
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows of a view over all clients the principal sees, by the instant the next promise falls due.

    Done ones are those of the last thirty days, newest change first. One statement.
    """
    given = {"me": principal.login_id, "since": at - RECENT, "most": limit, **_whose(principal, shelf.tenant_id)}
    dated = None
    if shelf.after is not None:
        due, second, last = shelf.after
        dated = due is not None
        given |= {"due": _instant(due or 0), "second": _instant(second), "last": last}
    return _shelved(shelf.view, shelf.tenant_id is not None, dated).ask(session, given).all()


def after_row(view: str, row: Row[*tuple[Any, ...]] | Ticket) -> After:
    """The place of a row in its view, to go on behind it."""
    if view == "done":
        return None, int(row.changed_at.timestamp()), row.id
    return int(row.due_at.timestamp()) if row.due_at else None, int(row.opened_at.timestamp()), row.id


def counts(session: Session, principal: Principal, tenant_id: int | None = None) -> dict[str, int]:
    """How many tickets each view but the done one holds, in one statement."""
    given = {"me": principal.login_id, **_whose(principal, tenant_id)}
    found = _counted(tenant_id is not None).ask(session, given).one()
    return dict(zip(VIEWS, found, strict=False))


def _whose(principal: Principal, tenant_id: int | None) -> dict[str, object]:
    return {"tenants": principal.tenants} if tenant_id is None else {"tenant": tenant_id}


def _clients(of_one: bool) -> ColumnElement[bool]:
    return Ticket.tenant_id == bindparam("tenant") if of_one else these("tenants", Ticket.tenant_id)


def _ours() -> ColumnElement[bool]:
    """The next move is the desk's, or a promise runs whoever has the move."""
    return or_(among_words(Ticket.status, (Status.NEW, Status.OPEN)), Ticket.due_at.is_not(None))


def _shown(view: str) -> ColumnElement[bool]:
    if view == "done":
        return and_(among_words(Ticket.status, DONE), Ticket.changed_at >= bindparam("since"))
    undone = among_words(Ticket.status, UNDONE)
    if view == "mine":
        return and_(undone, Ticket.owner_id == bindparam("me"))
    if view == "unassigned":
        return and_(undone, Ticket.taken_at.is_(None))
    if view == "waiting":
        return among_words(Ticket.status, WAITING)
    return and_(undone, _ours()) if view == "due" else undone


@cache
def _counted(of_one: bool) -> Kept:
    return Kept(
        select(
            func.count().filter(_ours()),
            func.count().filter(Ticket.owner_id == bindparam("me")),
            func.count().filter(Ticket.taken_at.is_(None)),
            func.count().filter(among_words(Ticket.status, WAITING)),
            func.count(),
        ).where(_clients(of_one), among_words(Ticket.status, UNDONE))
    )


@cache
def _shelved(view: str, of_one: bool, dated: bool | None) -> Kept:
    """`dated`: whether it goes on behind a row with a due instant or one without, None for the first page.

    Paused ones, which are never due, come last. Instants on tickets are whole seconds, so a place is exact.
    """
    statement = select(*_ROW).where(_clients(of_one), _shown(view)).limit(bindparam("most", type_=Integer))
    due, second = bindparam("due", type_=Instant), bindparam("second", type_=Instant)
    last = bindparam("last", type_=BigInteger)
    if view == "done":
        if dated is not None:
            statement = statement.where(tuple_(Ticket.changed_at, Ticket.id) < tuple_(second, last))
        return Kept(statement.order_by(Ticket.changed_at.desc(), Ticket.id.desc()))
    rest = tuple_(Ticket.opened_at, Ticket.id) > tuple_(second, last)
    if dated:
        statement = statement.where(or_(Ticket.due_at > due, and_(Ticket.due_at == due, rest), Ticket.due_at.is_(None)))
    elif dated is not None:
        statement = statement.where(Ticket.due_at.is_(None), rest)
    return Kept(statement.order_by(Ticket.due_at.asc().nulls_last(), Ticket.opened_at, Ticket.id))


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
