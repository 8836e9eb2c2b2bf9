"""The ground the walls are tried on: a database of its own with the world in it, and requests that leave nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql
from sqlalchemy import Connection, event
from werkzeug.datastructures import Headers

from msp import clock
from msp.app import create_app
from msp.serve import roles
from tenants import isolation
from tenants.db import db, transaction
from tenants.isolation import Base, Walled, WalledSession, acting_as
from tenants.rules import GATE
from tests.cast import MONDAY_9, PASSWORD, gather
from tests.conftest import Apart
from tests.prove.world import World, build
from tests.services import Database, Servers, rewind, settings

TODAY = MONDAY_9 + timedelta(days=1)
WALLED = frozenset(m.class_.__tablename__ for m in Base.registry.mappers if issubclass(m.class_, Walled))
WATCH = """
CREATE SCHEMA watch;
CREATE UNLOGGED TABLE watch.touched (relation text, tenant_id bigint);
CREATE FUNCTION watch.see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN INSERT INTO watch.touched VALUES (TG_TABLE_NAME, OLD.tenant_id); END IF;
  IF TG_OP <> 'DELETE' THEN INSERT INTO watch.touched VALUES (TG_TABLE_NAME, NEW.tenant_id); END IF;
  RETURN NULL;
END $$;
GRANT USAGE ON SCHEMA watch TO msp_app;
GRANT SELECT ON watch.touched TO msp_app;
"""
"""Whose rows a statement changed, whoever may see them: the clone's own notebook, outside the schema of the house."""

ONWARDS = """
SELECT setval(pg_get_serial_sequence(attrelid::regclass::text, attname), %s)
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid AND relname = ANY (%s) AND relkind = 'r'
WHERE attidentity <> ''
"""
WORLD_FROM, REQUESTS_FROM = 100, 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and whose rows changed on the way: (table, tenant)."""

    status: int
    headers: Headers
    body: bytes
    touched: frozenset[tuple[str, int]]


@dataclass(slots=True)
class Ground:
    """A desk with the world in it. Requests are asked while it is `open`."""

    app: Flask
    database: Database
    world: World
    cookies: dict[str, str] = field(default_factory=dict)
    connection: Connection | None = None

    @contextmanager
    def open(self, at: datetime = TODAY) -> Iterator[None]:
        """One outer transaction that is never kept; the time stands still."""
        with self.app.app_context(), patch.object(clock, "now", lambda: at):
            engines: dict[str | None, Any] = db.engines  # type: ignore[assignment]  # the extension's own dictionary
            engine = engines[None]
            with engine.connect() as connection:
                outer = connection.begin()
                engines[None] = self.connection = connection  # sessions bind to either
                db.session.session_factory.configure(join_transaction_mode="create_savepoint")
                try:
                    yield
                finally:
                    db.session.remove()
                    engines[None], self.connection = engine, None
                    self.cookies.clear()
                    db.session.session_factory.configure(join_transaction_mode="conditional_savepoint")
                    outer.rollback()

    def client(self, email: str | None) -> FlaskClient:
        """Somebody's browser, signed in once."""
        client = self.app.test_client()
        if email is not None:
            if email not in self.cookies:
                answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
                assert answer.status_code == 302, answer.get_data(as_text=True)[:500]
                cookie = client.get_cookie("msp")
                assert cookie is not None
                self.cookies[email] = cookie.value
            client.set_cookie("msp", self.cookies[email])
        return client

    def ask(self, email: str | None, method: str, path: str, **given: Any) -> Answer:
        """One request, undone after it."""
        client = self.client(email)
        assert self.connection is not None
        point = self.connection.begin_nested()
        try:
            answer = client.open(path, method=method, **given)
            body = b"a stream" if answer.mimetype == "text/event-stream" else answer.get_data()
            answer.close()
            db.session.remove()
            rows = self.connection.exec_driver_sql("SELECT DISTINCT relation, tenant_id FROM watch.touched")
            touched = frozenset((str(relation), int(tenant_id)) for relation, tenant_id in rows)
        finally:
            db.session.remove()
            point.rollback()
        return Answer(answer.status_code, answer.headers, body, touched)

    def id_of(self, key: str) -> int:
        """The tenant behind ACME, GLOBEX or DESK."""
        cast = self.world.cast
        return {"ACME": cast.acme.id, "GLOBEX": cast.globex.id, "DESK": cast.desk}[key]


@contextmanager
def standing(servers: Servers, name: str, redis: int, folder: Path) -> Iterator[Ground]:
    """A ground of its own under a name; thrown away afterwards."""
    database = servers.clone(name)
    app = create_app(settings(database, servers.redis(redis), folder))
    app.test_client_class = Apart
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    try:
        with app.app_context(), patch.object(clock, "now", lambda: MONDAY_9):
            with acting_as(GATE), transaction() as session:
                cast = gather(session, partial(rewind, database))
            world = build(cast, MONDAY_9, partial(set_back, database))
        _watch(database)
        yield Ground(app, database, world)
    finally:
        with app.app_context():
            db.engine.dispose()
        servers.drop(name)


def set_back(database: Database) -> None:
    """Both companies' rows count from the same id, above those of the cast."""
    with psycopg.connect(roles.libpq(database.superuser_url), autocommit=True) as connection:
        connection.execute(ONWARDS, (WORLD_FROM, sorted(WALLED)))


def _watch(database: Database) -> None:
    with psycopg.connect(roles.libpq(database.superuser_url), autocommit=True) as connection:
        connection.execute(WATCH)
        connection.execute(ONWARDS, (REQUESTS_FROM, tables(connection)))
        for table in tables(connection, walled=True):
            connection.execute(
                sql.SQL(
                    "CREATE TRIGGER watched AFTER INSERT OR UPDATE OR DELETE ON {}"
                    " FOR EACH ROW EXECUTE FUNCTION watch.see()"
                ).format(sql.Identifier(table))
            )


def tables(connection: psycopg.Connection[Any], walled: bool = False) -> list[str]:
    """The house's tables as the catalogue knows them; `walled`: those with a tenant."""
    of = " AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'tenant_id' AND NOT attisdropped)"
    rows = connection.execute(
        "SELECT relname FROM pg_class c WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        f" AND relname <> 'alembic_version'{of if walled else ''} ORDER BY 1"
    )
    return [str(name) for (name,) in rows.fetchall()]


@contextmanager
def without_policies(database: Database) -> Iterator[None]:
    """Row security switched off on every table of the clone; nothing may be open on it."""
    _row_security(database, "DISABLE")
    try:
        yield
    finally:
        _row_security(database, "ENABLE")


def _row_security(database: Database, verb: str) -> None:
    with psycopg.connect(roles.libpq(database.superuser_url), autocommit=True) as connection:
        for table in tables(connection):
            connection.execute(sql.SQL("ALTER TABLE {} " + verb + " ROW LEVEL SECURITY").format(sql.Identifier(table)))


@contextmanager
def without_scope() -> Iterator[None]:
    """The ORM adds no tenants to any statement."""
    event.remove(WalledSession, "do_orm_execute", isolation._on_execute)
    try:
        yield
    finally:
        event.listen(WalledSession, "do_orm_execute", isolation._on_execute)
