"""Statements that are compiled once: what is asked again and again goes to the driver as it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from sqlalchemy import ClauseElement, CursorResult, Dialect, Executable
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from tenants.isolation import scoped


class Kept:
    """A statement with the wall in it (`scoped`), for any values of its parameters. It answers columns, no objects."""

    def __init__(self, statement: Executable) -> None:
        self._statement = scoped(statement)
        self._text = ""
        self._always: dict[str, Any] = {}
        self._asked: list[tuple[str, Callable[[], Any]]] = []
        self._written: list[tuple[str, Callable[[Any], Any]]] = []

    def ask(self, session: Session, given: Mapping[str, Any]) -> CursorResult[*tuple[Any, ...]]:
        """What waits to be written is sent before, as by any other question. Raises KeyError for a missing value."""
        if session.autoflush:
            session.flush()
        connection = session.connection()
        if not self._text:
            self._compile(connection.dialect)
        values = {**self._always, **given}
        for name, ask in self._asked:
            values[name] = ask()
        for name, write in self._written:
            values[name] = write(values[name])
        return connection.exec_driver_sql(self._text, values)

    def _compile(self, dialect: Dialect) -> None:
        compiled = cast("SQLCompiler", cast("ClauseElement", self._statement).compile(dialect=dialect))
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise ValueError(f"The number of its parameters changes: {compiled}")
        for name, parameter in compiled.binds.items():
            write = parameter.type.dialect_impl(dialect).bind_processor(dialect)
            if parameter.callable is not None:
                self._asked.append((name, parameter.callable))
            elif not parameter.required:
                self._always[name] = write(parameter.value) if write is not None else parameter.value
                continue
            if write is not None:
                self._written.append((name, write))
        self._text = compiled.string
