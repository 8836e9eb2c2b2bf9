"""Statements of all shapes over the tables of the catalogue, some of them meant to go round the policies."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

ABOVE = 5000


@dataclass(frozen=True, slots=True)
class Table:
    """A table and the types of its columns."""

    name: str
    columns: dict[str, str]

    @property
    def walled(self) -> bool:
        return "tenant_id" in self.columns


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What statements are made of."""

    tables: list[Table]
    tenants: tuple[int, ...]


def statement(chance: random.Random, known: Catalogue) -> str:
    """One statement. Many are refused; none may bring or change what is another tenant's."""
    return chance.choice(SHAPES)(chance, known)


def _plain(chance: random.Random, known: Catalogue) -> str:
    a = chance.choice(known.tables)
    columns = chance.choice(("*", "a::text", "row_to_json(a)", "to_jsonb(a)", _column(chance, a), "ctid, xmin, a.*"))
    end = chance.choice(("", " ORDER BY 1", " OFFSET 0", " FOR UPDATE", " FOR SHARE SKIP LOCKED", " TABLESAMPLE"))
    if end == " TABLESAMPLE":
        return f"SELECT {columns} FROM {a.name} a TABLESAMPLE SYSTEM (100)"
    return f"SELECT {columns} FROM {a.name} a WHERE {_condition(chance, known, a)}{end}"


def _join(chance: random.Random, known: Catalogue) -> str:
    a, b = chance.choice(known.tables), chance.choice(known.tables)
    kind = chance.choice(("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"))
    shared = [name for name in a.columns if name in b.columns and name != "tenant_id"]
    name = chance.choice(shared) if shared else ""
    on = f"a.{name}::text = b.{name}::text" if name else "true"
    if kind == "FULL JOIN" and not name:
        kind = "LEFT JOIN"
    return f"SELECT a::text, b::text FROM {a.name} a {kind} {b.name} b ON {on} LIMIT 100"


def _nested(chance: random.Random, known: Catalogue) -> str:
    a, b = chance.choice(known.tables), chance.choice(known.tables)
    return chance.choice(
        (
            f"SELECT (SELECT string_agg(b::text, ' ') FROM {b.name} b), count(*) FROM {a.name} a",
            f"SELECT * FROM {a.name} a, LATERAL (SELECT b::text FROM {b.name} b LIMIT 5) l LIMIT 100",
            f"SELECT a::text FROM {a.name} a"
            f" WHERE EXISTS (SELECT FROM {b.name} b WHERE {_condition(chance, known, b, 'b')})",
            f"SELECT a::text FROM {a.name} a UNION ALL SELECT b::text FROM {b.name} b",
            f"SELECT a::text FROM {a.name} a EXCEPT SELECT b::text FROM {b.name} b",
            f"SELECT json_agg(a), max(a::text), array_agg(a::text) FROM {a.name} a",
            f"SELECT first_value(a::text) OVER (ORDER BY a::text), lag(a::text) OVER () FROM {a.name} a",
            f"SELECT a::text FROM ONLY {a.name} a GROUP BY ROLLUP (a::text)",
        )
    )


def _with(chance: random.Random, known: Catalogue) -> str:
    a, b = chance.choice(known.tables), chance.choice(known.tables)
    kept = chance.choice(("", "MATERIALIZED ", "NOT MATERIALIZED "))
    return chance.choice(
        (
            f"WITH c AS {kept}(SELECT * FROM {a.name}) SELECT c::text FROM c WHERE {_condition(chance, known, a, 'c')}",
            f"WITH c AS (DELETE FROM {a.name} RETURNING *) SELECT c::text FROM c",
            f"WITH RECURSIVE c(x, n) AS (SELECT a::text, 1 FROM {a.name} a UNION ALL"
            f" SELECT b::text, n + 1 FROM c, {b.name} b WHERE n < 2) SELECT * FROM c LIMIT 200",
            f"WITH c AS (UPDATE {a.name} SET {_assign(chance, known, a)} RETURNING *) SELECT c::text FROM c",
        )
    )


def _function(chance: random.Random, known: Catalogue) -> str:
    a = chance.choice(known.tables)
    return chance.choice(
        (
            f"SELECT query_to_xml('SELECT * FROM {a.name}', true, true, '')",
            f"SELECT table_to_xml('{a.name}', true, true, '')",
            "SELECT schema_to_xml('public', true, true, '')" if chance.random() < 0.02 else f"TABLE {a.name}",
            f"SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats WHERE tablename = '{a.name}'",
            f"SELECT stavalues1::text FROM pg_statistic WHERE starelid = '{a.name}'::regclass",
            "SELECT query FROM pg_stat_activity",
            f"SELECT ts_stat('SELECT to_tsvector(a::text) FROM {a.name} a')",
            f"SELECT cursor_to_xml('{a.name}', 10, true, true, '')",
            f"SELECT pg_read_file(pg_relation_filepath('{a.name}'))",
            f"SELECT currval(pg_get_serial_sequence('{a.name}', 'id'))",
        )
    )


def _provoke(chance: random.Random, known: Catalogue) -> str:
    """An error that would name a value, if the condition ran before the policy."""
    a = chance.choice(known.tables)
    column = _column(chance, a)
    return chance.choice(
        (
            f"SELECT count(*) FROM {a.name} a WHERE (a.{column}::text || ' ')::xml IS NULL",
            f"SELECT count(*) FROM {a.name} a WHERE (a::text)::int > 0",
            f"SELECT 1 FROM {a.name} a WHERE a.{column}::text::date > now() OR 1 / (length(a.{column}::text) - 12) > 1",
            f"SELECT count(*) FROM {a.name} a WHERE ('x' || a.{column}::text)::regclass IS NOT NULL",
        )
    )


