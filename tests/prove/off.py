"""A wall taken away for a while: row security on the clones, or the ORM's scope in the running process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlalchemy import event

from msp.serve import roles
from tenants import isolation
from tenants.isolation import WalledSession
from tests.prove.ground import tables
from tests.services import Database


@contextmanager
def without_policies(*databases: Database) -> Iterator[None]:
    """Row security switched off on every table of the clones; nothing may be open on them."""
    for database in databases:
        _row_security(database, "DISABLE")
    try:
        yield
    finally:
        for database in databases:
            _row_security(database, "ENABLE")


@contextmanager
def without_scope() -> Iterator[None]:
    """The ORM adds no tenants to any statement; what statements carry that were built beforehand lets all through."""
    before = isolation._seen.__code__
    event.remove(WalledSession, "do_orm_execute", isolation._on_execute)
    isolation._seen.__code__ = _everybody.__code__
    try:
        yield
    finally:
        isolation._seen.__code__ = before
        event.listen(WalledSession, "do_orm_execute", isolation._on_execute)


def _everybody() -> list[int]:
    """More tenants than any ground has."""
    return list(range(1000))


def _row_security(database: Database, verb: str) -> None:
    with psycopg.connect(roles.libpq(database.superuser_url), autocommit=True) as connection:
        for table in tables(connection):
            connection.execute(sql.SQL("ALTER TABLE {} " + verb + " ROW LEVEL SECURITY").format(sql.Identifier(table)))
