"""Statements that are compiled once: what is asked again and again goes to the driver as it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ClauseElement, CursorResult, Dialect, Executable
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from tenants.isolation import scoped


class Kept:
    """A statement with the wall in it (`scoped`), for any values of its parameters. It answers columns, no objects."""

    def __init__(self, statement: Executable) -> None:
        self._statement = scoped(statement)
        self._compiled: _Compiled | None = None

    def __str__(self) -> str:
        return str(self._statement)

    def ask(self, session: Session, given: Mapping[str, Any]) -> CursorResult[*tuple[Any, ...]]:
        """What waits to be written is sent before, as by any other question. Raises KeyError for a missing value."""
        if session.autoflush:
            session.flush()
        connection = session.connection()
        compiled = self._compiled = self._compiled or _compile(self._statement, connection.dialect)
        values = {**compiled.always, **given}
        for name, ask in compiled.asked:
            values[name] = ask()
        for name, write in compiled.written:
            values[name] = write(values[name])
        return connection.exec_driver_sql(compiled.text, values)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The text for the driver, values it always has, those asked for each time, and how values are written."""

    text: str
    always: Mapping[str, Any]
    asked: Sequence[tuple[str, Callable[[], Any]]]
    written: Sequence[tuple[str, Callable[[Any], Any]]]


def _compile(statement: Executable, dialect: Dialect) -> _Compiled:
    """Raises ValueError where other values would be another text."""
    compiled = cast("SQLCompiler", cast("ClauseElement", statement).compile(dialect=dialect))
    if compiled.post_compile_params or compiled.literal_execute_params:
        raise ValueError(f"The number of its parameters changes: {compiled}")
    always, asked, written = {}, [], []
    for name, parameter in compiled.binds.items():
        write = parameter.type.dialect_impl(dialect).bind_processor(dialect)
        if parameter.callable is None and not parameter.required:
            always[name] = write(parameter.value) if write is not None else parameter.value
            continue
        if parameter.callable is not None:
            asked.append((name, parameter.callable))
        if write is not None:
            written.append((name, write))
    return _Compiled(compiled.string, always, asked, written)
