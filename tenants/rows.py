"""Statements the ORM scope cannot see, each checking the tenant itself: insert once, insert many, count up, claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    CursorResult,
    Executable,
    String,
    Table,
    Text,
    bindparam,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from tenants.isolation import Model, Shared, Walled, check_tenant, within
from tenants.models import Counter


def insert_once(session: Session, model: type[Walled], values: Mapping[str, Any]) -> int | None:
    """Insert a row unless its unique key is taken. Returns the new id, or None where the row stood already."""
    check_tenant(values["tenant_id"])
    table = _table(model)
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(table.c[_last_key(model)])
    return cast("int | None", session.execute(statement).scalar())


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
    statement = _insert(_table(model), rows, same)
    if once:
        statement = statement.on_conflict_do_nothing()
    return _count(session, statement)


def insert_new(session: Session, model: type[Walled], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert the rows whose unique key is not taken yet; answers the ids of those that are new."""
    for row in rows:
        check_tenant(row["tenant_id"])
    if not rows:
        return []
    table = _table(model)
    statement = _insert(table, rows).on_conflict_do_nothing().returning(table.c.id)
    return list(session.scalars(statement))


def put_many(session: Session, model: type[Walled], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows by their primary key or write over what stands there otherwise, in one statement."""
    for row in rows:
        check_tenant(row["tenant_id"])
    if not rows:
        return
    table = _table(model)
    keys = [column.name for column in table.primary_key.columns]
    statement = _insert(table, rows)
    fresh = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    differs = tuple_(*(table.c[name] for name in fresh)).is_distinct_from(tuple_(*fresh.values()))
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=fresh, where=differs))


def next_number(session: Session, tenant_id: int, name: str) -> int:
    """The next number people see, without gaps: the counter's row stays locked until the commit."""
    check_tenant(tenant_id)
    table = _table(Counter)
    statement = (
        insert(table)
        .values(tenant_id=tenant_id, name=name, value=1)
        .on_conflict_do_update(index_elements=["tenant_id", "name"], set_={"value": table.c.value + 1})
        .returning(table.c.value)
    )
    return cast("int", session.execute(statement).scalar_one())


def claim(
    session: Session, model: type[Walled], tenant_id: int, where: Sequence[ColumnElement[bool]], **values: Any
) -> int:
    """Change the rows of one tenant that still meet the condition. Returns how many; 0 means somebody was faster."""
    check_tenant(tenant_id)
    table = _table(model)
    statement = update(table).where(table.c.tenant_id == tenant_id, *where).values(**values)
    return _count(session, statement)


def change_many(session: Session, model: type[Model], tenant_id: int, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write these columns of rows of one tenant, each named by its `id`, in one statement. Returns how many.

    The ids stand there a second time so that no plan walks through all rows of the tenant to find these.
    """
    check_tenant(tenant_id)
    if not rows:
        return 0
    table = _table(model)
    given = select(*(func.unnest(_array(table, name, rows)).label(name) for name in rows[0])).subquery()
    fresh = {name: given.c[name] for name in rows[0] if name != "id"}
    ids = [row["id"] for row in rows]
    mine = (table.c.tenant_id == tenant_id, table.c.id == given.c.id, within(table.c.id, ids))
    return _count(session, update(table).where(*mine).values(fresh))


def set_shared_many(session: Session, model: type[Shared], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows of an unwalled table whose key is not taken, in one statement. Returns how many are new."""
    return _count(session, _insert(_table(model), rows).on_conflict_do_nothing()) if rows else 0


def set_shared_once(session: Session, model: type[Shared], values: Mapping[str, Any]) -> bool:
    """Insert a row of an unwalled table unless its key is taken. Returns whether it is new."""
    statement = insert(_table(model)).values(**values).on_conflict_do_nothing()
    return _count(session, statement) == 1


def _insert(table: Table, rows: Sequence[Mapping[str, Any]], same: Mapping[str, Any] = MappingProxyType({})) -> Insert:
    """One and the same statement for any number of rows, so that it is compiled and planned once."""
    arrays = [func.unnest(_array(table, name, rows)) for name in rows[0]]
    told = [bindparam(None, value, type_=table.c[name].type, unique=True) for name, value in same.items()]
    return insert(table).from_select([*rows[0], *same], select(*arrays, *told))


def _array(table: Table, name: str, rows: Sequence[Mapping[str, Any]]) -> BindParameter[Any]:
    return bindparam(
        None, [row[name] for row in rows], type_=ARRAY(_plain(table.c[name].type), dimensions=1), unique=True
    )


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """An array's type says nothing of how its texts sort."""
    return Text() if isinstance(kind, String) else kind


def _table(model: type[Any]) -> Table:
    return cast("Table", model.__table__)


def _last_key(model: type[Walled]) -> str:
    return [column.name for column in _table(model).primary_key.columns][-1]


def _count(session: Session, statement: Executable) -> int:
    """How many rows a statement wrote; of an INSERT only kept when asked for."""
    kept = session.execute(statement, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", kept).rowcount
