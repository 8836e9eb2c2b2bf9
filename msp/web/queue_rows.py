"""The rows of the queue as plain values: all that is said of a ticket is made here, the template only prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row

from msp.tickets.desk import Client
from msp.tickets.rules import WAITING
from msp.web.format import DAY, Reader, age, day_compact, iso, moment_compact, moment_text
from msp.web.standing import Standings, hours_of
from sla.queries import Book

URGENT = ("P1", "P2")


class QueueRow(NamedTuple):
    """One line of the list; instants are written out for their reader and, beside it, as machines read them."""

    key: str
    title: str
    client: Client
    requester: str
    priority: str
    urgent: bool
    waiting: str
    unassigned: bool
    opened: str
    opened_iso: str
    opened_full: str
    fresh: bool
    sla: str
    words: str
    left: int | None
    target: int | None
    due_iso: str
    due_full: str
    closes: str
    opens: str
    follow_up: str
    follow_up_iso: str


def rows_of(
    found: Sequence[Row[*tuple[Any, ...]]],
    clients: Mapping[int, Client],
    books: Mapping[int, Book],
    reader: Reader,
) -> list[QueueRow]:
    """What the list prints for the rows of `shelves.rows`."""
    standings = Standings(reader.now, reader.language)
    lines = []
    for row in found:
        now = standings.of_ticket(
            row.status,
            row.clock,
            row.breached,
            row.due_at,
            row.due_target,
            hours_of(books, row.tenant_id, row.due_calendar),
        )
        lines.append(
            QueueRow(
                row.key,
                row.title,
                clients[row.tenant_id],
                row.requester,
                row.priority,
                row.priority in URGENT,
                row.status if row.status in WAITING else "",
                row.taken_at is None,
                _age(row.opened_at, reader),
                iso(row.opened_at),
                moment_text(row.opened_at, reader),
                reader.now - row.opened_at < DAY,
                now.state,
                now.words,
                now.left,
                now.target,
                iso(now.due) if now.due else "",
                moment_text(now.due, reader) if now.due else "",
                iso(now.closes) if now.closes else "",
                iso(now.opens) if now.opens else "",
                moment_compact(row.follow_up_at, reader) if row.follow_up_at else "",
                iso(row.follow_up_at) if row.follow_up_at else "",
            )
        )
    return lines


def _age(opened: datetime, reader: Reader) -> str:
    """Relative within a day, beyond it the date alone; the hour stands in the tooltip."""
    return age(opened, reader) if abs(reader.now - opened) < DAY else day_compact(opened, reader)
