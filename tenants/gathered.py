"""Rows whose writing nobody waits for are gathered, and leave together with the next flush, in one statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, literal_column, select
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.orm import Session

from tenants.isolation import Walled, check_tenant
from tenants.rows import columns_of, inserting, keys_of, putting, table_of

Row = Mapping[str, Any]


class Manner(StrEnum):
    """What a gathered row does where its key is taken: fail, pass over, write over what says otherwise."""

    NEW = "new"
    ONCE = "once"
    OVER = "over"


Part = tuple[Manner, Table, tuple[str, ...]]


class Gathered:
    """Rows that leave together; each table is written once, in one manner. Of what writes over, the last counts."""

    def __init__(self) -> None:
        self.parts: dict[type[Walled], tuple[Part, dict[Any, Row]]] = {}

    def takes(self, model: type[Walled], part: Part) -> bool:
        return model not in self.parts or self.parts[model][0] == part

    def add(self, model: type[Walled], part: Part, row: Row) -> None:
        rows = self.parts.setdefault(model, (part, {}))[1]
        rows[tuple(row[name] for name in keys_of(part[1])) if part[0] is Manner.OVER else len(rows)] = row

    def send(self, session: Session) -> None:
        for tenant_id in {row["tenant_id"] for _part, rows in self.parts.values() for row in rows.values()}:
            check_tenant(tenant_id)
        given = [columns_of(list(rows.values()), f"{part[1].name}_") for part, rows in self.parts.values()]
        statement = _together(tuple(part for part, _rows in self.parts.values()))
        session.connection().execute(statement, {name: column for each in given for name, column in each.items()})


def gather(session: Session, model: type[Walled], row: Row, manner: Manner = Manner.NEW) -> None:
    """Write a row with whatever else the next flush sends, in one statement.

    For rows that are not read back: they have no object, and nobody is told their id.
    """
    check_tenant(row["tenant_id"])
    part = (manner, table_of(model), tuple(row))
    waiting: Gathered | None = session.info.get("gathered")
    if waiting is not None and not waiting.takes(model, part):
        session.flush()
    session.info.setdefault("gathered", Gathered()).add(model, part, row)


def gathered(session: Session, model: type[Walled]) -> list[Row]:
    """The rows of a table that wait for the next flush."""
    waiting: Gathered | None = session.info.get("gathered")
    return list(waiting.parts[model][1].values()) if waiting is not None and model in waiting.parts else []


@cache
def _together(parts: tuple[Part, ...]) -> Select[int]:
    """Several inserts as one statement; each sees the rows as they stood before all of them."""
    written = [
        _BY_MANNER[manner](table, names, f"{table.name}_").cte(f"{table.name}_written")
        for manner, table, names in parts
    ]
    return select(literal_column("1")).add_cte(*written)


_BY_MANNER: Mapping[Manner, Callable[[Table, tuple[str, ...], str], Insert]] = {
    Manner.NEW: lambda table, names, prefix: inserting(table, names, prefix=prefix),
    Manner.ONCE: lambda table, names, prefix: inserting(table, names, prefix=prefix).on_conflict_do_nothing(),
    Manner.OVER: putting,
}
