"""What would have been: real months of a client folded again under other terms and calendars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any, cast

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from billing.queries.contracts import items_of
from msp.reports.sums import Flip, Kept, Sums, WhatIf
from msp.tickets.facts import KINDS, clock_events
from msp.tickets.models import Event, Ticket
from msp.tickets.rules import UNDONE
from sla import queries as promises
from sla.actions import read_clocks
from sla.queries import Book
from sla.rules import compliance
from sla.rules.compliance import MET, MISSED, Entry
from sla.rules.contract import METRICS
from sla.rules.events import Event as Fact
from tenants.models import Tenant

CHUNK = 500
TOLD = (*KINDS, "taken_back")
FEES = ("fixed", "pool")


@dataclass(frozen=True, slots=True)
class Question:
    """Which months, and under which two books; `borders` are the months' instants [begin, end)."""

    months: tuple[str, ...]
    borders: tuple[tuple[int, int], ...]
    real: Book
    draft: Book
    at: datetime

    def cells(self) -> set[tuple[str, str]]:
        """(metric, priority) of all that the draft promises."""
        return {(metric, priority) for terms in self.draft.terms.values() for priority, metric in terms.promises}

    def holds(self, entry: Entry) -> bool:
        """Whether the cycle counts in one of the months."""
        decided = entry.decided_at
        return entry.outcome in (MET, MISSED) and any(begin <= decided < end for begin, end in self.borders)


def what_if(
    session: Session,
    tenant_id: int,
    months: Sequence[str],
    terms: Mapping[str, Any],
    calendars: Mapping[str, Mapping[str, Any]],
    at: datetime,
) -> WhatIf:
    """Fold the months' events under the contract as it was and under `terms` (sla.md 5), side by side.

    `months` like "2026-10", in the client's zone. `calendars` are drafts by the names that `terms` uses; other names
    are ids of the client's own calendars, with their history. Surge packs are part of what was and not of the draft.
    Raises ValueError for terms nobody can measure. Cost: three statements for every 500 tickets.
    """
    question = ask(session, tenant_id, months, terms, calendars, at)
    sums, cursor = Sums(), 0
    while True:
        last = add_chunk(session, tenant_id, question, sums, cursor, CHUNK)
        if last is None:
            return answer(session, tenant_id, question, sums)
        cursor = last


def ask(
    session: Session,
    tenant_id: int,
    months: Sequence[str],
    terms: Mapping[str, Any],
    calendars: Mapping[str, Mapping[str, Any]],
    at: datetime,
) -> Question:
    """The question with both books compiled. Raises ValueError for a month or terms that cannot be read."""
    zone = session.get_one(Tenant, tenant_id).zone
    borders = tuple(compliance.borders(zone, *_month(month)) for month in months)
    if not borders:
        raise ValueError("no month is named")
    draft = promises.drafted(terms, calendars, promises.calendar_versions_of(session, tenant_id))
    return Question(tuple(months), borders, promises.book(session, tenant_id), draft, at)


def how_many(session: Session, tenant_id: int, question: Question) -> int:
    """The tickets to be folded."""
    return len(_concerned(session, tenant_id, question, 0, None))


def add_chunk(session: Session, tenant_id: int, question: Question, sums: Sums, cursor: int, limit: int) -> int | None:
    """Fold the next tickets, by id, into the sums. Returns the last one's id; None when there are no more."""
    tickets = _concerned(session, tenant_id, question, cursor, limit)
    for ticket_id, facts in _stories(session, tenant_id, list(tickets)):
        _compare(question, sums, ticket_id, tickets[ticket_id], facts)
    sums.tickets += len(tickets)
    return max(tickets) if len(tickets) == limit else None


def answer(session: Session, tenant_id: int, question: Question, sums: Sums) -> WhatIf:
    """The sums in the end, with the names of the tickets that flip and the price beside them."""
    ids = sorted({flip[0] for flip in sums.flips})
    rows = session.execute(
        select(Ticket.id, Ticket.key, Ticket.title).where(Ticket.tenant_id == tenant_id, Ticket.id.in_(ids))
    )
    named = {ticket_id: (key, title) for ticket_id, key, title in rows}
    flips = [
        Flip(ticket_id, *named[ticket_id], priority, metric, number, before, after)
        for ticket_id, priority, metric, number, before, after in sums.flips
        if ticket_id in named
    ]
    before, after = _by_cell(sums.before), _by_cell(sums.after)
    priorities = sorted({priority for _, priority in (*question.cells(), *before, *after)})
    return WhatIf(
        question.months,
        sums.tickets,
        before,
        after,
        sorted(flips, key=lambda flip: (flip.after != MET, flip.key, flip.metric, flip.number)),
        {priority: _opened(question, priority) for priority in priorities},
        _fee(session, tenant_id, question.at),
    )


