"""The servers of a test run: started once by whoever leads it, joined by its workers through what they are handed."""

import fcntl
import hashlib
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

import psycopg
import pytest
from psycopg import sql

from msp.embedded import Services, make_data_dir
from msp.serve import child, postgres, roles, schema
from msp.serve.postgres import ServerError
from msp.settings import PROJECT, Settings
from tenants.isolation import Base, Walled

SLOTS: Final = PROJECT / "var" / "test"
PACKAGES: Final = ("migrations", "tenants", "sla", "billing", "msp")
HANDED_OVER: Final = "servers"


@dataclass(frozen=True, slots=True)
class Servers:
    """What a worker must know: superuser, Redis and the migrated template to clone. Plain text, so that it travels."""

    superuser_url: str
    redis_url: str
    template: str
    data_dir: str

    def clone(self, name: str) -> "Database":
        """A fresh copy of the migrated database, some 50 ms; one of the same name is thrown away."""
        self.drop(name)
        roles.ensure_database(self.superuser_url, name, self.template)
        return self.database(name)

    def empty(self, name: str) -> "Database":
        """A fresh database without any table."""
        self.drop(name)
        roles.ensure_database(self.superuser_url, name)
        return self.database(name)

    def drop(self, name: str) -> None:
        """Throw a database away, whoever is still connected."""
        with psycopg.connect(roles.libpq(self.superuser_url), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def database(self, name: str) -> "Database":
        """The addresses of one database, for each role."""
        return Database(*(self._url(role, name) for role in ("postgres", roles.OWNER, roles.APP, roles.BACKUP)))

    def redis(self, number: int) -> str:
        """The URL of Redis' database 0 to 63; one for each worker."""
        return self.redis_url.replace("db=0", f"db={number}")

    def _url(self, role: str, database: str) -> str:
        return self.superuser_url.replace("//postgres@/postgres", f"//{role}@/{database}", 1)


@dataclass(frozen=True, slots=True)
class Database:
    """One database as each role sees it (SQLAlchemy URLs)."""

    superuser_url: str
    owner_url: str
    database_url: str
    backup_url: str


class TestRun:
    """Starts the servers of this run on first use; its workers are handed what they need."""

    __test__ = False

    def __init__(self, config: pytest.Config) -> None:
        self._handed: dict[str, dict[str, str]] = getattr(config, "workerinput", {})
        self._opened = ExitStack()
        self._servers: Servers | None = None

    @property
    def number(self) -> int:
        """Which worker this is: 0 for gw0 and for a run without workers."""
        return int(str(self._handed.get("workerid", "gw0")).removeprefix("gw"))

    def servers(self) -> Servers:
        """The servers of this run; started here unless they were handed over."""
        if HANDED_OVER in self._handed:
            return Servers(**self._handed[HANDED_OVER])
        if self._servers is None:
            self._servers = self._start()
        return self._servers

    def hand_over(self, workerinput: dict[str, object]) -> None:
        """For pytest_configure_node(node): hand_over(node.workerinput)."""
        workerinput[HANDED_OVER] = asdict(self.servers())

    def close(self) -> None:
        """Stop what was started here; for pytest_unconfigure."""
        self._opened.close()
        self._servers = None

    def _start(self) -> Servers:
        slot = self._opened.enter_context(Slot())
        try:
            services = self._opened.enter_context(Services(slot.path, fsync=False, aof=False))
        except ServerError:
            slot.clear()
            services = self._opened.enter_context(Services(slot.path, fsync=False, aof=False))
        template = _template(services, schema.upgrade)
        return Servers(services.superuser_url, services.redis_url, template, str(slot.path))


class Slot:
    """A directory of this checkout that no other run is using: kept between runs, so that a warm start is quick."""

    def __enter__(self) -> Self:
        for each in (SLOTS.parent, SLOTS):
            make_data_dir(each, child.unprivileged())
        number = 0
        while not self._take(SLOTS / str(number)):
            number += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def _take(self, path: Path) -> bool:
        lock = path.with_suffix(".lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self.path, self._lock = path, lock
        return True

    def clear(self) -> None:
        """Begin again: a machine that stopped without warning may leave files that fit no more."""
        for each in (postgres.cluster(self.path, self.path).data, self.path):
            shutil.rmtree(each, ignore_errors=True)


def _template(services: Services, migrate: Callable[[str], None]) -> str:
    """The migrated database of the code as it stands; made anew when any line of it changed."""
    name = f"template_{_fingerprint()}"
    with psycopg.connect(roles.libpq(services.superuser_url), autocommit=True) as connection:
        have = [row[0] for row in connection.execute("SELECT datname FROM pg_database").fetchall()]
        for old in have:
            if old not in {name, "template0", "template1", "postgres", roles.DATABASE}:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(old)))
        if name not in have:
            half = f"{name}_half"
            roles.ensure_database(services.superuser_url, half)
            migrate(services.url(roles.OWNER, half))
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(sql.Identifier(half), sql.Identifier(name)))
    return name


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*.py")):
            digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def settings(database: Database, redis_url: str, data_dir: Path) -> Settings:
    """The settings of a desk under test."""
    return Settings(
        database_url=database.database_url,
        owner_database_url=database.owner_url,
        admin_database_url=database.superuser_url,
        redis_url=redis_url,
        secret_key="a secret only as long as it must be",
        base_url="http://localhost",
        mail_domain="desk.example",
        data_dir=data_dir,
        files_dir=data_dir / "files",
        demo=True,
        log_format="text",
    )


def rewind(database: Database) -> None:
    """Let the ids of every walled table begin at one again; rows of another tenant may then carry the same ones."""
    walled = [m.class_.__tablename__ for m in Base.registry.mappers if issubclass(m.class_, Walled)]
    with psycopg.connect(roles.libpq(database.owner_url), autocommit=True) as connection:
        connection.execute(
            "SELECT setval(pg_get_serial_sequence(c.relname, 'id'), 1, false) FROM pg_class c"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'id' AND a.attidentity <> ''"
            " WHERE c.relname = ANY(%s)",
            (walled,),
        )
