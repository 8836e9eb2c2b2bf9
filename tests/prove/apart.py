"""The same desk without one of the companies: what others are told must not hang on whether it exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from difflib import unified_diff

import psycopg
from flask import Flask
from psycopg import sql

from msp.serve import roles
from tenants.db import db
from tests.prove.ground import Answer, Ground, desk, tables
from tests.prove.marked import COMPANIES
from tests.services import Database, Servers

OF_THE_MACHINE = frozenset({"health.metrics"})
"""Pages that count what the process did, for whomever it did it."""

ABOUT_OTHERS = frozenset({"drafts.check", "tokens.make"})
"""What names one company and speaks of all whom the caller serves: a warning of another's words, a list to choose."""

MADE_ON_THE_WAY = re.compile(r"(?=[A-Za-z_.-]*\d)[\w.-]{16,}|\bmsp_[a-z2-7]+|\b7\d{8}\b")
"""Secrets, and ids that begin at REQUESTS_FROM."""

RUNNING = re.compile(r'<div id="timer".*?(?=<div id="bell")', re.DOTALL)
"""The person's own timer in the bar of every page, on whatever he works; his alone who sees both companies."""

OWN_TO_EACH = frozenset({"Date", "X-Request-Id", "Set-Cookie", "ETag", "Expires", "Content-Length"})
SHOWN = 300


@contextmanager
def with_twins(servers: Servers, ground: Ground, name: str, redis: int) -> Iterator[Ground]:
    """Stand the ground's twins beside it: copies of its database, each without one company's rows."""
    folder = ground.app.extensions["settings"].data_dir  # both read the same files
    _dispose(ground.app)
    with ExitStack() as kept:
        for key in COMPANIES:
            clone = f"{name}_no_{key.lower()}"
            servers.drop(clone)
            roles.ensure_database(servers.superuser_url, clone, name)
            kept.callback(servers.drop, clone)
            database = servers.database(clone)
            _forget(database, ground.id_of(key))
            app = desk(database, servers.redis(redis), folder)
            kept.callback(_dispose, app)
            ground.twins[key] = Ground(app, database, ground.world)
        try:
            yield ground
        finally:
            ground.twins.clear()


def unlike(one: Answer, other: Answer, sees_both: bool = False) -> str:
    """Where two answers differ, but for secrets, ids and stamps made on the way; empty where they are alike."""
    here, there = _said(one, sees_both), _said(other, sees_both)
    if here == there:
        return ""
    changed = [line for line in unified_diff(there, here, lineterm="", n=0) if line[:1] in "+-" and line[:3] != "---"]
    return " ".join(" ".join(line.split()) for line in changed if line[:3] != "+++")[:SHOWN]


def _said(answer: Answer, sees_both: bool) -> list[str]:
    """Status, headers, words and what was written, line by line."""
    head = [
        f"{name}: {value}"
        for name, value in sorted(answer.headers)
        if name not in OWN_TO_EACH and not name.startswith("X-RateLimit")
    ]
    text = answer.body.decode(errors="replace")
    body = RUNNING.sub("", text) if sees_both else text
    lines = [MADE_ON_THE_WAY.sub("#", line) for line in (str(answer.status), *head, *body.splitlines())]
    rows = (f"{table} of {tenant_id}: {became}" for table, tenant_id, became in answer.rows)
    return [*lines, *sorted(MADE_ON_THE_WAY.sub("#", row) for row in rows)]


def _forget(database: Database, tenant_id: int) -> None:
    """All rows of one tenant go, past keys and triggers."""
    with psycopg.connect(roles.libpq(database.superuser_url), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in tables(connection, walled=True):
            connection.execute(
                sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(sql.Identifier(table)), (tenant_id,)
            )
        connection.execute("DELETE FROM notice WHERE about_tenant = %s", (tenant_id,))
        connection.execute("DELETE FROM tenant_key WHERE id = %s", (tenant_id,))
        connection.execute("TRUNCATE watch.touched")


def _dispose(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()
