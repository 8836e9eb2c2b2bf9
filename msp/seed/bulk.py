"""A big desk to measure: tenants of Zipf sizes, written by COPY to a staging table and one INSERT ... SELECT each."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from psycopg import Cursor
from sqlalchemy import select

from billing import actions as billing
from billing.models import WorkType
from msp.seed import statements
from msp.seed.phrases import ANSWERS, MATTERS, QUESTIONS
from msp.tickets.models import Category
from msp.tickets.rules import PRIORITIES, Status, tokens
from sla import actions as promises
from sla import queries as sla
from sla.actions.outcomes import outcome_rows
from sla.rules.events import Event
from tenants import actions as people
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Agent, TenantKey
from tenants.rules import GATE, Role, job

SPAN = timedelta(days=180)
OPEN_SHARE = 0.25
OPEN = (("09:00", "12:00"), ("13:00", "18:00"))
OFFICE = {
    "tz": "Asia/Tokyo",
    "weekly": {day: [list(span) for span in OPEN] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holiday_set": "JP",
}
TARGETS = {
    priority: {"first_response": first, "next_response": first * 2, "resolution": first * 16}
    for priority, first in zip(PRIORITIES, (30, 60, 120, 240), strict=True)
}
MESSAGES = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One made-up ticket: its place in the tenant, its words and what happened to it (epoch seconds)."""

    number: int
    title: str
    priority: str
    status: str
    opened: int
    said: tuple[tuple[int, str, str], ...]
    resolved: int | None


