"""The ground the walls are tried on: a database of its own with the world in it, and requests that leave nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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
from sqlalchemy import Connection
from werkzeug.datastructures import Headers

from msp import clock
from msp.app import create_app
from msp.serve import roles
from msp.web.limits import limits
from tenants.db import db, transaction
from tenants.isolation import Base, Walled, acting_as
from tenants.rules import GATE
from tests.cast import MONDAY_9, PASSWORD, gather
from tests.conftest import Apart
from tests.prove.world import World, build
from tests.services import Database, Servers, rewind, settings

OF_THE_DESK = "@desk.example"
TODAY = MONDAY_9 + timedelta(days=1)
WALLED = frozenset(m.class_.__tablename__ for m in Base.registry.mappers if issubclass(m.class_, Walled))
WATCH = """
CREATE SCHEMA watch;
CREATE UNLOGGED TABLE watch.touched (relation text, tenant_id bigint, became text);
CREATE FUNCTION watch.see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN INSERT INTO watch.touched VALUES (TG_TABLE_NAME, OLD.tenant_id); END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO watch.touched VALUES (TG_TABLE_NAME, NEW.tenant_id, row_to_json(NEW)::text);
  END IF;
  RETURN NULL;
END $$;
GRANT USAGE ON SCHEMA watch TO msp_app;
GRANT SELECT, DELETE ON watch.touched TO msp_app;
"""
"""Whose rows a statement changed, whoever may see them: the clone's own notebook, outside the schema of the house."""

ONWARDS = """
SELECT setval(pg_get_serial_sequence(attrelid::regclass::text, attname), %s)
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid AND relname = ANY (%s) AND relkind = 'r'
WHERE attidentity <> ''
"""
GONE_BACK = "ROLLBACK TO SAVEPOINT request; RELEASE SAVEPOINT request"
"""Both: a savepoint that is gone back to still stands, each next one stands in it, and each of them holds a lock."""

WORLD_FROM, REQUESTS_FROM = 100, 700_000_000
"""Where ids begin: those that a request gave are known by their length wherever they stand."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and whose rows changed on the way: (table, tenant, the row as it is now or nothing)."""

    status: int
    headers: Headers
    body: bytes
    rows: frozenset[tuple[str, int, str]]

    @property
    def touched(self) -> frozenset[tuple[str, int]]:
        """Whose rows changed: (table, tenant)."""
        return frozenset((table, tenant_id) for table, tenant_id, _ in self.rows)


@dataclass(slots=True)
class Ground:
    """A desk with the world in it. Requests are asked while it is `open`; so may be those of its `twins`.

    A twin is the same desk without the company whose key it stands under.
    """

    app: Flask
    database: Database
    world: World
    cookies: dict[str, str] = field(default_factory=dict)
    connection: Connection | None = None
    twins: dict[str, Ground] = field(default_factory=dict)

    @property
    def databases(self) -> tuple[Database, ...]:
        """The one it stands on, and those of its twins."""
        return self.database, *(twin.database for twin in self.twins.values())

    @contextmanager
    def open(self, at: datetime = TODAY) -> Iterator[None]:
        """One outer transaction that is never kept; the time stands still."""
        with ExitStack() as together:
            for twin in self.twins.values():
                together.enter_context(twin.open(at))
            together.enter_context(self._open(at))
            yield

    @contextmanager
    def _open(self, at: datetime) -> Iterator[None]:
        with (
            self.app.app_context(),
            patch.object(clock, "now", lambda: at),
            patch.object(limits, "enabled", False),
        ):
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
                self._forget()
                for twin in self.twins.values() if email.endswith(OF_THE_DESK) else ():
                    twin.client(email)  # colleagues see how many sessions somebody has, whatever companies there are
            client.set_cookie("msp", self.cookies[email])
        return client

    def ask(self, email: str | None, method: str, path: str, **given: Any) -> Answer:
        """One request, undone after it."""
        client = self.client(email)
        assert self.connection is not None
        self.connection.exec_driver_sql("SAVEPOINT request")
        try:
            answer = client.open(path, method=method, **given)
            body = b"a stream" if answer.mimetype == "text/event-stream" else answer.get_data()
            answer.close()
            db.session.remove()
            found = self.connection.exec_driver_sql("SELECT DISTINCT relation, tenant_id, became FROM watch.touched")
            rows = frozenset((str(table), int(tenant_id), str(became or "")) for table, tenant_id, became in found)
        finally:
            db.session.remove()
            self.connection.exec_driver_sql(GONE_BACK)
        return Answer(answer.status_code, answer.headers, body, rows)

    def _forget(self) -> None:
        """What changed so far is no answer's doing."""
        assert self.connection is not None
        self.connection.exec_driver_sql("DELETE FROM watch.touched")

    def id_of(self, key: str) -> int:
        """The tenant behind ACME, GLOBEX or DESK."""
        cast = self.world.cast
        return {"ACME": cast.acme.id, "GLOBEX": cast.globex.id, "DESK": cast.desk}[key]


@contextmanager
def standing(servers: Servers, name: str, redis: int, folder: Path) -> Iterator[Ground]:
    """A ground of its own under a name; thrown away afterwards."""
    database = servers.clone(name)
    app = desk(database, servers.redis(redis), folder)
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


def desk(database: Database, redis: str, folder: Path) -> Flask:
    """An app as the proofs ask it: each request apart, forms without a secret of their page."""
    app = create_app(settings(database, redis, folder))
    app.test_client_class = Apart
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
    return app


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
