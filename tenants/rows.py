"""Statements the ORM scope cannot see, each checking the tenant itself: insert once, insert many, count up, claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CursorResult,
    Executable,
    String,
    Table,
    Text,
    Update,
    any_,
    bindparam,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import TypeEngine

from tenants.isolation import Model, Shared, Walled, check_tenant
from tenants.models import Counter


def insert_once(session: Session, model: type[Walled], values: Mapping[str, Any]) -> int | None:
    """Insert a row unless its unique key is taken. Returns the new id, or None where the row stood already."""
    check_tenant(values["tenant_id"])
    return cast("int | None", session.execute(_once(table_of(model)), values).scalar())


def insert_many(
    session: Session,
    model: type[Walled],
    rows: Sequence[Mapping[str, Any]],
    once: bool = False,
    *,
    same: Mapping[str, Any] = MappingProxyType({}),
) -> int:
    """Insert rows of one tenant in one statement; `same` is what they all say, the tenant too where it is there.

    `once` passes over those whose unique key is taken.
    """
    for row in [same] if "tenant_id" in same else rows:
        check_tenant(row["tenant_id"])
    if not rows:
        return 0
    statement = (
        passing(table_of(model), tuple(rows[0]), tuple(same))
        if once
        else inserting(table_of(model), tuple(rows[0]), tuple(same))
    )
    return _count(session, statement, {**_columns(rows), **same})


def insert_new(session: Session, model: type[Walled], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert the rows whose unique key is not taken yet; answers the ids of those that are new."""
    for row in rows:
        check_tenant(row["tenant_id"])
    if not rows:
        return []
    return list(session.scalars(_new(table_of(model), tuple(rows[0])), _columns(rows)))


def put_many(session: Session, model: type[Walled], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows by their primary key or write over what stands there otherwise, in one statement."""
    for row in rows:
        check_tenant(row["tenant_id"])
    if not rows:
        return
    session.execute(putting(table_of(model), tuple(rows[0])), _columns(rows))


def next_number(session: Session, tenant_id: int, name: str) -> int:
    """The next number people see, without gaps: the counter's row stays locked until the commit."""
    check_tenant(tenant_id)
    given = {"tenant_id": tenant_id, "name": name, "value": 1}
    return cast("int", session.execute(_counted_up(table_of(Counter)), given).scalar_one())


def claim(
    session: Session, model: type[Walled], tenant_id: int, where: Sequence[ColumnElement[bool]], **values: Any
) -> int:
    """Change the rows of one tenant that still meet the condition. Returns how many; 0 means somebody was faster."""
    check_tenant(tenant_id)
    table = table_of(model)
    statement = update(table).where(table.c.tenant_id == tenant_id, *where).values(**values)
    return _count(session, statement)


def change_many(session: Session, model: type[Model], tenant_id: int, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write these columns of rows of one tenant, each named by its `id`, in one statement. Returns how many.

    The ids stand there a second time so that no plan walks through all rows of the tenant to find these.
    """
    check_tenant(tenant_id)
    if not rows:
        return 0
    ids = [row["id"] for row in rows]
    these = {"of_tenant": tenant_id, "lowest": min(ids), "highest": max(ids), "these": ids}
    return _count(session, _change(table_of(model), tuple(rows[0])), these | _columns(rows, "new_"))


def set_shared_many(session: Session, model: type[Shared], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows of an unwalled table whose key is not taken, in one statement. Returns how many are new."""
    return _count(session, passing(table_of(model), tuple(rows[0])), _columns(rows)) if rows else 0


def set_shared_once(session: Session, model: type[Shared], values: Mapping[str, Any]) -> bool:
    """Insert a row of an unwalled table unless its key is taken. Returns whether it is new."""
    return _count(session, insert(table_of(model)).on_conflict_do_nothing(), values) == 1


@cache
def inserting(table: Table, names: tuple[str, ...], same: tuple[str, ...] = (), prefix: str = "") -> Insert:
    """One and the same statement for any number of rows, so that it is built, compiled and planned once."""
    told = [bindparam(name, type_=table.c[name].type) for name in same]
    return insert(table).from_select([*names, *same], select(*(_array(table, name, prefix) for name in names), *told))


@cache
def passing(table: Table, names: tuple[str, ...], same: tuple[str, ...] = (), prefix: str = "") -> Insert:
    return inserting(table, names, same, prefix).on_conflict_do_nothing()


@cache
def _new(table: Table, names: tuple[str, ...]) -> ReturningInsert[Any]:
    return passing(table, names).returning(table.c.id)


@cache
def _once(table: Table) -> ReturningInsert[Any]:
    return insert(table).on_conflict_do_nothing().returning([*table.primary_key.columns][-1])


@cache
def putting(table: Table, names: tuple[str, ...], same: tuple[str, ...] = (), prefix: str = "") -> Insert:
    """What stands there and says the same is not written again."""
    statement = inserting(table, names, same, prefix)
    keys = keys_of(table)
    fresh = {name: statement.excluded[name] for name in names if name not in keys}
    differs = tuple_(*(table.c[name] for name in fresh)).is_distinct_from(tuple_(*fresh.values()))
    return statement.on_conflict_do_update(index_elements=keys, set_=fresh, where=differs)


@cache
def _counted_up(table: Table) -> ReturningInsert[Any]:
    kept = insert(table).on_conflict_do_update(index_elements=["tenant_id", "name"], set_={"value": table.c.value + 1})
    return kept.returning(table.c.value)


@cache
def _change(table: Table, names: tuple[str, ...]) -> Update:
    given = select(*(_array(table, name, "new_").label(name) for name in names)).subquery()
    near = table.c.id.between(bindparam("lowest", type_=BigInteger), bindparam("highest", type_=BigInteger))
    these = table.c.id == any_(bindparam("these", type_=ARRAY(BigInteger)))
    mine = (table.c.tenant_id == bindparam("of_tenant", type_=BigInteger), table.c.id == given.c.id, near, these)
    return update(table).where(*mine).values({name: given.c[name] for name in names if name != "id"})


def keys_of(table: Table) -> list[str]:
    return [column.name for column in table.primary_key.columns]


def _array(table: Table, name: str, prefix: str = "") -> ColumnElement[Any]:
    return func.unnest(bindparam(f"{prefix}{name}", type_=ARRAY(_plain(table.c[name].type), dimensions=1)))


def _columns(rows: Sequence[Mapping[str, Any]], prefix: str = "") -> dict[str, Any]:
    """The rows as arrays, by the names `_array` asks for. An UPDATE takes a column's own name for what it writes."""
    return {f"{prefix}{name}": [row[name] for row in rows] for name in rows[0]}


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """An array's type says nothing of how its texts sort."""
    return Text() if isinstance(kind, String) else kind


def table_of(model: type[Any]) -> Table:
    return cast("Table", model.__table__)


def _count(session: Session, statement: Executable, given: Mapping[str, Any] | None = None) -> int:
    """How many rows a statement wrote; of an INSERT only kept when asked for."""
    kept = session.execute(statement, given, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", kept).rowcount
