"""PostgreSQL is taken away under load: no acknowledged write is lost, pages say 503 and soon all is well."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import psutil
import psycopg

from msp.serve.roles import libpq
from tests.prove.kills_people import TOKEN, Browser, Deeds, Edge, Post, hidden, started
from tests.prove.kills_running import awaited, running

RESTARTS, WRITERS, PAUSE, HEALTHY = 20, 3, 8.0, 10.0
WORDS = "SELECT text FROM note UNION ALL SELECT text FROM message"


@dataclass
class Restarts:
    """Seconds until a page was right again after each restart, and what was found."""

    seconds: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    deeds: Deeds = field(default_factory=Deeds)

    @property
    def sentence(self) -> str:
        written = len(self.deeds.replies) + len(self.deeds.mails)
        seconds = f"healthy after at most {max(self.seconds):.1f} s"
        return f"{len(self.seconds)} restarts, {written:,} writes, {len(self.lost)} lost; {seconds}"

    @property
    def wrong(self) -> list[str]:
        cut = [f"{self.deeds.hung_up} requests were cut off"] if self.deeds.hung_up else []
        return [*self.lost, *self.twice, *sorted(set(self.deeds.odd)), *cut]


class Writer:
    """An agent who keeps notes on one ticket without a pause, and writes down which were acknowledged."""

    def __init__(self, browser: Browser, key: str, name: str, over: Event) -> None:
        self.browser, self.key, self.name, self.over = browser, key, name, over

    def work(self) -> None:
        number = 0
        while not self.over.is_set():
            status, page = self.browser.ask(f"/tickets/{self.key}?kind=note")
            if status == 200:
                number += 1
                token = f"n{number}-{self.name}"
                fields = {name: hidden(page, name) for name in ("csrf_token", "send_token")}
                given = {**fields, "kind": "note", "body": f"確認 {token}"}
                if self.browser.ask(f"/tickets/{self.key}/answer", given)[0] == 303:
                    self.browser.deeds.replies.add(token)
            self.over.wait(0.1)


def restart(folder: Path, times: int, say: Callable[[str], None], pause: float = PAUSE) -> Restarts:
    """Run a desk in the folder, load it, and take PostgreSQL away so many times."""
    found, over, post = Restarts(), Event(), Post()
    deeds = found.deeds
    controller = post.open()
    try:
        with running(folder, controller.port) as desk:
            address = desk.address()
            edge = Edge(address.listen_port, deeds, over)
            browsers = [Browser(address.port, deeds) for _ in range(WRITERS + 1)]
            for browser in browsers:
                browser.sign_in("agent@desk.example")
            edge.deliver("q1-first", "requester@acme.example", "印刷できません。", {"Subject": "複合機"})
            awaited(lambda: browsers[0].ask("/tickets/ACME-1")[0] == 200 and "there", "the first ticket")
            deeds.odd.clear()
            deeds.unavailable = deeds.hung_up = 0
            writers = [Writer(each, "ACME-1", f"w{n}", over) for n, each in enumerate(browsers[1:])]
            people = started(*(writer.work for writer in writers), lambda: _deliver(edge, over))
            for number in range(1, times + 1):
                time.sleep(pause)
                found.seconds.append(_take_away(desk.pid_of("postgres"), browsers[0]))
                say(f"restart {number}: a page after {found.seconds[-1]:.1f} s")
            time.sleep(pause)
            over.set()
            for person in people:
                person.join(30)
            _look(address.superuser_url, found)
            return found
    finally:
        controller.stop()


def _deliver(edge: Edge, over: Event) -> None:
    number = 1
    while not over.wait(1.0):
        number += 1
        edge.deliver(
            f"q1-{number}", f"person{number % 40}@acme.example", "印刷できません。", {"Subject": f"件 {number}"}
        )


def _take_away(pid: int | None, browser: Browser) -> float:
    """End the server as an immediate shutdown does; seconds until a page of the queue is right again."""
    begun = time.monotonic()
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)
        with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            psutil.Process(pid).wait(10)
    while browser.ask("/tickets")[0] != 200:
        time.sleep(0.1)
    return time.monotonic() - begun


def _look(url: str, found: Restarts) -> None:
    """What was acknowledged must stand; mails need some seconds until they are read."""
    until = time.monotonic() + 60
    while True:
        with psycopg.connect(libpq(url)) as connection:
            rows = connection.execute(WORDS).fetchall()
        stood = Counter(token for (text,) in rows for token in TOKEN.findall(text))
        found.lost = sorted((found.deeds.replies | found.deeds.mails) - stood.keys())
        if not found.lost or time.monotonic() > until:
            break
        time.sleep(2)
    found.twice = sorted(f"{token} stands {times} times" for token, times in stood.items() if times > 1)
