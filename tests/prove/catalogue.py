"""The rules of the wall, read off the live schema alone: no model is asked what it meant to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from tenants.isolation import Shared, share, wall
from tests.prove.ground import tables
from tests.prove.statements import BESIDE_THE_WALL, MODELS, STAFF_ONLY

APPEND_ONLY = frozenset(name for name, model in MODELS.items() if getattr(model, "__append_only__", False))
POLICIES = (
    "SELECT policyname, permissive, cmd, roles::text, qual, with_check FROM pg_policies"
    " WHERE schemaname = 'public' AND tablename = %s ORDER BY 1"
)
UNIQUE = """
SELECT c.relname, i.indexrelid::regclass::text,
  coalesce((SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum = i.indkey[0]), '')
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace WHERE i.indisunique
"""
FOREIGN = """
SELECT c.relname, r.conname, f.relname,
  (SELECT attname FROM pg_attribute WHERE attrelid = r.conrelid AND attnum = r.conkey[1]),
  (SELECT attname FROM pg_attribute WHERE attrelid = r.confrelid AND attnum = r.confkey[1])
FROM pg_constraint r JOIN pg_class c ON c.oid = r.conrelid JOIN pg_class f ON f.oid = r.confrelid
WHERE r.contype = 'f' AND c.relnamespace = 'public'::regnamespace
"""
COUNTED = {
    "a view without security_invoker or a materialized view": """
SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND
  (relkind = 'm' OR (relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)))""",
    "a SECURITY DEFINER function": """
SELECT count(*) FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace""",
    "a native enum": "SELECT count(*) FROM pg_type WHERE typtype = 'e'",
    "a right too many of the role": """
SELECT count(*) FROM pg_roles WHERE rolname = 'msp_app'
  AND (rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication)""",
    "something the role owns": "SELECT count(*) FROM pg_class WHERE relowner = 'msp_app'::regrole",
    "a role that it is a member of": "SELECT count(*) FROM pg_auth_members WHERE member = 'msp_app'::regrole",
    "CREATE on the schema": "SELECT has_schema_privilege('msp_app', 'public', 'CREATE')::int",
    "a right of everybody": """
SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = 'PUBLIC' AND table_schema = 'public'""",
}


def findings(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """Everything on the live schema that breaks a rule of the wall (safety.md 1). As superuser or owner."""
    yield from _walls(connection)
    yield from _policies(connection)
    yield from _keys(connection)
    yield from _grants(connection)
    for what, question in COUNTED.items():
        if _one(connection, question):
            yield what


def _walls(connection: psycopg.Connection[Any]) -> Iterator[str]:
    rows = connection.execute(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'"
    ).fetchall()
    for name, enabled, forced in rows:
        if not (enabled and forced):
            yield f"{name} does not force its policies"
        if name not in MODELS:
            yield f"{name} belongs to no model"
    named = connection.execute(
        "SELECT table_name, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'tenant_id'"
    ).fetchall()
    yield from (
        f"{name}.tenant_id may be empty" for name, empty in named if empty == "YES" and name not in BESIDE_THE_WALL
    )
    have = {name for name, _ in named}
    yield from (f"{name} has no tenant" for name in MODELS if name not in BESIDE_THE_WALL and name not in have)


def _policies(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """Each table's policies against those that wall() and share() make, as the database itself prints them."""
    wanted: dict[object, Any] = {}
    for name in tables(connection):
        model = MODELS.get(name)
        if model is None:
            continue
        shared = issubclass(model, Shared)
        kind: object = (model.__open_to__, model.__about__) if shared else name in STAFF_ONLY
        if kind not in wanted:
            made = (
                share("rule_probe", model.__open_to__, about=model.__about__)
                if shared
                else wall("rule_probe", staff_only=bool(kind))
            )
            with connection.transaction(force_rollback=True):
                connection.execute("CREATE TABLE rule_probe (tenant_id bigint, about_tenant bigint)")
                for statement in made:
                    connection.execute(statement.encode())
                wanted[kind] = connection.execute(POLICIES, ("rule_probe",)).fetchall()
        if connection.execute(POLICIES, (name,)).fetchall() != wanted[kind]:
            yield f"{name} has other policies than its kind"


def _keys(connection: psycopg.Connection[Any]) -> Iterator[str]:
    for table, index, first in connection.execute(UNIQUE).fetchall():
        if table in MODELS and table not in BESIDE_THE_WALL and first != "tenant_id":
            yield f"the unique {index} of {table} does not begin with the tenant"
    have = set()
    for table, name, target, column, referred in connection.execute(FOREIGN).fetchall():
        have.add((table, target))
        walled = table not in BESIDE_THE_WALL and target not in BESIDE_THE_WALL
        if walled and (column, referred) != ("tenant_id", "tenant_id"):
            yield f"{name} of {table} lets a row point into another tenant"
    for table, model in MODELS.items():
        for key in model.__table__.foreign_key_constraints:
            if (table, key.referred_table.name) not in have:
                yield f"{table} does not hold on to {key.referred_table.name}"


def _grants(connection: psycopg.Connection[Any]) -> Iterator[str]:
    rows = connection.execute(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = 'msp_app' AND table_schema = 'public'"
    ).fetchall()
    for table, right in rows:
        if right not in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
            yield f"msp_app may {right} {table}"
        if table in APPEND_ONLY and right in {"UPDATE", "DELETE"}:
            yield f"msp_app may {right} {table}, which only grows"


def _one(connection: psycopg.Connection[Any], question: str) -> int:
    row = connection.execute(question.encode()).fetchone()
    return int(row[0]) if row else 0
