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
from tenants.rows import inserting, keys_of, passing, putting, table_of

Row = Mapping[str, Any]

TENANT = ("tenant_id",)
"""What all rows of one flush say; a parameter of its own."""


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
        """Raises WallError where another tenant is acted for now."""
        given: dict[str, Any] = {}
        for place, ((_manner, _table, names), rows) in enumerate(self.parts.values()):
            for row in rows.values():
                check_tenant(row["tenant_id"])
                given["tenant_id"] = row["tenant_id"]
            given |= {f"{_prefix(place)}{name}": [row[name] for row in rows.values()] for name in names}
        session.connection().execute(_together(tuple(part for part, _rows in self.parts.values())), given)


def gather(session: Session, model: type[Walled], row: Row, manner: Manner = Manner.NEW) -> None:
    """Write a row with whatever else the next flush sends, in one statement.

    For rows that are not read back: they have no object, and nobody is told their id.
    """
    check_tenant(row["tenant_id"])
    part = (manner, table_of(model), tuple(name for name in row if name != TENANT[0]))
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
        _BY_MANNER[manner](table, names, TENANT, _prefix(place)).cte(f"written_{place}")
        for place, (manner, table, names) in enumerate(parts)
    ]
    return select(literal_column("1")).add_cte(*written)


def _prefix(place: int) -> str:
    """What parameters of a part are called by, so that each part has its own."""
    return f"p{place}_"


_BY_MANNER: Mapping[Manner, Callable[[Table, tuple[str, ...], tuple[str, ...], str], Insert]] = {
    Manner.NEW: inserting,
    Manner.ONCE: passing,
    Manner.OVER: putting,
}
