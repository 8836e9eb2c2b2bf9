"""Parameters go to PostgreSQL without a type of their own, so that each text is one prepared statement.

The driver would name the type a value calls for: of a small number another than of a large one, of None none. Every
mixture of them would be parsed and planned for itself. SQLAlchemy casts each parameter in the text.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

import psycopg
from psycopg.types.array import ListDumper
from psycopg.types.datetime import DateDumper, DatetimeDumper
from psycopg.types.numeric import Int8Dumper
from sqlalchemy import Engine, event


class _Number(Int8Dumper):
    oid = 0


class _Day(DateDumper):
    oid = 0


class _Moment(DatetimeDumper):
    oid = 0


class _Array(ListDumper):
    oid = 0


UNTYPED: Final = ((int, _Number), (date, _Day), (datetime, _Moment), (list, _Array))


def leave_types_open(connection: psycopg.Connection[Any]) -> None:
    """For all that this connection will send."""
    for kind, dumper in UNTYPED:
        connection.adapters.register_dumper(kind, dumper)


def install(engine: Engine) -> None:
    """On every new connection."""
    event.listen(engine, "connect", lambda connection, _record: leave_types_open(connection))
