"""The desk of kills_desk as a process of ours: started, found again by its parts, ended with all below it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

import psutil

from msp.serve import child
from msp.settings import PROJECT, surroundings
from tests.prove.kills_desk import Address, address_in

T = TypeVar("T")
PATIENCE: Final = 90.0
MARKS: Final = {
    "web": "msp.app:create_app()",
    "mail worker": "worker mail",
    "documents worker": "worker documents",
    "upkeep worker": "worker upkeep",
    "clock": " clock",
    "listener": "mail listen",
    "redis": "redis-server",
    "postgres": "postgres -D",
}
"""What stands in the command line of each part; a part may die, or one process below it (`web child`)."""
CHILD: Final = " child"


class Running:
    """One desk in a folder; what it says stands in a log beside it."""

    def __init__(self, folder: Path, smtp_port: int) -> None:
        self.folder = folder
        self.log = folder.with_suffix(".log")
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "tests.prove.kills_desk", str(folder), str(smtp_port)]
            self.process = child.spawn(command, farewell=signal.SIGTERM, env=surroundings(), cwd=PROJECT, output=log)

    def address(self) -> Address:
        """Where it is, once it stands."""
        return awaited(lambda: self._alive() and address_in(self.folder), "an address")

    def pid_of(self, victim: str) -> int | None:
        """The process of a part, or one below it; None while there is none."""
        for part in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                if MARKS[victim.removesuffix(CHILD)] in " ".join(part.cmdline()):
                    below = [each.pid for each in part.children() if _does_our_work(each)]
                    return part.pid if not victim.endswith(CHILD) else below[-1] if below else None
        return None

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-6000:]

    def stop(self) -> None:
        """In order; whatever is left after a minute is killed."""
        below = psutil.Process(self.process.pid).children(recursive=True) if self.process.poll() is None else []
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(60)
        for each in below:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        self.process.kill()
        self.process.wait()

    def _alive(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError("The desk ended by itself.")
        return True


@contextmanager
def running(folder: Path, smtp_port: int) -> Iterator[Running]:
    desk = Running(folder, smtp_port)
    try:
        yield desk
    except Exception as error:
        error.add_note(f"The end of what the desk said:\n{desk.said()}")
        raise
    finally:
        desk.stop()


def awaited(look: Callable[[], T | bool | None], what: str, patience: float = PATIENCE) -> T:
    """What `look` finds in the end. Raises TimeoutError."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        found = look()
        if found is not None and not isinstance(found, bool):
            return found
        time.sleep(0.1)
    raise TimeoutError(f"Waited {patience:.0f} s for {what}.")


def _does_our_work(process: psutil.Process) -> bool:
    """Of gunicorn's children any, of PostgreSQL's a session of the application."""
    line = " ".join(process.cmdline())
    return not line.startswith("postgres:") or "msp_app" in line
