"""What suffers in the proof of the clocks: parts that are killed and come again, servers taken away, and who hears."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import psutil
from redis import Redis
from redis.exceptions import RedisError

from msp.embedded import Services
from msp.serve import child
from msp.settings import PROJECT, Settings, surroundings

Occasion = tuple[str, ...]
Heard = list[tuple[str, Occasion]]
SENDERS = ("worker mail", "worker webhooks")


@dataclass
class Ear:
    """Another program: the delivery ids it heard, and what each was about."""

    heard: Heard = field(default_factory=list)

    @contextmanager
    def open(self) -> Iterator[int]:
        """Listen on a free port of loopback."""
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                promise = body["promise"]
                heard.append((self.headers["Webhook-Id"], (body["ticket"]["key"], promise["metric"], promise["step"])))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()


@dataclass
class Parts:
    """Processes of a desk that die and come again; `senders` counts the deaths of those who send things out."""

    settings: Settings
    commands: list[str]
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    kills: int = 0
    senders: int = 0

    def start(self) -> None:
        self.running = [self._spawn(command) for command in self.commands]

    def kill_one(self, chance: random.Random) -> None:
        """Without a word; another takes its place at once."""
        place = chance.randrange(len(self.running))
        self.running[place].kill()
        self.running[place].wait()
        self.kills += 1
        self._again(place)

    def revive(self) -> None:
        """Whoever ended by itself, since a server was away when it began, comes again as under any supervisor."""
        for place, process in enumerate(self.running):
            if process.poll() is not None:
                self._again(place)

    def stop(self) -> None:
        for process in self.running:
            child.stop(process, (signal.SIGTERM, 10.0))

    def _again(self, place: int) -> None:
        self.senders += self.commands[place] in SENDERS
        self.running[place] = self._spawn(self.commands[place])

    def _spawn(self, command: str) -> subprocess.Popen[bytes]:
        given = replace(self.settings, owner_database_url="", admin_database_url="").environment()
        with child.private_log(self.settings.data_dir / "parts.log") as log:
            return child.spawn(
                [sys.executable, "-m", "msp.cli", *command.split()],
                farewell=signal.SIGTERM,
                env={**surroundings(), **given},
                cwd=PROJECT,
                output=log,
            )


@dataclass
class Ground:
    """The servers below, as they are taken away."""

    services: Services
    flushed: int = 0
    restarts: int = 0

    def forget(self) -> None:
        """Redis loses all it has, and every bell with it."""
        with suppress(RedisError), Redis.from_url(self.services.redis_url) as redis:
            redis.flushall()
            self.flushed += 1

    def restart(self) -> None:
        """PostgreSQL ends as an immediate shutdown does, and comes back through its log."""
        self._end("postgres", signal.SIGQUIT)
        self.services.revive()
        self.restarts += 1

    @contextmanager
    def without_redis(self) -> Iterator[None]:
        """Redis is gone meanwhile, killed without a word."""
        self._end("redis", signal.SIGKILL)
        try:
            yield
        finally:
            self.services.revive()

    def _end(self, name: str, how: signal.Signals) -> None:
        server = psutil.Process(self.services.pids[name])
        server.send_signal(how)
        server.wait(20)
