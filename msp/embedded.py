"""PostgreSQL and Redis for one machine, out of their wheels: nothing to install, nothing left behind."""

import fcntl
import hashlib
import os
import secrets
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from msp.serve import child, postgres, roles
from msp.serve.child import Account
from msp.serve.postgres import ServerError
from msp.serve.valkey import TERM, Bell
from msp.settings import PROJECT, Settings

PATIENCE: Final = 90.0
"""Seconds to wait for a server that somebody else is starting."""


FAREWELLS: Final = {"postgres": (postgres.FAST, postgres.IMMEDIATE), "redis": (TERM,)}


class Services:
    """The two servers of one data directory. The first who comes starts them and stops them at the end; others join.

    Use as a context manager, from the main thread: the servers end with the thread that started them.
    """

    def __init__(self, data_dir: Path, *, fsync: bool = True, aof: bool = True) -> None:
        self.data_dir = data_dir.resolve()
        self.fsync = fsync
        self.aof = aof
        self.is_owner = False
        self._open = ExitStack()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        name = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:12]
        self.sockets = Path("/tmp") / f"msp-{os.geteuid()}-{name}"  # noqa: S108  # made private in _prepare
        self._bell = Bell(self.data_dir / "redis", self.data_dir / "redis.log", self.sockets / "redis.sock")

    def url(self, role: str, database: str = roles.DATABASE) -> str:
        """The SQLAlchemy URL of a role in a database of this cluster."""
        return f"postgresql+psycopg://{role}@/{database}?host={quote(str(self.sockets), safe='/')}"

    @property
    def database_url(self) -> str:
        """As the application sees it: a role that owns nothing."""
        return self.url(roles.APP)

    @property
    def owner_url(self) -> str:
        """As migrations see it."""
        return self.url(roles.OWNER)

    @property
    def backup_url(self) -> str:
        """As the backup sees it: everything, but only to read."""
        return self.url(roles.BACKUP)

    @property
    def superuser_url(self) -> str:
        """Of the database `postgres`; only to make roles and databases."""
        return self.url(postgres.SUPERUSER, "postgres")

    @property
    def redis_url(self) -> str:
        """Redis' database 0."""
        return f"unix://{self._bell.socket}?db=0"

    def __enter__(self) -> Self:
        account = child.unprivileged()
        make_data_dir(self.data_dir, account)
        until = time.monotonic() + PATIENCE
        while not self._lead():
            if (self.data_dir / "ready").exists() and postgres.answers(self.sockets) and self._bell.answers():
                return self
            if time.monotonic() > until:
                raise ServerError(f"Somebody else has been starting the servers of {self.data_dir} for too long.")
            time.sleep(0.05)
        with self._open as opened:
            self._prepare(account)
            opened.callback(self._tidy)
            self._start(opened)
            self._open = opened.pop_all()
            self.is_owner = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        self.is_owner = False

    @property
    def rows_dir(self) -> Path:
        """Where PostgreSQL keeps its files: in the data directory, or where its account may go when we are root."""
        return postgres.cluster(self.data_dir, self.sockets).data

    @property
    def pids(self) -> dict[str, int]:
        """The processes of `postgres` and `redis`, while they are ours."""
        return {name: server.pid for name, server in self._running.items()}

    def revive(self) -> list[str]:
        """Start again whichever server of ours has ended by itself; their names."""
        dead = [name for name, server in self._running.items() if server.poll() is not None]
        for name in dead:
            self._running[name] = self._starters()[name]()
        return dead

    def _lead(self) -> bool:
        lock = (self.data_dir / "services.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._open.callback(lock.close)
        return True

    def _starters(self) -> dict[str, Callable[[], "subprocess.Popen[bytes]"]]:
        return {
            "postgres": lambda: postgres.cluster(self.data_dir, self.sockets).start(fsync=self.fsync),
            "redis": lambda: self._bell.start(aof=self.aof),
        }

    def _start(self, opened: ExitStack) -> None:
        ready = self.data_dir / "ready"
        ready.unlink(missing_ok=True)
        for name, start in self._starters().items():
            self._running[name] = start()
            opened.callback(self._end, name)
        roles.ensure_roles(self.superuser_url, dict.fromkeys(roles.RIGHTS))
        roles.ensure_database(self.superuser_url, roles.DATABASE)
        ready.touch()
        opened.callback(ready.unlink, missing_ok=True)

    def _end(self, name: str) -> None:
        child.stop(self._running.pop(name), *FAREWELLS[name])

    def _prepare(self, account: Account | None) -> None:
        """The directory of the sockets: private, and refused when a stranger made it before us."""
        owner = account.uid if account else os.geteuid()
        with suppress(FileExistsError):
            postgres.private_dir(self.sockets, account)
        found = self.sockets.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != 0o700:
            raise ServerError(f"{self.sockets} is not a private directory of ours: please remove it.")

    def _tidy(self) -> None:
        """Take the directory of the sockets away; what a server that was killed left in it keeps it."""
        with suppress(OSError):
            self.sockets.rmdir()


def make_data_dir(path: Path, account: Account | None) -> None:
    """Private for a person; for root passable, so that the account of PostgreSQL reaches its own part of it."""
    path.mkdir(mode=0o711 if account else 0o700, parents=True, exist_ok=True)


def kept_secret(data_dir: Path) -> str:
    """The signing key of an installation that was given none: made once, readable for us only."""
    path = data_dir / "secret_key"
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii")


def stand_ins(services: Services, *, port: int = 8000) -> Mapping[str, str]:
    """The variables a demo desk on this machine need not be told."""
    return {
        "DATABASE_URL": services.database_url,
        "OWNER_DATABASE_URL": services.owner_url,
        "ADMIN_DATABASE_URL": services.superuser_url,
        "REDIS_URL": services.redis_url,
        "SECRET_KEY": kept_secret(services.data_dir),
        "PORT": str(port),
        "MSP_BASE_URL": f"http://localhost:{port}",
        "MSP_DATA_DIR": str(services.data_dir),
        "MSP_MAIL_DOMAIN": "desk.example",
        "MSP_DEMO": "yes",
        "MSP_LOG_FORMAT": "text",
    }


@contextmanager
def standing(data_dir: Path = PROJECT / "var") -> Iterator[Settings]:
    """Settings to work with: those of the environment, else those of embedded servers, started or joined."""
    if Settings.is_given("database_url") or Settings.is_given("redis_url"):
        yield Settings.read()
        return
    with Services(data_dir) as services:
        yield Settings.read(stand_ins(services))
