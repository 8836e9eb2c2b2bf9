"""A program under gunicorn as the Procfile runs the pages, on a free port of loopback."""

from __future__ import annotations

import signal
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from msp.serve import child
from msp.settings import PROJECT, surroundings

PATIENCE = 60.0
PLAIN: Mapping[str, str] = {}


class Served:
    """`program` is what gunicorn is told to serve; it is started at once and writes to `log`."""

    def __init__(self, program: str, port: int, workers: int, log: Path, given: Mapping[str, str] = PLAIN) -> None:
        self.port = port
        command = [sys.executable, "-m", "gunicorn", program, "-c", "python:msp.serve.pages"]
        command += ["--workers", str(workers), "--log-level", "warning", "--bind", f"127.0.0.1:{port}"]
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = child.private_log(log)
        self._process = child.spawn(
            command, farewell=signal.SIGTERM, env={**surroundings(), **given}, cwd=PROJECT, output=self._log
        )

    def wait(self) -> None:
        """Until it answers. Raises TimeoutError."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError(f"Nothing answers on port {self.port}; see {self._log.name}.")

    def memory(self) -> list[int]:
        """Resident bytes of each worker."""
        workers = psutil.Process(self._process.pid).children()
        return [worker.memory_info().rss for worker in workers]

    def stop(self) -> None:
        child.stop(self._process, (signal.SIGTERM, 10.0))
        self._log.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
