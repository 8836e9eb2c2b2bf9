"""How the desk's connections use PostgreSQL's driver: each text of a statement is prepared once, and stays so.

Of itself the driver would name the type a value calls for: of a small number another than of a large one, of None
none. Every mixture of them would be parsed and planned for itself. SQLAlchemy casts each parameter in the text.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

import psycopg
from psycopg import _queries
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.types.array import ListDumper
from psycopg.types.datetime import DateDumper, DatetimeDumper
from psycopg.types.numeric import Int8Dumper
from sqlalchemy import Engine, event

LONGEST_REMEMBERED: Final = 32_768
"""Of longer texts the driver reads anew each time where their parameters stand; of itself it stops at 4,096 letters."""
_queries.MAX_CACHED_STATEMENT_LENGTH = LONGEST_REMEMBERED


class _Number(Int8Dumper):
    oid = 0


class _Day(DateDumper):
    oid = 0


class _Moment(DatetimeDumper):
    oid = 0


class _Array(ListDumper):
    oid = 0


UNTYPED: Final = ((int, _Number), (date, _Day), (datetime, _Moment), (list, _Array))


class Connection(psycopg.Connection[Any]):
    """A connection that keeps what it has prepared when a page that only read gives its transaction back.

    The driver forgets it all with each rollback, since that may have taken back a table. Nobody makes tables here.
    """

    def rollback(self) -> None:
        """What failed is rolled back as the driver does it."""
        if self.info.transaction_status is TransactionStatus.INTRANS:
            with self.lock:
                if self.pgconn.exec_(b"ROLLBACK").status == ExecStatus.COMMAND_OK:
                    return
        super().rollback()

    def say(self, text: str) -> bool:
        """Statements of our own, without answers, in one turn that also begins the transaction. False: ask anew."""
        status = self.info.transaction_status
        if status not in (TransactionStatus.IDLE, TransactionStatus.INTRANS):
            return False
        begun = "" if status is TransactionStatus.INTRANS or self.autocommit else "BEGIN;"
        with self.lock:
            return self.pgconn.exec_(f"{begun}{text}".encode()).status == ExecStatus.COMMAND_OK


def install(engine: Engine) -> None:
    """From the first connection on."""
    event.listen(engine, "do_connect", _connected)


def _connected(_dialect: object, _record: object, given: list[Any], named: dict[str, Any]) -> Connection:
    connection = Connection.connect(*given, **named)
    for kind, dumper in UNTYPED:
        connection.adapters.register_dumper(kind, dumper)
    return connection
