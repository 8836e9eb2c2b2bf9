"""Each text of a statement is prepared once on a connection, whatever its parameters, and stays prepared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import ARRAY, BigInteger, Connection, Date, DateTime, bindparam, create_engine, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from msp.driver import install
from msp.serve import roles
from tests.services import Database

OFTEN = 8
PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%AS told%'")


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    engine = create_engine(database.database_url)
    install(engine)
    with engine.connect() as made:
        yield made
    engine.dispose()


def told(kind: Any) -> Any:
    return select(bindparam("value", type_=kind).label("told"))


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (BigInteger(), [1, 70_000, 2**40, None]),
        (DateTime(timezone=True), [datetime(2026, 10, 1, 9, 30, tzinfo=UTC), None]),
        (Date(), [date(2026, 10, 1), None]),
        (ARRAY(BigInteger), [[1, 2], [70_000], [None], [], [2**40, None]]),
    ],
)
def test_a_mixture_of_values_is_one_statement(connection: Connection, kind: Any, values: list[Any]) -> None:
    statement = told(kind)
    for _ in range(OFTEN):
        for value in values:
            assert connection.execute(statement, {"value": value}).scalar_one() == value
    assert connection.scalar(PREPARED) == 1


def test_a_page_that_only_read_leaves_what_is_prepared(connection: Connection) -> None:
    for number in range(OFTEN):
        connection.execute(told(BigInteger()), {"value": number})
        connection.rollback()
    assert connection.scalar(PREPARED) == 1


def test_after_a_failure_the_connection_is_as_good_as_before(connection: Connection) -> None:
    with pytest.raises(ProgrammingError):
        connection.execute(text("SELECT * FROM nowhere"))
    connection.rollback()
    assert connection.scalar(select(bindparam("value", Decimal("1.5")))) == Decimal("1.5")


def test_a_connection_that_is_gone_says_so(connection: Connection, database: Database) -> None:
    pid = connection.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(roles.libpq(database.superuser_url)) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
    with pytest.raises(OperationalError):
        connection.execute(text("SELECT 1"))
    connection.rollback()


def test_what_is_said_begins_the_transaction_and_goes_with_it(connection: Connection) -> None:
    driver: Any = connection.connection.dbapi_connection
    assert driver.say("SET LOCAL app.kind = 'gate'")
    assert driver.info.transaction_status is TransactionStatus.INTRANS
    assert connection.scalar(text("SELECT current_setting('app.kind', true)")) == "gate"
    assert driver.say("SET LOCAL app.kind = 'staff'")
    assert connection.scalar(text("SELECT current_setting('app.kind', true)")) == "staff"
    connection.rollback()
    assert not connection.scalar(text("SELECT current_setting('app.kind', true)"))


def test_what_cannot_be_said_is_told_by_its_answer(connection: Connection, database: Database) -> None:
    driver: Any = connection.connection.dbapi_connection
    assert not driver.say("SELECT * FROM nowhere")
    assert not driver.say("SET LOCAL app.kind = 'gate'")
    connection.rollback()
    with psycopg.connect(roles.libpq(database.superuser_url)) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (driver.info.backend_pid,))
    assert not driver.say("SET LOCAL app.kind = 'gate'")
