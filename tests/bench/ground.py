"""The ground the bench stands on: a database of the wanted size, the floor's copies in it, both programs served."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg

from msp import clock
from msp.app import create_app
from msp.embedded import Services, stand_ins
from msp.seed import bulk
from msp.serve import roles, schema
from msp.settings import PROJECT, Settings
from tenants import queries
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.passwords import hash_password
from tenants.rules import GATE
from tests.bench import tables
from tests.bench.load import Asker, field_of
from tests.serving import Served, free_port

TENANTS = 50
PASSWORD = "measured and found sufficient"
AGENTS = tuple(f"bench{n}@desk.example" for n in range(8))
DECIDES = ("migrations/*.py", "msp/seed/*.py", "tests/bench/tables.py")

Say = Callable[[str], None]


@contextmanager
def standing(tickets: int, data_dir: Path, say: Say) -> Iterator[Settings]:
    """Settings of a desk with so many tickets; filled once, kept for as long as schema and size fit."""
    with Services(data_dir) as services:
        name = f"bench_{tickets}_{_fingerprint()}"
        given = Settings.read(stand_ins(services))
        settings = replace(
            given,
            database_url=services.url(roles.APP, name),
            owner_database_url=services.url(roles.OWNER, name),
            admin_database_url=services.superuser_url.replace("/postgres?", f"/{name}?"),
            log_format="json",
        )
        if not _stands(services.superuser_url, name):
            fill(settings, services.superuser_url, name, tickets, say)
        yield settings


def fill(settings: Settings, superuser_url: str, name: str, tickets: int, say: Say) -> None:
    """Migrate, fill, let the agents in, copy for the floor; the database has its name only when all stands."""
    half = f"{name}_half"
    _drop(superuser_url, half, *_older(superuser_url, tickets))
    roles.ensure_database(superuser_url, half)
    made = replace(
        settings,
        database_url=settings.database_url.replace(name, half),
        owner_database_url=settings.owner_database_url.replace(name, half),
        admin_database_url=settings.admin_database_url.replace(name, half),
    )
    schema.upgrade(made.owner_database_url)
    prepare(made, tickets, say)
    with psycopg.connect(roles.libpq(superuser_url), autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{half}" RENAME TO "{name}"')


def prepare(settings: Settings, tickets: int, say: Say) -> None:
    """Rows into migrated tables: the desk's, and the floor's copies of them."""
    app = create_app(settings)
    with app.app_context():
        bulk.fill(tickets, min(TENANTS, max(2, tickets // 40)), clock.now(), lambda made: say(f"{made:,} tickets"))
        let_in()
        db.engine.dispose()
    say("copying for the floor")
    tables.copy(settings.admin_database_url)


def let_in() -> None:
    """The agents get a password."""
    hashed = hash_password(PASSWORD)
    with acting_as(GATE), transaction() as session:
        for email in AGENTS:
            login = queries.login_by_email(session, email)
            if login is None:
                raise LookupError(email)
            login.password_hash = hashed


@contextmanager
def served(settings: Settings, workers: int = 2) -> Iterator[tuple[Served, Served]]:
    """The desk and the floor, both answering."""
    programs = [_serve(module, settings, workers) for module in ("desk", "floor")]
    try:
        for program in programs:
            program.wait()
        yield programs[0], programs[1]
    finally:
        for program in programs:
            program.stop()


def signed_in(port: int, email: str) -> Asker:
    """Somebody of the desk, past the entrance as everybody else."""
    asker = Asker(port)
    page = asker.get("/sign-in")
    form = {"csrf_token": field_of(page.body, "csrf_token"), "email": email, "password": PASSWORD}
    answer = asker.post("/sign-in", form)
    if answer.status != 302:
        raise PermissionError(f"{email} was not let in: {answer.status}")
    return asker


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for pattern in DECIDES:
        for path in sorted(PROJECT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _stands(superuser_url: str, name: str) -> bool:
    with psycopg.connect(roles.libpq(superuser_url), autocommit=True) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def _older(superuser_url: str, tickets: int) -> list[str]:
    """Databases of this size that an earlier version of the code filled."""
    with psycopg.connect(roles.libpq(superuser_url), autocommit=True) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (f"bench\\_{tickets}\\_%",))
        return [name for (name,) in found.fetchall()]


def _drop(superuser_url: str, *names: str) -> None:
    with psycopg.connect(roles.libpq(superuser_url), autocommit=True) as connection:
        for name in names:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _serve(module: str, settings: Settings, workers: int) -> Served:
    port = free_port()
    settings = replace(settings, port=port, base_url=f"http://localhost:{port}")
    given = replace(settings, owner_database_url="", admin_database_url="").environment()
    return Served(f"tests.bench.{module}:serve()", port, workers, settings.data_dir / f"{module}.log", given)
