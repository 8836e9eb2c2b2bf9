"""Redis emptied, killed and absent while promises are missed: every escalation is told, once, soon after it is back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
import redis

from msp.serve.roles import libpq
from tests.prove.kills_people import Deeds, Edge, Post
from tests.prove.kills_running import Running, awaited, running

ROUNDS, LATE, GRACE = 100, 60.0, 90.0
FAULTS = ("flushed", "killed", "absent")
ABSENT, PAUSE = 6.0, 3.0
READY = "SELECT tenant_id, id FROM ticket WHERE next_due_at IS NOT NULL ORDER BY id"
MISSED = (
    "UPDATE event SET at = at - interval '7 days' WHERE (tenant_id, ticket_id) = (%(tenant)s, %(ticket)s)",
    "UPDATE message SET at = at - interval '7 days' WHERE (tenant_id, ticket_id) = (%(tenant)s, %(ticket)s)",
    "UPDATE ticket SET opened_at = opened_at - interval '7 days', next_due_at = now()"
    " WHERE (tenant_id, id) = (%(tenant)s, %(ticket)s)",
)
"""A week passes for one ticket, as its superuser alone can make it."""
TOLD = "SELECT tenant_id, ticket_id, extract(epoch FROM told_at) FROM escalation"
NOTICES = """
SELECT e.tenant_id, e.id, count(n.id) FROM escalation e
LEFT JOIN notice n ON n.key = 'escalation:' || e.tenant_id || ':' || e.id GROUP BY 1, 2
"""
STEPS, ADDRESSEES = 2, 2
"""A ticket of the proofs misses its answer and its solution; its owner and the lead hear of each."""


@dataclass
class Rounds:
    """When Redis was back after each ticket's promises were missed, and what came of them."""

    back: dict[tuple[int, int], float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    latest: float = 0.0

    @property
    def sentence(self) -> str:
        told = f"{len(self.back) * STEPS} escalations, {len(self.wrong)} lost, late or told twice"
        return f"{len(self.back)} rounds, {told}; at most {self.latest:.1f} s after recovery"


def take_away(folder: Path, rounds: int, say: Callable[[str], None]) -> Rounds:
    """Run a desk in the folder; in each round a ticket's promises are missed while Redis suffers."""
    found, post, deeds = Rounds(), Post(), Deeds()
    controller = post.open()
    try:
        with running(folder, controller.port) as desk:
            address = desk.address()
            tickets = _open(Edge(address.listen_port, deeds, Event()), address.superuser_url, rounds)
            for number, (ticket, fault) in enumerate(zip(tickets, cycle(FAULTS), strict=False), start=1):
                found.back[ticket] = _suffer(
                    desk, address.redis_url, fault, partial(_miss, address.superuser_url, ticket)
                )
                say(f"round {number}: {fault}")
                time.sleep(PAUSE)
            _look(address.superuser_url, found)
            return found
    finally:
        controller.stop()


def _open(edge: Edge, url: str, rounds: int) -> list[tuple[int, int]]:
    """So many tickets with promises that are not due yet."""
    for number in range(rounds):
        sender = f"person{number % 40}@acme.example"
        edge.deliver(f"q1-{number}", sender, "印刷できません。", {"Subject": f"複合機 {number}"})

    def all_there() -> list[tuple[int, int]] | None:
        found = [(tenant, ticket) for tenant, ticket in _rows(url, READY)]
        return found if len(found) >= rounds else None

    return awaited(all_there, f"{rounds} tickets", 300)


def _suffer(desk: Running, redis_url: str, fault: str, meanwhile: Callable[[], None]) -> float:
    """Do something to Redis while the promises are missed. The instant (epoch seconds) at which it was well again."""
    if fault == "flushed":
        meanwhile()
        for _ in range(4):
            with suppress(redis.RedisError), redis.Redis.from_url(redis_url) as client:
                client.flushall()
            time.sleep(0.5)
        return time.time()
    pid = awaited(lambda: desk.pid_of("redis"), "Redis")
    if fault == "killed":
        os.kill(pid, signal.SIGKILL)
        meanwhile()
    else:
        os.kill(pid, signal.SIGSTOP)
        meanwhile()
        time.sleep(ABSENT)
        os.kill(pid, signal.SIGCONT)
    awaited(lambda: _answers(redis_url) and "well", "Redis to answer")
    return time.time()


def _answers(redis_url: str) -> bool:
    with suppress(redis.RedisError), redis.Redis.from_url(redis_url, socket_timeout=1) as client:
        return bool(client.ping())
    return False


def _miss(url: str, ticket: tuple[int, int]) -> None:
    with psycopg.connect(libpq(url)) as connection:
        for statement in MISSED:
            connection.execute(statement, {"tenant": ticket[0], "ticket": ticket[1]})


def _look(url: str, found: Rounds) -> None:
    until = time.monotonic() + GRACE
    while time.monotonic() < until:
        told = [row for row in _rows(url, TOLD) if row[2] is not None]
        if len(told) >= len(found.back) * STEPS:
            break
        time.sleep(1)
    for ticket, back in found.back.items():
        at = [float(when) for tenant, number, when in told if (tenant, number) == ticket]
        found.wrong += [f"ticket {ticket}: {len(at)} of {STEPS} steps told"] if len(at) != STEPS else []
        found.latest = max([found.latest, *(when - back for when in at)])
        found.wrong += [f"ticket {ticket}: {when - back:.0f} s late" for when in at if when - back > LATE]
    found.wrong += [
        f"escalation {tenant}:{number}: {times} notices for {ADDRESSEES} people"
        for tenant, number, times in _rows(url, NOTICES)
        if times != ADDRESSEES
    ]


def _rows(url: str, question: str) -> Sequence[tuple[Any, ...]]:
    with psycopg.connect(libpq(url), connect_timeout=5) as connection:
        return connection.execute(question.encode()).fetchall()
