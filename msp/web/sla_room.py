"""What both sides of the shared room ask: a month, the list behind a figure, a ticket's minutes, what waits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from flask import request, url_for
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from msp.reach import tenant_here
from msp.reports.compliance import Result, result_of
from msp.reports.year import year_of
from msp.tickets import queries as tickets
from msp.tickets.models import Ticket
from msp.web.compliance import calendar_name_of, reason_text, share_text, sight, words_of
from msp.web.cycles import cycle_lines
from msp.web.language import reader
from sla import queries as promises
from sla.models import Dispute
from sla.queries import Book
from sla.queries.compliance import disputes_of, first_decision, frozen_months, reasons_of
from sla.queries.months import month_of
from sla.rules.disputes import CLIENT, REASONS, month_back, other_side
from tenants.models import Tenant

MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
PAGE = 100
OUTCOMES = ("missed", "met", "excluded", "open", "cancelled", "not_applicable")
NARROWED = ("metric", "outcome", "reason", "priority", "site", "kind")


class Waiting(NamedTuple):
    """A dispute that one side has to answer, with its ticket."""

    dispute: Dispute
    number: int
    key: str
    title: str


def sight_of(rows: Session, tenant: str, list_endpoint: str, month_endpoint: str) -> dict[str, Any]:
    """The chosen month, drawn."""
    company, book = _asked(rows)
    month = chosen_month(rows, company, book)
    result = result_of(rows, company, book, month, reader().now)
    now = month_of(book, reader().now, company.zone)
    year = year_of(rows, company, book, now if month_back(now, 11) <= month <= now else month)

    def list_url(**words: Any) -> str:
        return url_for(list_endpoint, tenant=tenant, of=f"{month:%Y-%m}", **words)

    def month_url(other: date) -> str:
        return url_for(month_endpoint, tenant=tenant, of=f"{other:%Y-%m}")

    return {
        "sight": sight(result, year, book, list_url, month_url),
        "result": result,
        "list_url": list_url,
        "month_url": month_url,
        "share": lambda share: share_text(share, reader().language),
        "reason_text": reason_text,
        "over": reader().now >= result.span.end,
        "calendar_name": _calendar_name(rows, company.tenant_id, book, result),
    }


def list_of(rows: Session) -> dict[str, Any]:
    """The lines that the address narrows, of the chosen month."""
    company, book = _asked(rows)
    result = result_of(rows, company, book, chosen_month(rows, company, book), reader().now)
    narrowed = words_of(request.args, NARROWED)
    return {"result": result, "narrowed": narrowed, "lines": result.where(**narrowed), "reason_text": reason_text}


def ways_of(found: dict[str, Any], tenant: str, list_endpoint: str, file_endpoint: str) -> dict[str, Any]:
    """The addresses around a list: all of it, each outcome with how many, the file."""
    result, narrowed = found["result"], found["narrowed"]
    here: dict[str, Any] = {"tenant": tenant, "of": f"{result.span.month:%Y-%m}"}
    others: dict[str, Any] = {name: word for name, word in narrowed.items() if name != "outcome"}
    counts = Counter(line.word("outcome") for line in result.where(**others))
    chips = [(url_for(list_endpoint, **here, **others), "", "outcome" not in narrowed, counts.total())]
    chips += [
        (url_for(list_endpoint, **here, **others, outcome=one), one, narrowed.get("outcome") == one, counts[one])
        for one in OUTCOMES
        if counts[one] or narrowed.get("outcome") == one
    ]
    lines = found["lines"]
    pages = max(1, -(-len(lines) // PAGE))
    page = min(max(request.args.get("page", 1, int), 1), pages)
    return {
        "chips": chips,
        "shown": lines[(page - 1) * PAGE : page * PAGE],
        "page": page,
        "pages": pages,
        "page_url": lambda number: url_for(list_endpoint, **(here | narrowed | {"page": number})),
        "all_url": url_for(list_endpoint, **here),
        "csv_url": url_for(file_endpoint, **(here | narrowed)),
    }


def ticket_of(rows: Session, ticket: Ticket, side: str) -> dict[str, Any]:
    """A ticket's cycles with what was said of them, in the words of one side."""
    company, book = _asked(rows)
    said = disputes_of(rows, ticket.tenant_id, ticket.id)
    reasons = reasons_of(rows, ticket.tenant_id, ticket.id)
    events = tickets.events_of(rows, ticket.tenant_id, ticket.id)
    cycles = cycle_lines(book, events, reader(), reasons, said, client=side == CLIENT)
    months = {line.name: month_of(book, line.breached or line.stopped or reader().now, company.zone) for line in cycles}
    closed = _closed(rows, ticket.tenant_id, set(months.values()))
    return {
        "ticket": ticket,
        "cycles": cycles,
        "side": side,
        "answers": other_side(side),
        "as_of": reader().now,
        "reason_codes": REASONS,
        "reason_text": reason_text,
        "months": months,
        "closed": {line.name: line.decided and months[line.name] in closed for line in cycles},
    }


def waiting(rows: Session, tenant_id: int, side: str) -> Sequence[Waiting]:
    """What this side has to answer, the one whose time is over first on top."""
    found = rows.execute(
        select(Dispute, Ticket.number, Ticket.key, Ticket.title)
        .join(Ticket, and_(Ticket.tenant_id == Dispute.tenant_id, Ticket.id == Dispute.ticket_id))
        .where(
            Dispute.tenant_id == tenant_id,
            Dispute.status == "open",
            Dispute.side == other_side(side),
            Dispute.deadline >= reader().now,
        )
        .order_by(Dispute.deadline, Dispute.id)
    )
    return [Waiting(*row) for row in found]


def chosen_month(rows: Session, company: Tenant, book: Book) -> date:
    """The month the address names; without one the last that is over, or the running one of somebody new."""
    named = MONTH.fullmatch(request.values.get("of", ""))
    if named:
        return date(int(named[1]), int(named[2]), 1)
    now = month_of(book, reader().now, company.zone)
    first = first_decision(rows, company.tenant_id)
    return now if first is None or month_of(book, first, company.zone) >= now else month_back(now)


def instant(at: int) -> datetime:
    """Epoch seconds as an instant."""
    return datetime.fromtimestamp(at, UTC)


def _asked(rows: Session) -> tuple[Tenant, Book]:
    tenant_id = tenant_here()
    return rows.get_one(Tenant, tenant_id), promises.book(rows, tenant_id)


def _closed(rows: Session, tenant_id: int, months: Collection[date]) -> set[date]:
    """Those of the months that are closed."""
    if not months:
        return set()
    return {row.month for row in frozen_months(rows, tenant_id, min(months), max(months))}


def _calendar_name(rows: Session, tenant_id: int, book: Book, result: Result) -> str:
    """What the calendar is called by which the month's promises count."""
    name = calendar_name_of(book, result.span.begin) or calendar_name_of(book, result.as_of)
    row = promises.calendar_of(rows, tenant_id, int(name.partition("@")[0])) if name else None
    return row.name if row else ""