def _copy(chance: random.Random, known: Catalogue) -> str:
    a = chance.choice(known.tables)
    return chance.choice(
        (
            f"COPY {a.name} TO STDOUT",
            f"COPY (SELECT * FROM {a.name}) TO STDOUT WITH (FORMAT csv)",
            f"COPY (DELETE FROM {a.name} RETURNING *) TO STDOUT",
            f"COPY {a.name} FROM STDIN",
        )
    )


def _insert(chance: random.Random, known: Catalogue) -> str:
    a = chance.choice(known.tables)
    names = list(a.columns)
    values = [_copied(chance, known, a, name) for name in names]
    end = chance.choice(("", " ON CONFLICT DO NOTHING", " RETURNING *", ""))
    columns = ", ".join(names)
    return (
        f"INSERT INTO {a.name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {', '.join(values)} FROM {a.name} a{end}"
        if chance.random() < 0.8
        else f"INSERT INTO {a.name} DEFAULT VALUES{end}"
    )


def _update(chance: random.Random, known: Catalogue) -> str:
    a, b = chance.choice(known.tables), chance.choice(known.tables)
    where = chance.choice(("", f" WHERE {_condition(chance, known, a)}"))
    if chance.random() < 0.2:
        return f"UPDATE {a.name} a SET {_assign(chance, known, a)} FROM {b.name} b"
    return f"UPDATE {a.name} a SET {_assign(chance, known, a)}{where}{chance.choice(('', ' RETURNING *'))}"


def _delete(chance: random.Random, known: Catalogue) -> str:
    a, b = chance.choice(known.tables), chance.choice(known.tables)
    return chance.choice(
        (
            f"DELETE FROM {a.name}",
            f"DELETE FROM {a.name} a WHERE {_condition(chance, known, a)} RETURNING *",
            f"DELETE FROM {a.name} a USING {b.name} b",
            f"MERGE INTO {a.name} a USING {b.name} b ON true WHEN MATCHED THEN DELETE",
            f"MERGE INTO {a.name} a USING (SELECT 1) s ON true"
            f" WHEN MATCHED THEN UPDATE SET {_assign(chance, known, a)}",
        )
    )


def _around(chance: random.Random, known: Catalogue) -> str:
    a = chance.choice(known.tables)
    return chance.choice(
        (
            f"TRUNCATE {a.name} CASCADE",
            f"ALTER TABLE {a.name} DISABLE ROW LEVEL SECURITY",
            f"DROP POLICY see ON {a.name}",
            f"CREATE POLICY all_ ON {a.name} USING (true)",
            f"CREATE VIEW v AS SELECT * FROM {a.name}",
            f"CREATE TABLE public.t AS SELECT * FROM {a.name}",
            f"CREATE TEMPORARY TABLE t AS SELECT * FROM {a.name}",
            f"GRANT ALL ON {a.name} TO PUBLIC",
            "SET LOCAL ROLE msp_owner",
            "SET LOCAL SESSION AUTHORIZATION postgres",
            "ALTER ROLE msp_app BYPASSRLS",
            f"LOCK TABLE {a.name} IN ACCESS EXCLUSIVE MODE NOWAIT",
            f"CREATE TRIGGER t BEFORE INSERT ON {a.name} EXECUTE FUNCTION watch.see()",
            f"EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM {a.name}",
            f"DO $$ BEGIN DELETE FROM {a.name}; END $$",
        )
    )


def _column(chance: random.Random, a: Table) -> str:
    return chance.choice(list(a.columns))


def _condition(chance: random.Random, known: Catalogue, a: Table, alias: str = "a") -> str:
    column = _column(chance, a)
    choices = [
        "true",
        f"{alias}.{column} IS NOT NULL",
        f"{alias}::text LIKE '%canary%'",
        f"length({alias}.{column}::text) >= 0",
    ]
    if a.walled:
        choices += [
            f"{alias}.tenant_id = {chance.choice(known.tenants)}",
            f"{alias}.tenant_id = {chance.choice(known.tenants)} OR true",
            f"{alias}.tenant_id <> {chance.choice(known.tenants)}",
        ]
    return chance.choice(choices)


def _assign(chance: random.Random, known: Catalogue, a: Table) -> str:
    if a.walled and chance.random() < 0.3:
        return f"tenant_id = {chance.choice(known.tenants)}"
    column = _column(chance, a)
    return f"{column} = {column}" if column not in {"id"} else f"id = id + {ABOVE}"


def _copied(chance: random.Random, known: Catalogue, a: Table, name: str) -> str:
    """A column of a copied row: another tenant, another key, or as it was."""
    if name == "tenant_id" and chance.random() < 0.7:
        return str(chance.choice(known.tenants))
    kind = a.columns[name]
    if name in {"id", "number", "place", "value"} and kind in {"bigint", "integer"}:
        return f"a.{name} + {ABOVE}"
    if name in {"key", "token", "name", "mail_id"} and kind.startswith(("text", "character")):
        return f"a.{name} || 'x'"
    return f"a.{name}"


SHAPES: tuple[Callable[[random.Random, Catalogue], str], ...] = (
    _plain, _plain, _plain, _join, _join, _nested, _nested, _with, _function, _provoke, _copy,
    _insert, _insert, _update, _update, _delete, _around,
)  # fmt: skip
