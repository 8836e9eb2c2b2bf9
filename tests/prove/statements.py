"""Generated SQL under random principals: what the database itself gives away or lets change, without our code."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from msp.serve import roles
from tenants.isolation import SETTINGS, Base, Shared, Walled, settings_of
from tenants.rules import Kind, Principal
from tests.prove.ground import Ground
from tests.prove.judge import marks, secrets
from tests.prove.marked import COMPANIES, canary
from tests.prove.shapes import Catalogue, Table, statement

GATES = (Kind.STAFF, Kind.CLIENT, Kind.SYSTEM, Kind.GATE)
PER_PRINCIPAL = 40
SWEPT = PER_PRINCIPAL * 250
"""After so many statements what was undone is swept out: each next one would read past it."""
MODELS = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
BESIDE_THE_WALL = frozenset(name for name, model in MODELS.items() if issubclass(model, Shared))
STAFF_ONLY = frozenset(name for name, model in MODELS.items() if issubclass(model, Walled) and model.__staff_only__)
CATALOGUE = """
SELECT c.relname, array_agg(a.attname::text ORDER BY attnum),
  array_agg(format_type(atttypid, atttypmod) ORDER BY attnum)
FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
GROUP BY 1 ORDER BY 1
"""


@dataclass(slots=True)
class Tried:
    """How many statements of each gate were tried, how many brought rows or changed some, and what was wrong."""

    statements: int = 0
    answered: int = 0
    changed: int = 0
    wrong: list[str] = field(default_factory=list)


def catalogue(ground: Ground) -> Catalogue:
    """The tables and their columns, as the database knows them."""
    with psycopg.connect(roles.libpq(ground.database.superuser_url)) as connection:
        rows = connection.execute(CATALOGUE).fetchall()
    tenants = tuple(ground.id_of(key) for key in (*COMPANIES, "DESK"))
    return Catalogue([Table(name, dict(zip(columns, types, strict=True))) for name, columns, types in rows], tenants)


def principal(chance: random.Random, kind: Kind, tenants: tuple[int, ...]) -> Principal:
    """Somebody of this kind: staff of some or all, a client of one, a job of one or a sweep, or the gate."""
    if kind is Kind.GATE:
        return Principal(kind)
    seen = frozenset(chance.sample(tenants, 1 if kind is Kind.CLIENT else chance.randint(1, len(tenants))))
    return Principal(kind, seen, chance.choice([None, *seen]) if kind is not Kind.CLIENT else min(seen))


def run(ground: Ground, per_gate: int, seed: int, say: Callable[[str], None]) -> Tried:
    """So many statements for each kind of session, each as `msp_app` and undone at once."""
    chance = random.Random(seed)  # noqa: S311 - chance, no secret
    tried, known = Tried(), catalogue(ground)
    with (
        psycopg.connect(roles.libpq(ground.database.database_url), autocommit=True) as connection,
        psycopg.connect(roles.libpq(ground.database.superuser_url), autocommit=True) as broom,
    ):
        for kind in GATES:
            for number in range(0, per_gate, PER_PRINCIPAL):
                if number % (PER_PRINCIPAL * 25) == 0:
                    say(f"{kind}: {number:,} of {per_gate:,} statements")
                if number % SWEPT == 0:
                    broom.execute("VACUUM")
                who = principal(chance, kind, known.tenants)
                for sql in (statement(chance, known) for _ in range(min(PER_PRINCIPAL, per_gate - number))):
                    tried.statements += 1
                    _try(connection, ground, who, sql, tried)
    return tried


def _try(connection: psycopg.Connection[Any], ground: Ground, who: Principal, sql: str, tried: Tried) -> None:
    """One statement in a transaction of its own that is rolled back."""
    unseen = [key for key in COMPANIES if ground.id_of(key) not in who.tenants]
    told = {canary(key) for key in unseen}
    if who.kind in (Kind.STAFF, Kind.CLIENT):
        told |= {word for key in unseen for word in marks(key)}  # addresses stand in the gate's tables
    if who.kind is Kind.CLIENT:
        told |= {word for key in COMPANIES for word in secrets(key)}
    with connection.transaction(force_rollback=True), connection.cursor() as cursor:
        cursor.execute(SETTINGS, settings_of(who))
        try:
            brought = "\n".join(_run(cursor, sql))
            touched = cursor.execute("SELECT DISTINCT relation, tenant_id FROM watch.touched").fetchall()
        except psycopg.Error as refused:
            brought, touched = f"{refused} {refused.diag.message_detail or ''}", []
        else:
            tried.answered += bool(brought)
            tried.changed += bool(touched)
    brought = brought.lower()
    tried.wrong += [f"{_said(who)}: {sql}: told {word}" for word in sorted(told) if word in brought]
    for relation, tenant_id in touched:
        open_to = getattr(MODELS.get(relation), "__open_to__", ())
        right = who.kind in open_to if relation in BESIDE_THE_WALL else tenant_id == who.tenant
        if not right or (relation in STAFF_ONLY and who.kind is Kind.CLIENT):
            tried.wrong.append(f"{_said(who)}: {sql}: changed {relation} of {tenant_id}")


def _run(cursor: psycopg.Cursor[Any], sql: str) -> Iterator[str]:
    """Everything the statement brings, as text."""
    if sql.startswith("COPY"):
        with cursor.copy(sql.encode()) as copy:
            if "FROM STDIN" in sql:
                return
            for block in copy:
                yield bytes(block).decode(errors="replace")
        return
    cursor.execute(sql.encode())
    if cursor.description is not None:
        for row in cursor.fetchmany(200):
            yield " ".join(map(str, row))


def _said(who: Principal) -> str:
    return f"{who.kind} seeing {sorted(who.tenants)} writing {who.tenant}"
