"""One desk on one machine: settings that fit it, its rows, its processes."""

import fcntl
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from msp.embedded import Services, make_data_dir, stand_ins
from msp.serve import child, example, ports, schema
from msp.serve.catalogues import compile_catalogues
from msp.serve.postgres import ServerError
from msp.serve.procfile import Program
from msp.serve.supervisor import Supervisor
from msp.settings import PROJECT, Settings, surroundings

HEAD_START: Final = 5.0
"""Seconds for which the pages, first in the Procfile, load alone, so that somebody who waits for them waits less."""

Say = Callable[[str, str], None]


class Desk:
    """A desk that is being run from this checkout; there is one at a time."""

    def __init__(self, settings: Settings, services: Services | None, say: Say) -> None:
        self.settings = settings
        self._services = services
        self._say = say
        self._began = time.monotonic()
        self._knock = ports.Knock(settings.host, settings.port)
        self._is_open = False

    def prepare(self) -> None:
        """Texts, tables, and on a desk to try the first rows."""
        if self._services and self._services.data_dir not in self._services.rows_dir.parents:
            self._say("msp", f"PostgreSQL keeps its rows in {self._services.rows_dir}")
        compile_catalogues()
        schema.upgrade(self.settings.owner_database_url)
        if example.fill_once(self.settings):
            self._say("msp", "The desk has been filled with an example.")

    def run(self, programs: Sequence[Program]) -> None:
        """Run the programs until a signal comes."""
        self._supervisor = Supervisor(
            programs,
            env=self._environment(),
            cwd=PROJECT,
            say=self._say,
            each_round=self._look_after,
            head_start=HEAD_START,
        )
        try:
            self._supervisor.run()
        finally:
            self._knock.close()

    def _environment(self) -> dict[str, str]:
        """What the processes are told: all settings but the roles that are mightier than they need."""
        around = surroundings()
        path = f"{Path(sys.executable).parent}:{around.get('PATH', child.PLAIN['PATH'])}"
        settings = replace(self.settings, owner_database_url="", admin_database_url="")
        return {**around, **settings.environment(), "PATH": path, "PYTHONUNBUFFERED": "1"}

    def _look_after(self) -> None:
        for name in self._services.revive() if self._services else ():
            self._say("msp", f"{name} had ended and was started again")
        if not self._is_open and self._knock.is_answered():
            self._is_open = True
            self._supervisor.hurry()
            for line in self._welcome():
                self._say("", line)

    def _welcome(self) -> Iterator[str]:
        seconds = time.monotonic() - self._began
        yield ""
        yield f"The desk is open at {self.settings.base_url} (after {seconds:.1f} s)"
        for what, address, password in example.sign_ins(self.settings):
            yield f"  {what:<16} {address:<32} {password}"
        yield "Stop with Ctrl-C."
        yield ""


@contextmanager
def open_desk(data_dir: Path, say: Say) -> Iterator[Desk]:
    """The desk of this checkout, with the servers the environment names or with its own.

    Raises ServerError, with the address, when it is already open.
    """
    with Services(data_dir) if not _is_elsewhere() else _nothing() as services:
        given = Settings.read(stand_ins(services) if services else None)
        make_data_dir(given.data_dir, child.unprivileged() if services else None)
        with (given.data_dir / "run.lock").open("a+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise ServerError(f"This desk is already open at {lock.read()}: stop it there with Ctrl-C.") from None
            settings = on_free_ports(given, say)
            lock.truncate(0)
            lock.write(settings.base_url)
            lock.flush()
            yield Desk(settings, services if services and services.is_owner else None, say)


def on_free_ports(settings: Settings, say: Say) -> Settings:
    """The settings with each busy port replaced by the next free one, which is said aloud."""
    wanted = {"port": settings.host, "events_port": settings.host, "listen_port": settings.listen_host}
    chosen: dict[str, int] = {}
    for name, host in wanted.items():
        port = getattr(settings, name)
        chosen[name] = ports.next_free(host, port, chosen.values())
        if chosen[name] != port:
            say("msp", f"Port {port} is in use, so we take {chosen[name]}")
    base_url = settings.base_url
    if not Settings.is_given("base_url"):
        base_url = f"http://{ports.named(settings.host)}:{chosen['port']}"
    return replace(
        settings,
        base_url=base_url,
        port=chosen["port"],
        events_port=chosen["events_port"],
        listen_port=chosen["listen_port"],
    )


def _is_elsewhere() -> bool:
    return Settings.is_given("database_url") or Settings.is_given("redis_url")


@contextmanager
def _nothing() -> Iterator[None]:
    yield None