def fill(tickets: int, tenant_count: int, at: datetime, say: Callable[[int], None], seed: int = 1) -> None:
    """Add so many tickets in so many new tenants; `say` hears how many stand. Deterministic but for ids."""
    chance = random.Random(seed)  # noqa: S311 - made-up data, no secret
    agents, begun = _staff(at), _clients_before()
    weights = [1 / (rank + 1) for rank in range(tenant_count)]
    made = 0
    for rank, weight in enumerate(weights):
        last = rank == tenant_count - 1
        size = tickets - made if last else max(1, int(tickets * weight / sum(weights)))
        number = begun + rank + 1
        with acting_as(GATE), transaction() as session:
            tenant = people.open_tenant(
                session,
                f"B{number:03}",
                f"計測{number:03}商事㈱",
                at - SPAN,
                short=f"計{number}",
                tile=rank % 12 + 1,
                owner_login_id=agents[rank % len(agents)],
            )
            tenant_id, key = tenant.tenant_id, tenant.key
        with acting_as(job(tenant_id)), transaction() as session:
            calendar = promises.add_calendar(session, tenant_id, "営業時間", OFFICE, at - SPAN * 2)
            terms = {
                "calendar": str(calendar.id),
                "targets": TARGETS,
                "pause_on": {"resolution": ["pending_client"]},
                "escalations": [{"metric": "first_response", "step": "100%"}],
            }
            promises.agree(session, tenant_id, "標準", terms, at - SPAN * 2)
            contacts = [
                people.add_contact(session, tenant_id, f"担当{n}", f"p{n}@b{number:03}.example").id
                for n in range(max(2, min(40, size // 50)))
            ]
            session.flush()
            book = sla.book(session, tenant_id)
            rows = [_make(chance, place + 1, at) for place in range(size)]
            _write(_cursor(), tenant_id, key, rows, contacts, agents, book, at, chance)
        made += size
        say(made)


def _staff(at: datetime) -> list[int]:
    """The desk and eight agents, where there are none yet."""
    with acting_as(GATE), transaction() as session:
        desk = people.tenant_of_desk(session) or people.found_desk(session, "計測デスク㈱", at - SPAN).tenant_id
    with acting_as(job(desk)), transaction() as session:
        known = session.scalars(select(Agent.id).where(Agent.email.startswith("bench")).order_by(Agent.id)).all()
        if known:
            return list(known)
        agents = [people.hire(session, f"bench{n}@desk.example", f"計測 {n}", Role.AGENT) for n in range(8)]
        session.flush()
        session.merge(Category(code="it", parent=None, name_ja="情報機器", name_en="IT"))
        if session.get(WorkType, "remote") is None:
            billing.add_work_type(session, "remote", "リモート", "Remote")
        return [agent.id for agent in agents]


def _clients_before() -> int:
    """How many clients to measure with stand already."""
    with acting_as(GATE), transaction() as session:
        return sum(key[1:].isdigit() for key in session.scalars(select(TenantKey.key)))


def _make(chance: random.Random, number: int, at: datetime) -> Row:
    matter = chance.choice(MATTERS)
    live = chance.random() < OPEN_SHARE
    ago = chance.uniform(0, 12 if live else SPAN.days)
    opened = int((at - timedelta(days=ago)).timestamp())
    now = int(at.timestamp())
    said = [(opened, "client", chance.choice(QUESTIONS).format(matter=matter))]
    when = opened
    for turn in range(1, MESSAGES):
        when = min(now, when + chance.randrange(600, 30_000))
        side = "agent" if turn % 2 else "client"
        said.append((when, side, chance.choice(ANSWERS).format(matter=matter)))
    status = chance.choice((Status.OPEN, Status.OPEN, Status.OPEN, Status.PENDING_CLIENT)) if live else Status.CLOSED
    resolved = None if live else min(now, when + chance.randrange(600, 90_000))
    return Row(number, f"{matter} #{number}", chance.choice(PRIORITIES), status, opened, tuple(said), resolved)


def _write(
    cursor: Cursor[Any],
    tenant_id: int,
    key: str,
    rows: Sequence[Row],
    contacts: Sequence[int],
    agents: Sequence[int],
    book: sla.Book,
    at: datetime,
    chance: random.Random,
) -> None:
    """COPY into a walled table is refused; so it goes to a staging table and on from there (safety.md 1)."""
    cursor.execute("SET LOCAL enable_nestloop = off")  # nobody has counted the new rows, so loops would look cheap
    folded = [_clocks(book, row, at) for row in rows]
    standings = [promises.standing(clocks) for clocks in folded]
    _stage(
        cursor,
        "number bigint, title text, priority text, status text, owner bigint, contact bigint, opened bigint,"
        " resolved bigint, due_at timestamptz, due_metric text, due_target bigint, due_calendar text, clock text,"
        " next_due_at timestamptz, breached bool, seconds bigint",
        (
            (
                row.number, row.title, row.priority, row.status, chance.choice(agents), chance.choice(contacts),
                row.opened, row.resolved, standing.due_at, standing.due_metric, standing.due_target,
                standing.due_calendar, standing.clock, standing.next_due_at, standing.breached,
                chance.randrange(300, 7200, 60),
            )
            for row, standing in zip(rows, standings, strict=True)
        ),
    )  # fmt: skip
    cursor.execute(statements.TICKETS, {"tenant": tenant_id, "key": key})
    cursor.execute(statements.TIME, {"tenant": tenant_id})
    _stage(
        cursor,
        "number bigint, at bigint, by text, words text",
        ((row.number, when, by, words) for row in rows for when, by, words in row.said),
    )
    cursor.execute(statements.MESSAGES, {"tenant": tenant_id})
    cursor.execute(statements.LAST_MESSAGE, {"tenant": tenant_id})
    _stage(
        cursor,
        "number bigint, at bigint, type text, by text, data jsonb",
        ((row.number, when, kind, by, data) for row in rows for when, kind, by, data in _events(row)),
    )
    cursor.execute(statements.EVENTS, {"tenant": tenant_id})
    _stage(
        cursor,
        "number bigint, metric text, cycle int, status text, started_at timestamptz, due_at timestamptz,"
        " next_due_at timestamptz, target bigint, spent bigint, breached_at timestamptz, terms text, calendar text",
        (
            (
                row.number, kept["metric"], kept["cycle"], kept["status"], kept["started_at"], kept["due_at"],
                kept["next_due_at"], kept["target"], kept["spent"], kept["breached_at"], kept["terms"],
                kept["calendar"],
            )
            for row, clocks in zip(rows, folded, strict=True)
            for kept in promises.clock_rows(tenant_id, 0, clocks, ())
        ),
    )  # fmt: skip
    cursor.execute(statements.CLOCKS, {"tenant": tenant_id})
    _stage(
        cursor,
        "number bigint, metric text, cycle int, state text, priority text, started_at timestamptz,"
        " stopped_at timestamptz, breached_at timestamptz, decided_at timestamptz, target bigint, spent bigint,"
        " terms text, calendar text",
        (
            (
                row.number, kept["metric"], kept["cycle"], kept["state"], kept["priority"], kept["started_at"],
                kept["stopped_at"], kept["breached_at"], kept["decided_at"], kept["target"], kept["spent"],
                kept["terms"], kept["calendar"],
            )
            for row, clocks in zip(rows, folded, strict=True)
            for kept in outcome_rows(tenant_id, 0, clocks, _story(row))
        ),
    )  # fmt: skip
    cursor.execute(statements.OUTCOMES, {"tenant": tenant_id})
    _stage(
        cursor,
        "number bigint, metric text, cycle int, step text, at bigint, terms text, calendar text",
        (
            (row.number, cycle.metric, cycle.number, step, fired, cycle.terms, cycle.calendar)
            for row, clocks in zip(rows, folded, strict=True)
            for clock in clocks
            for cycle in clock.cycles
            for fired, step in cycle.fired
        ),
    )
    cursor.execute(statements.STEPS, {"tenant": tenant_id})
    _stage(cursor, 'number bigint, token text COLLATE "C"', _words(key, rows))
    cursor.execute(statements.TOKENS, {"tenant": tenant_id})
    cursor.execute(statements.COUNTER, {"tenant": tenant_id, "value": len(rows)})


def _clocks(book: sla.Book, row: Row, at: datetime) -> list[Any]:
    return promises.read_clocks(book, _story(row), at)


def _story(row: Row) -> list[Event]:
    """What happened to it, as the clocks read it."""
    events = [Event(row.opened, "created", to="new", by="client", priority=row.priority)]
    events += [Event(when, "agent_reply" if by == "agent" else "client_reply") for when, by, _ in row.said[1:]]
    if row.resolved is not None:
        events.append(Event(row.resolved, "status", to="resolved"))
    elif row.status == Status.PENDING_CLIENT:
        events.append(Event(row.said[-1][0], "status", to="pending_client"))
    return events


def _events(row: Row) -> Iterator[tuple[int, str, str, str]]:
    yield row.opened, "opened", "client", f'{{"to": "new", "priority": "{row.priority}"}}'
    for when, by, _ in row.said[1:]:
        yield when, "replied" if by == "agent" else "answered", by, "{}"
    if row.resolved is not None:
        yield row.resolved, "status", "agent", '{"to": "resolved"}'
    elif row.status == Status.PENDING_CLIENT:
        yield row.said[-1][0], "status", "agent", '{"to": "pending_client"}'


def _words(key: str, rows: Iterable[Row]) -> Iterator[tuple[int, str]]:
    for row in rows:
        found = set(tokens(f"{key}-{row.number}"))
        for text in (row.title.partition(" #")[0], *(words for _, _, words in row.said)):
            found |= _tokens(text)
        yield from ((row.number, token) for token in found)


@cache
def _tokens(text: str) -> frozenset[str]:
    return frozenset(tokens(text))


def _stage(cursor: Cursor[Any], columns: str, rows: Iterable[Sequence[Any]]) -> None:
    cursor.execute("DROP TABLE IF EXISTS stage")
    cursor.execute(f"CREATE TEMPORARY TABLE stage ({columns}) ON COMMIT DROP")
    with cursor.copy("COPY stage FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute("ANALYZE stage")


def _cursor() -> Cursor[Any]:
    """The driver's own cursor on the transaction that is open, with the tenant set in it."""
    driver: Any = db.session.connection().connection.dbapi_connection
    return cast("Cursor[Any]", driver.cursor())
