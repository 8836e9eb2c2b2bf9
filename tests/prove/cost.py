"""What row security costs the hottest queries: each timed on two equal databases, one of which asks no policies."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from billing.queries.time import entries_of_ticket
from msp.app import create_app
from msp.seed import bulk
from msp.serve import roles
from msp.tickets import desk, lookup, portal, queries, shelves
from msp.tickets.models import Ticket
from msp.tickets.shelves import Shelf
from tenants import queries as people
from tenants import work
from tenants.db import db, transaction
from tenants.isolation import SETTINGS, acting_as, settings_of
from tenants.models import Contact
from tenants.rules import GATE, MAY, Kind, Principal, Role, sweep
from tests.cast import MONDAY_9
from tests.prove.ground import tables
from tests.prove.off import without_policies
from tests.prove.proof import Found, Place
from tests.services import Database, Servers, settings

TICKETS, TENANTS, ROUNDS = 5000, 20, 401
BAR = 1.25
REDIS = 44
AT = MONDAY_9


@dataclass(frozen=True, slots=True)
class Question:
    """A hot query: who asks, and whether it looks across all tenants on purpose (a queue, a sweep)."""

    name: str
    who: Principal
    ask: Callable[[Session], object]
    across: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """What a question sent to the database."""

    question: Question
    sql: str
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one statement, with and without policies, and index conditions that do not name the tenant."""

    name: str
    walled: float
    bare: float
    without_tenant: list[str]

    @property
    def ratio(self) -> float:
        return self.walled / self.bare


def prove(place: Place) -> Found:
    costs = measure(place.servers, place, TICKETS, ROUNDS)
    median = statistics.median(cost.ratio for cost in costs)
    worst = max(costs, key=lambda cost: cost.ratio)
    wrong = [f"{cost.name}: {condition}" for cost in costs for condition in cost.without_tenant]
    said = f"median {median:.2f} x over {len(costs)} statements, most {worst.ratio:.2f} x ({worst.name})"
    return Found(f"{said}; {len(wrong)} index conditions without tenant", wrong, median <= BAR)


def measure(servers: Servers, place: Place, tickets: int, rounds: int) -> list[Cost]:
    """Fill a database, copy it, and time each statement in turns on both."""
    walled = servers.clone("prove_walled")
    statements = _filled(servers, walled, place, tickets)
    servers.drop("prove_bare")
    roles.ensure_database(servers.superuser_url, "prove_bare", "prove_walled")
    bare = servers.database("prove_bare")
    try:
        with without_policies(bare):
            return list(_timed(walled, bare, statements, rounds, place.say))
    finally:
        servers.drop("prove_walled")
        servers.drop("prove_bare")


