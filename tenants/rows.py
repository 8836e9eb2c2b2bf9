"""Statements the ORM scope cannot see, each checking the tenant itself: insert once, insert many, count up, claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    CursorResult,
    DateTime,
    Executable,
    Integer,
    String,
    Table,
    TableValuedAlias,
    Text,
    Update,
    any_,
    bindparam,
    column,
    func,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.util import identity_key
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import TypeEngine

from tenants.given import Rows
from tenants.isolation import Drawn, Model, Shared, Walled, check_tenant
from tenants.models import Counter

Of = TypeVar("Of", bound=Walled)


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
    return _count(session, statement, {"rows": rows, **same})


def insert_new(session: Session, model: type[Walled], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert the rows whose unique key is not taken yet; answers the ids of those that are new."""
    for row in rows:
        check_tenant(row["tenant_id"])
    if not rows:
        return []
    return list(session.scalars(_new(table_of(model), tuple(rows[0])), {"rows": rows}))


def put_many(session: Session, model: type[Walled], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows by their primary key or write over what stands there otherwise, in one statement."""
    for row in rows:
        check_tenant(row["tenant_id"])
    if not rows:
        return
    session.execute(putting(table_of(model), tuple(rows[0])), {"rows": rows})


def next_number(session: Session, tenant_id: int, name: str) -> int:
    """The next number people see, without gaps: the counter's row stays locked until the commit."""
    return numbered_and_drawn(session, tenant_id, name)[0]


def numbered_and_drawn(session: Session, tenant_id: int, name: str, *models: type[Drawn]) -> tuple[int, ...]:
    """`next_number`, and behind it an id for a row of each model; one statement."""
    check_tenant(tenant_id)
    given = {"tenant_id": tenant_id, "name": name, "value": 1}
    return tuple(session.execute(_counted_up(table_of(Counter), models), given).one())


def told_whole(model: type[Walled]) -> ColumnElement[Any]:
    """A row as one value, of which `as_read` makes an object: what the driver does for each column adds up."""
    return func.json_build_array(*(getattr(model, name) for name in _readers(model)))


def as_read(session: Session, model: type[Of], values: Sequence[Any]) -> Of:
    """An object of a row that was asked for as `told_whole`, as if SQLAlchemy itself had read it just now."""
    row = model()
    for (name, read), value in zip(_readers(model).items(), values, strict=True):
        row.__dict__[name] = read(value) if read is not None and value is not None else value
    make_transient_to_detached(row)
    before = session.identity_map.get(identity_key(instance=row))
    if before is not None:
        session.expunge(before)
    session.add(row)
    return row


def drawn(model: type[Drawn]) -> ColumnElement[int]:
    """An id for a row that is not written yet. What is rolled back leaves a gap."""
    return func.nextval(literal_column(f"'{table_of(model).name}_id_seq'"), type_=BigInteger)


def draw(session: Session, model: type[Drawn]) -> int:
    """`drawn`, asked by itself."""
    return cast("int", session.scalar(select(drawn(model))))


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
    return _count(session, _change(table_of(model), tuple(rows[0])), these | {"rows": rows})


def set_shared_many(session: Session, model: type[Shared], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows of an unwalled table whose key is not taken, in one statement. Returns how many are new."""
    return _count(session, passing(table_of(model), tuple(rows[0])), {"rows": rows}) if rows else 0


def set_shared_once(session: Session, model: type[Shared], values: Mapping[str, Any]) -> bool:
    """Insert a row of an unwalled table unless its key is taken. Returns whether it is new."""
    return _count(session, insert(table_of(model)).on_conflict_do_nothing(), values) == 1


@cache
def inserting(table: Table, names: tuple[str, ...], same: tuple[str, ...] = (), prefix: str = "") -> Insert:
    """One and the same statement for any number of rows, so that it is built, compiled and planned once."""
    told = [bindparam(name, type_=table.c[name].type) for name in same]
    rows = given_rows(table, names, prefix)
    return insert(table).from_select([*names, *same], select(*(rows.c[name] for name in names), *told))


def given_rows(table: Table, names: tuple[str, ...], prefix: str = "") -> TableValuedAlias:
    """The columns of rows that come as one parameter, `rows` behind the prefix."""
    rows = func.json_to_recordset(bindparam(f"{prefix}rows", type_=Rows()))
    columns = [column(name, _plain(table.c[name].type)) for name in names]
    return rows.table_valued(*columns).render_derived(name=f"{prefix}given", with_types=True)


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
def _counted_up(table: Table, models: tuple[type[Drawn], ...]) -> ReturningInsert[Any]:
    kept = insert(table).on_conflict_do_update(index_elements=["tenant_id", "name"], set_={"value": table.c.value + 1})
    return kept.returning(table.c.value, *(drawn(model) for model in models))


@cache
def _change(table: Table, names: tuple[str, ...]) -> Update:
    given = given_rows(table, names)
    near = table.c.id.between(bindparam("lowest", type_=BigInteger), bindparam("highest", type_=BigInteger))
    these = table.c.id == any_(bindparam("these", type_=ARRAY(BigInteger)))
    mine = (table.c.tenant_id == bindparam("of_tenant", type_=BigInteger), table.c.id == given.c.id, near, these)
    return update(table).where(*mine).values({name: given.c[name] for name in names if name != "id"})


def keys_of(table: Table) -> list[str]:
    return [column.name for column in table.primary_key.columns]


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """A given row says nothing of how its texts sort."""
    return Text() if isinstance(kind, String) else kind


@cache
def _readers(model: type[Walled]) -> Mapping[str, Callable[[Any], Any] | None]:
    """The columns of a table, each with what reads it from JSON. Raises TypeError for a kind that is read otherwise."""
    readers: dict[str, Callable[[Any], Any] | None] = {}
    for told in table_of(model).columns:
        if not isinstance(told.type, DateTime | String | BigInteger | Integer | Boolean):
            raise TypeError(f"{told} is not read from JSON.")
        readers[told.name] = datetime.fromisoformat if isinstance(told.type, DateTime) else None
    return readers


def table_of(model: type[Any]) -> Table:
    return cast("Table", model.__table__)


def _count(session: Session, statement: Executable, given: Mapping[str, Any] | None = None) -> int:
    """How many rows a statement wrote; of an INSERT only kept when asked for."""
    kept = session.execute(statement, given, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", kept).rowcount