def _concerned(session: Session, tenant_id: int, question: Question, cursor: int, limit: int | None) -> dict[int, str]:
    """Priority by id of the tickets that something can have happened to in the months: there, and not over before."""
    begin, end = (datetime.fromtimestamp(at, UTC) for at in (question.borders[0][0], question.borders[-1][1]))
    rows = session.execute(
        select(Ticket.id, Ticket.priority)
        .where(Ticket.tenant_id == tenant_id, Ticket.id > cursor, Ticket.opened_at < end)
        .where(or_(Ticket.changed_at >= begin, Ticket.status.in_(UNDONE)))
        .order_by(Ticket.id)
        .limit(limit)
    )
    return dict(rows.all())


def _stories(session: Session, tenant_id: int, ids: Sequence[int]) -> Iterator[tuple[int, list[Fact]]]:
    """Each ticket's facts, in order; plain columns, since nothing is changed and there are many."""
    if not ids:
        return
    rows = session.execute(
        select(Event.ticket_id, Event.at, Event.type, Event.by, Event.data)
        .where(Event.tenant_id == tenant_id, Event.ticket_id.between(ids[0], ids[-1]), Event.type.in_(TOLD))
        .order_by(Event.ticket_id, Event.at, Event.id)
    )
    wanted = frozenset(ids)
    for ticket_id, story in groupby(rows, key=lambda row: row.ticket_id):
        if ticket_id in wanted:
            yield ticket_id, clock_events(cast("Iterable[Event]", story))


def _compare(question: Question, sums: Sums, ticket_id: int, priority: str, facts: Sequence[Fact]) -> None:
    read = [_entries(book, ticket_id, priority, facts, question.at) for book in (question.real, question.draft)]
    for counts, entries in zip((sums.before, sums.after), read, strict=True):
        counts.update(f"{entry.metric}|{priority}|{entry.outcome}" for entry in entries if question.holds(entry))
    for old, new in compliance.flips(*read):
        if question.holds(old) or question.holds(new):
            sums.flips.append([ticket_id, priority, new.metric, new.number, old.outcome, new.outcome])


def _entries(book: Book, ticket_id: int, priority: str, facts: Sequence[Fact], at: datetime) -> list[Entry]:
    created = next(fact.at for fact in facts if fact.kind == "created")
    return compliance.entries(ticket_id, created, read_clocks(book, facts, at), priority=priority)


def _by_cell(counts: Counter[str]) -> dict[tuple[str, str], Kept]:
    cells = {tuple(name.split("|")[:2]) for name in counts}
    return {
        (metric, priority): (counts[f"{metric}|{priority}|{MET}"], counts[f"{metric}|{priority}|{MISSED}"])
        for metric, priority in cells
    }


def _opened(question: Question, priority: str) -> tuple[int, int]:
    """Seconds of service hours in the months, (before, after); a contract that began or changed in one counts so."""
    return _open_in(question.real, priority, question.borders), _open_in(question.draft, priority, question.borders)


def _open_in(book: Book, priority: str, borders: Sequence[tuple[int, int]]) -> int:
    total = 0
    for begin, end in borders:
        marks = [begin, *(change.at for change in book.contract.changes(begin, end - 1)), end]
        for since, until in pairwise(marks):
            promised = book.terms[book.contract.holds(since) or ""].promises
            hours = next(
                (promised[priority, metric].hours for metric in METRICS if (priority, metric) in promised), None
            )
            total += hours.elapsed(since, until) if hours is not None else 0
    return total


def _fee(session: Session, tenant_id: int, at: datetime) -> Decimal | None:
    """What the version in force costs a month by its flat fees; None where it has none."""
    for contract in promises.contracts_of(session, tenant_id):
        begun = [row for row in promises.versions_of(session, tenant_id, contract.id) if row.since <= at]
        if not contract.is_default or not begun:
            continue
        fees = [item for item in items_of(session, tenant_id, begun[-1].id) if item.kind in FEES]
        if fees:
            prices = (Decimal(item.terms["price"]) / int(item.options.get("months", 1)) for item in fees)
            return sum(prices, Decimal(0))
    return None


def _month(text: str) -> tuple[int, int]:
    year, _, month = text.partition("-")
    if not (year.isdigit() and month.isdigit() and 1 <= int(month) <= 12):
        raise ValueError(f"not a month: {text!r}")
    return int(year), int(month)
