"""What every table keeps to, read off the live schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, pool

from migrations.environment.models import metadata
from msp.serve import roles
from msp.serve.schema import configuration
from tenants.isolation import Base, Shared, Walled, share, wall
from tests.services import Database, Servers

MODELS = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
WALLED = {name for name, model in MODELS.items() if issubclass(model, Walled)}
SHARED = set(MODELS) - WALLED


@pytest.fixture(scope="module")
def catalogue(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(roles.libpq(database.owner_url)) as connection:
        yield connection


def test_unwalled_tables_are_a_short_list_with_reasons() -> None:
    assert SHARED
    assert all(issubclass(MODELS[name], Shared) and MODELS[name].__why__ for name in SHARED)
    assert {name for name in SHARED if "tenant_id" in MODELS[name].__table__.c} == {
        "access", "address", "domain", "reply_address", "series_link",
    }  # fmt: skip


def test_every_table_forces_its_policies(catalogue: psycopg.Connection[Any]) -> None:
    rows = catalogue.execute(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
        " WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    assert {name for name, on, forced in rows if not (on and forced)} == {"alembic_version"}
    assert {name for name, *_ in rows} - {"alembic_version"} == set(MODELS)


@pytest.fixture(scope="module")
def as_written(catalogue: psycopg.Connection[Any]) -> dict[tuple[str, ...], Any]:
    """How the database itself prints the policies of wall() and share(), off tables that are made for it."""
    probes: dict[tuple[str, ...], Callable[[str], list[str]]] = {
        ("walled",): wall,
        ("staff",): partial(wall, staff_only=True),
    }
    for model in MODELS.values():
        if issubclass(model, Shared):
            probes[_kind_of(model)] = partial(share, open_to=model.__open_to__, about=model.__about__)
    printed: dict[tuple[str, ...], Any] = {}
    for number, (key, statements) in enumerate(probes.items()):
        table = f"law_probe_{number}"
        catalogue.execute(f"CREATE TABLE {table} (tenant_id bigint, about_tenant bigint)")
        for statement in statements(table):
            catalogue.execute(statement)
        printed[key] = _policies(catalogue, table)
    catalogue.rollback()
    return printed


@pytest.mark.parametrize("table", sorted(MODELS))
def test_every_table_has_the_policies_of_its_kind(
    catalogue: psycopg.Connection[Any], as_written: dict[tuple[str, ...], Any], table: str
) -> None:
    model = MODELS[table]
    if issubclass(model, Shared):
        assert _policies(catalogue, table) == as_written[_kind_of(model)]
    else:
        assert _policies(catalogue, table) == as_written[("staff",) if model.__staff_only__ else ("walled",)]


def _kind_of(model: type[Shared]) -> tuple[str, ...]:
    return (*model.__open_to__, model.__about__ or "")


def _policies(catalogue: psycopg.Connection[Any], table: str) -> list[Any]:
    return catalogue.execute(
        "SELECT policyname, permissive, cmd, qual, with_check FROM pg_policies WHERE tablename = %s ORDER BY 1",
        (table,),
    ).fetchall()


def test_every_key_of_a_walled_table_begins_with_the_tenant() -> None:
    """So that the schema can be distributed by it, and no key can cross (safety.md 1)."""
    wrong = []
    for name in sorted(WALLED):
        table = MODELS[name].__table__
        keys = [tuple(column.name for column in table.primary_key.columns)]
        keys += [tuple(c.name for c in index.columns) for index in table.indexes if index.unique]
        for constraint in table.constraints:
            columns = tuple(column.name for column in getattr(constraint, "columns", ()))
            if type(constraint).__name__ == "UniqueConstraint":
                keys.append(columns)
            if type(constraint).__name__ == "ForeignKeyConstraint":
                target = next(iter(constraint.elements)).column.table.name
                if target in WALLED:
                    keys.append(columns)
                elif target not in SHARED:
                    wrong.append(f"{name} -> {target}")
        wrong += [f"{name}{key}" for key in keys if key[0] != "tenant_id"]
    assert wrong == []


def test_the_application_owns_nothing_and_may_do_nothing_else(catalogue: psycopg.Connection[Any]) -> None:
    role = catalogue.execute(
        "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'msp_app'"
    ).fetchone()
    assert role == (False, False, False, False)
    owned = catalogue.execute("SELECT count(*) FROM pg_class WHERE relowner = 'msp_app'::regrole").fetchone()
    assert owned == (0,)
    rights = catalogue.execute(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = 'msp_app'"
    ).fetchall()
    assert {right for _, right in rights} <= {"SELECT", "INSERT", "UPDATE", "DELETE"}
    fixed = {name for name, model in MODELS.items() if model.__append_only__}
    assert {table for table, right in rights if table in fixed and right in {"UPDATE", "DELETE"}} == set()
    assert not catalogue.execute("SELECT has_schema_privilege('msp_app', 'public', 'CREATE')").fetchone()[0]  # type: ignore[index]


def test_no_view_function_or_type_opens_a_hole(catalogue: psycopg.Connection[Any]) -> None:
    views = catalogue.execute(
        "SELECT count(*) FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
    ).fetchone()
    assert views == (0,)
    definers = catalogue.execute(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    ).fetchall()
    assert definers == []
    enums = catalogue.execute("SELECT count(*) FROM pg_type WHERE typtype = 'e'").fetchone()
    assert enums == (0,)


def test_migrations_are_numbered_and_have_one_head() -> None:
    script = ScriptDirectory.from_config(configuration("postgresql://nowhere"))
    chain = [revision.revision for revision in script.walk_revisions()][::-1]
    assert chain == [f"{number:04}" for number in range(1, len(chain) + 1)]


def test_the_schema_goes_up_down_and_up_and_equals_the_models(servers: Servers, run: Any) -> None:
    name = f"updown_{run.number}"
    empty = servers.empty(name)
    settings = configuration(empty.owner_url)
    command.upgrade(settings, "head")
    command.downgrade(settings, "base")
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    command.upgrade(settings, "head")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    servers.drop(name)