def _filled(servers: Servers, database: Database, place: Place, tickets: int) -> list[Statement]:
    app = create_app(settings(database, servers.redis(REDIS), place.folder))
    with app.app_context():
        bulk.fill(tickets, TENANTS, AT, lambda made: place.say(f"{made:,} tickets"))
        with psycopg.connect(roles.libpq(database.superuser_url), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        statements = [each for question in _questions() for each in _sent(question)]
        db.session.remove()
        db.engine.dispose()
    return statements


def _questions() -> list[Question]:
    with acting_as(GATE), transaction() as session:
        every = people.every_tenant(session)
        login = people.login_by_email(session, "bench0@desk.example")
    assert login is not None
    agent = Principal(Kind.STAFF, every, None, login.id, Role.AGENT, permissions=MAY[Role.AGENT])
    with acting_as(agent), transaction() as session:
        ticket = session.scalars(select(Ticket).order_by(Ticket.tenant_id.desc(), Ticket.id).limit(1)).one()
        contact = session.scalars(select(Contact).where(Contact.tenant_id == ticket.tenant_id).limit(1)).one()
    tenant, one = ticket.tenant_id, ticket.id
    client = Principal(Kind.CLIENT, frozenset({tenant}), tenant, 0, Role.CLIENT_ADMIN, contact.id)
    requester = Principal(Kind.CLIENT, frozenset({tenant}), tenant, 0, Role.REQUESTER, ticket.contact_id)
    all_of = sweep(every)
    return [
        *(
            Question(f"queue {view}", agent, lambda s, view=view: shelves.rows(s, agent, Shelf(view), AT), across=True)  # type: ignore[misc]
            for view in ("due", "mine", "unassigned", "waiting", "done")
        ),
        Question("queue of one client", agent, lambda s: shelves.rows(s, agent, Shelf("due", tenant), AT)),
        Question("counts of the queue", agent, lambda s: shelves.counts(s, agent), across=True),
        Question("a ticket", agent, lambda s: queries.ticket(s, tenant, ticket.number)),
        Question("its events", agent, lambda s: queries.events_of(s, tenant, one)),
        Question("its messages", agent, lambda s: queries.messages_of(s, tenant, one)),
        Question("its notes", agent, lambda s: queries.notes_of(s, tenant, one)),
        Question("its files", agent, lambda s: queries.attachments_of(s, tenant, one)),
        Question("its tags", agent, lambda s: queries.tags_of(s, tenant, one)),
        Question("search", agent, lambda s: lookup.tickets_holding(s, agent, "複合機")),
        Question("search of a client", agent, lambda s: lookup.tickets_holding(s, agent, "印刷", tenant)),
        Question("clients", agent, lambda s: desk.every_client(s, agent)),
        Question("people of a client", agent, lambda s: people.contacts_of(s, tenant)),
        Question("portal, company", client, lambda s: portal.page_of(s, client, True)),
        Question("portal, own", requester, lambda s: portal.page_of(s, requester, True)),
        Question("portal, a ticket", requester, lambda s: queries.client_ticket(s, requester, ticket.number)),
        Question("due promises", all_of, lambda s: queries.due_tickets(s, AT), across=True),
        Question("due work", all_of, lambda s: work.due_work(s, AT), across=True),
        Question("time on a ticket", agent, lambda s: entries_of_ticket(s, tenant, one)),
    ]


def _sent(question: Question) -> Iterator[Statement]:
    """The statements of one question, as they go over the wire."""
    sent: list[Statement] = []

    def note(_connection: Any, _cursor: Any, sql: str, given: Any, *_rest: Any) -> None:
        if sql.lstrip().startswith(("SELECT", "WITH")) and "set_config" not in sql:
            sent.append(Statement(question, sql, given))

    with _listening(note), acting_as(question.who), transaction() as session:
        question.ask(session)
    db.session.remove()
    return iter(sent)


@contextmanager
def _listening(note: Callable[..., None]) -> Iterator[None]:
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def _timed(
    walled: Database, bare: Database, statements: list[Statement], rounds: int, say: Callable[[str], None]
) -> Iterator[Cost]:
    urls = [roles.libpq(database.database_url) for database in (walled, bare)]
    with psycopg.connect(urls[0]) as one, psycopg.connect(urls[1]) as other:
        for statement in statements:
            say(statement.question.name)
            taken: tuple[list[float], list[float]] = ([], [])
            for connection in (one, other):
                connection.rollback()
                connection.execute(SETTINGS, settings_of(statement.question.who))
            for turn in range(rounds):
                for connection, times in list(zip((one, other), taken, strict=True))[:: 1 if turn % 2 else -1]:
                    begun = time.perf_counter()
                    connection.execute(statement.sql.encode(), statement.given).fetchall()
                    times.append(time.perf_counter() - begun)
            medians = [statistics.median(times) for times in taken]
            yield Cost(statement.question.name, medians[0], medians[1], list(_without_tenant(one, statement)))


def _without_tenant(connection: psycopg.Connection[Any], statement: Statement) -> Iterator[str]:
    """Index conditions on walled tables that ask for no tenant; what looks across all of them may."""
    if statement.question.across:
        return
    walled = set(tables(connection, walled=True))
    connection.execute("SET LOCAL enable_seqscan = off")  # a small table tempts to read it all
    row = connection.execute(f"EXPLAIN (FORMAT JSON) {statement.sql}".encode(), statement.given).fetchone()
    assert row is not None
    plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
    for node in _nodes(plan[0]["Plan"]):
        relation = node.get("Relation Name") or node.get("Index Name", "")
        ours = any(name in relation for name in walled)
        if ours and node["Node Type"] == "Seq Scan":
            yield f"reads all of {relation}"
        elif ours and "Index Cond" in node and "tenant_id" not in node["Index Cond"]:
            yield f"{node.get('Index Name')}: {node['Index Cond']}"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
