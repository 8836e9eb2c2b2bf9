"""Rows whose writing nobody waits for are gathered, and leave together with the next flush, in one statement.

So do objects whose id was drawn beforehand, and what was changed of those that count their versions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Any

from sqlalchemy import BigInteger, Table, bindparam, event, func, inspect, literal_column, select, update
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.orm import Session, class_mapper, make_transient, make_transient_to_detached
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from tenants.isolation import Drawn, Walled, WalledSession, check_tenant
from tenants.kept import Kept
from tenants.rows import given_rows, inserting, keys_of, passing, putting, table_of

Row = Mapping[str, Any]

TENANT = ("tenant_id",)
"""What all rows of one flush say; a parameter of its own."""
HELD = ("id", "version")


class Manner(StrEnum):
    """What a gathered row does where its key is taken: fail, pass over, write over what says otherwise.

    CHANGED is a row that is there already, as of the version it names.
    """

    NEW = "new"
    ONCE = "once"
    OVER = "over"
    CHANGED = "changed"


Part = tuple[Manner, Table, tuple[str, ...]]


class Gathered:
    """Rows that leave together; each table is filled once, in one manner. Of what writes over, the last counts."""

    def __init__(self) -> None:
        self.parts: dict[Part, dict[Any, Row]] = {}
        self.objects: list[Drawn] = []
        self.changed: dict[str, int] = {}

    def takes(self, part: Part) -> bool:
        return part in self.parts or all(table is not part[1] for _manner, table, _names in self.parts)

    def add(self, part: Part, row: Row) -> None:
        rows = self.parts.setdefault(part, {})
        rows[tuple(row[name] for name in keys_of(part[1])) if part[0] is Manner.OVER else len(rows)] = row

    def send(self, session: Session) -> None:
        """Raises WallError where another tenant is acted for now, StaleDataError where a row is not as it was read."""
        given: dict[str, Any] = {}
        for place, rows in enumerate(self.parts.values()):
            for row in rows.values():
                check_tenant(row["tenant_id"])
                given["tenant_id"] = row["tenant_id"]
            given[f"{_prefix(place)}rows"] = list(rows.values())
        given |= self.changed
        with session.no_autoflush:
            found = _together(tuple(self.parts)).ask(session, given).scalar_one()
        if self.changed and not found:
            raise StaleDataError("The row is not as it was when it was read.")
        for each in self.objects:
            make_transient_to_detached(each)
            session.add(each)


class GatheringSession(WalledSession):
    """A session whose flush also sends what was gathered."""

    def flush(self, objects: Any = None) -> None:
        """Drawn objects go first: what SQLAlchemy writes may hang on them, and they on nothing of the same flush."""
        changed = [
            row for row in self.dirty if isinstance(row, Drawn) and _counts_versions(type(row)) and not _moved(row)
        ]
        gathered: Gathered | None = self.info.get("gathered")
        if len(changed) == 1 or (gathered is not None and gathered.objects):
            self._send(changed if len(changed) == 1 else [])
        super().flush(objects)
        if "gathered" in self.info:
            self._send([])

    def _send(self, changed: list[Drawn]) -> None:
        gathered: Gathered = self.info.pop("gathered", None) or Gathered()
        for row in gathered.objects:
            gathered.add((Manner.NEW, table_of(type(row)), _names(type(row))), _row_of(row))
        for row in changed:
            _add_changes(gathered, row)
        if gathered.parts:
            gathered.send(self)


@event.listens_for(GatheringSession, "before_commit")
def _on_commit(session: Session) -> None:
    """SQLAlchemy flushes before a commit only what it knows of."""
    session.flush()


def gather(session: Session, model: type[Walled], row: Row, manner: Manner = Manner.NEW) -> None:
    """Write a row with whatever else the next flush sends, in one statement.

    For rows that are not read back: they have no object, and nobody is told their id.
    """
    check_tenant(row["tenant_id"])
    part, unsaid = _part(model, manner, tuple(row))
    if unsaid:
        row = {**row, **{name: make(None) for name, make in unsaid.items()}}
    waiting: Gathered | None = session.info.get("gathered")
    if waiting is not None and not waiting.takes(part):
        session.flush()
    session.info.setdefault("gathered", Gathered()).add(part, row)


def bring(session: Session, row: Drawn) -> None:
    """Write an object whose id is drawn, as it is when the next flush sends it; it belongs to the session then."""
    check_tenant(row.tenant_id)
    session.info.setdefault("gathered", Gathered()).objects.append(row)


def gathered(session: Session, model: type[Walled]) -> list[Row]:
    """The rows of a table that wait for the next flush."""
    waiting: Gathered | None = session.info.get("gathered")
    if waiting is None:
        return []
    return [row for part, rows in waiting.parts.items() if part[1] is table_of(model) for row in rows.values()]


def _row_of(row: Drawn) -> Row:
    """All it says, and what its columns say of themselves where it says nothing."""
    for name, make in _of_themselves(type(row)).items():
        if getattr(row, name) is None:
            setattr(row, name, make(None))
    return {name: getattr(row, name) for name in (*TENANT, *_names(type(row)))}


def _add_changes(gathered: Gathered, row: Any) -> None:
    """It leaves the session, which takes it back as it is now.

    All of it is written, whatever was changed, so that the text is the same each time: under its version it is known
    whole.
    """
    model: type[Drawn] = type(row)
    if any(getattr(row, name) != value for name, value in inspect(row).committed_state.items()):
        make_transient(row)
        names = tuple(name for name in _names(model) if name not in HELD)
        said = {name: getattr(row, name) for name in (*TENANT, *_names(model))}
        gathered.add((Manner.CHANGED, table_of(model), names), said)
        gathered.changed = {f"of_{name}": said[name] for name in (*TENANT, *HELD)}
        gathered.objects.append(row)
        row.version += 1


@cache
def _part(
    model: type[Walled], manner: Manner, said: tuple[str, ...]
) -> tuple[Part, Mapping[str, Callable[[Any], Any]]]:
    """Where a row of these columns stands, and what says the others."""
    unsaid = {name: make for name, make in _of_themselves(model).items() if name not in said}
    names = tuple(name for name in (*said, *unsaid) if name != TENANT[0])
    return (manner, table_of(model), names), unsaid


@cache
def _of_themselves(model: type[Walled]) -> Mapping[str, Callable[[Any], Any]]:
    """What columns say where nobody says anything."""
    made: dict[str, Callable[[Any], Any]] = {}
    for column in table_of(model).columns:
        if isinstance(column.default, ScalarElementColumnDefault):
            made[column.name] = partial(_always, column.default.arg)
        elif isinstance(column.default, CallableColumnDefault):
            made[column.name] = column.default.arg
    return made


def _always(value: object, _context: None) -> object:
    return value


def _moved(row: Drawn) -> bool:
    """Said to be another tenant's; SQLAlchemy's own flush refuses it."""
    return TENANT[0] in inspect(row).committed_state


@cache
def _counts_versions(model: type[Drawn]) -> bool:
    return class_mapper(model).version_id_col is not None


@cache
def _names(model: type[Walled]) -> tuple[str, ...]:
    return tuple(column.name for column in table_of(model).columns if column.name != TENANT[0])


@cache
def _together(parts: tuple[Part, ...]) -> Kept:
    """Several writings as one statement, each seeing the rows as they stood before all; answers how many it changed."""
    written = [
        _BY_MANNER[manner](table, names, TENANT, _prefix(place)).cte(f"written_{place}")
        for place, (manner, table, names) in enumerate(parts)
    ]
    changed = [cte for cte, part in zip(written, parts, strict=True) if part[0] is Manner.CHANGED]
    rows = select(func.count()).select_from(changed[0]) if changed else select(literal_column("0"))
    return Kept(rows.add_cte(*written))


@cache
def _changing(table: Table, names: tuple[str, ...], _same: tuple[str, ...], prefix: str) -> ReturningUpdate[int]:
    """The one row of this id, as of the version it was read in, which goes on by one."""
    rows = given_rows(table, names, prefix)
    mine = [table.c[name] == bindparam(f"of_{name}", type_=BigInteger) for name in (*TENANT, *HELD)]
    values = {name: rows.c[name] for name in names} | {"version": table.c.version + 1}
    return update(table).where(*mine).values(values).returning(table.c.id)


def _prefix(place: int) -> str:
    """What parameters of a part are called by, so that each part has its own."""
    return f"p{place}_"


_BY_MANNER: Mapping[Manner, Callable[[Table, tuple[str, ...], tuple[str, ...], str], Insert | ReturningUpdate[int]]] = {
    Manner.NEW: inserting,
    Manner.ONCE: passing,
    Manner.OVER: putting,
    Manner.CHANGED: _changing,
}
