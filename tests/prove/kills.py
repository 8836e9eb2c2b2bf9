"""kill -9 of web, workers, clock, listener, Redis and PostgreSQL in turn while people work: nothing lost, nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from threading import Event

import click
import psutil
import psycopg

from msp.serve.roles import libpq
from msp.settings import PROJECT, surroundings
from tests.prove.kills_desk import Address, address_in
from tests.prove.kills_people import TOKEN, Agent, Browser, Clients, Deeds, Edge, Post, started

KILLS, PAUSE, GRACE = 100, 6.5, 120.0
PATIENCE = 90.0
VICTIMS = ("web", "mail worker", "clock", "redis", "postgres", "web child", "worker", "listener", "postgres child")
MARKS = {
    "web": ("msp.app:create_app()",),
    "mail worker": ("worker mail",),
    "worker": ("worker escalations", "worker documents", "worker upkeep"),
    "clock": ("msp clock",),
    "listener": ("mail listen",),
    "redis": ("redis-server",),
    "postgres": ("postgres -D",),
}


@dataclass
class Report:
    """What was found; all of it but the last four must be zero."""

    lost_mails: list[str] = field(default_factory=list)
    lost_replies: list[str] = field(default_factory=list)
    lost_events: int = 0
    doubled: list[str] = field(default_factory=list)
    undone: int = 0
    parked: int = 0
    second_ids: list[str] = field(default_factory=list)
    unsent: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    sent_again: int = 0
    latest: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)

    @property
    def holds(self) -> bool:
        bad = (self.lost_mails, self.lost_replies, self.doubled, self.second_ids, self.unsent, self.odd)
        return not any(bad) and not (self.lost_events or self.undone or self.parked)

    def lines(self) -> Iterator[str]:
        """The table."""
        yield f"kills                              {self.killed.total():>6}   {dict(self.killed)}"
        for name, number in self.counts.items():
            yield f"{name:<34} {number:>6}"
        for name, found in (
            ("acknowledged mails lost", self.lost_mails),
            ("acknowledged replies lost", self.lost_replies),
            ("messages that stand twice", self.doubled),
            ("replies that did not reach anybody", self.unsent),
            ("mails under a second Message-ID", self.second_ids),
            ("pages other than right or 503", self.odd),
        ):
            yield f"{name:<34} {len(found):>6}   {found[:6] or ''}"
        yield f"events lost or twice               {self.lost_events:>6}"
        yield f"work left undone                   {self.undone:>6}"
        yield f"work parked                        {self.parked:>6}"
        yield f"taken twice under one Message-ID   {self.sent_again:>6}   (the sender died after the server's 250)"
        yield f"longest wait of a row of work      {self.latest:>6.1f} s"


class Running:
    """The desk as a process of ours, with those below it."""

    def __init__(self, folder: Path, smtp_port: int) -> None:
        self.folder = folder
        self.log = folder.with_suffix(".log").open("ab")
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "tests.prove.kills_desk", str(folder), str(smtp_port)],
            cwd=PROJECT,
            env={**surroundings(), "WEB_WORKERS": "2"},
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def address(self) -> Address:
        """Once the desk has one."""
        return awaited(lambda: self._alive() and address_in(self.folder), "the desk's address")

    def pid_of(self, victim: str) -> int | None:
        """A process of that sort that runs now."""
        kind, _, below = victim.partition(" child")
        named = kind if below == "" and not victim.endswith(" child") else victim.removesuffix(" child")
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.process.pid).children():
                if any(mark in " ".join(child.cmdline()) for mark in MARKS[named]):
                    if not victim.endswith(" child"):
                        return child.pid
                    backends = [each for each in child.children() if _is_worker(each)]
                    return backends[-1].pid if backends else None
        return None

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            for each in psutil.Process(self.process.pid).children(recursive=True):
                each.kill()
            self.process.kill()
            self.process.wait()
        self.log.close()

    def _alive(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"The desk ended by itself; see {self.log.name}.")
        return True


def _is_worker(process: psutil.Process) -> bool:
    """Of PostgreSQL's children a session of the application, of gunicorn's any."""
    line = " ".join(process.cmdline())
    return "postgres:" not in line or "msp_app" in line


def awaited[T](look: Callable[[], T | None | bool], what: str, patience: float = PATIENCE) -> T: ...
