"""kill -9 of every part of a desk in turn while people work: nothing is lost and nothing comes twice."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from threading import Event
from typing import Any

import click
import psycopg

from msp.serve.roles import libpq
from tests.prove.kills_people import TOKEN, Agent, Browser, Clients, Deeds, Edge, Post, started
from tests.prove.kills_running import Running, awaited, running

KILLS, PAUSE, GRACE = 100, 6.0, 150.0
VICTIMS = (
    *("web", "mail worker", "clock", "redis", "postgres"),
    *("web child", "documents worker", "listener", "redis", "postgres child"),
    *("web", "mail worker", "clock", "upkeep worker", "postgres"),
)
WORK = """
SELECT count(*) FROM work WHERE done_at IS NULL
AND (kind LIKE 'mail.%' AND kind <> 'mail.waiting' OR available_at < now() - interval '5 s')
"""
MESSAGES = "SELECT text FROM message"
EVENTS = """
SELECT abs((SELECT count(*) FROM message WHERE by = 'agent') - (SELECT count(*) FROM event WHERE type = 'replied'))
     + abs((SELECT count(*) FROM ticket) - (SELECT count(*) FROM event WHERE type = 'opened'))
     + abs((SELECT count(*) FROM message WHERE by = 'client') - (SELECT count(*) FROM ticket)
           - (SELECT count(*) FROM event WHERE type = 'answered'))
"""
WAITED = "SELECT coalesce(max(extract(epoch FROM done_at - available_at)), 0) FROM work WHERE kind LIKE 'mail.%'"


@dataclass
class Report:
    """What was found. `nothing` must stay empty; the rest is told."""

    nothing: dict[str, list[str]] = field(default_factory=dict)
    told: dict[str, object] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return not any(self.nothing.values())

    def lines(self) -> Iterator[str]:
        """The table."""
        for name, value in self.told.items():
            yield f"  {name:<44} {value}"
        for name, found in self.nothing.items():
            yield f"  {name:<44} {len(found)}{'   ' + ', '.join(found[:8]) if found else ''}"


class Killer:
    """One part after the other, each once it is up again."""

    def __init__(self, desk: Running) -> None:
        self.desk = desk
        self.killed: Counter[str] = Counter()

    def kill(self, victim: str) -> None:
        """Raises TimeoutError when the part did not come back."""
        pid = awaited(lambda: self.desk.pid_of(victim), f"{victim} to come back")
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.killed[victim] += 1


def prove(kills: int, say: Callable[[str], None], pause: float = PAUSE) -> Report:
    """Run a desk, let people work, kill so many times, wait until all is quiet, and look what became of it."""
    post, deeds, over = Post(), Deeds(), Event()
    controller = post.open()
    with tempfile.TemporaryDirectory(prefix="msp-kills-") as scratch:
        folder = Path(scratch) / "desk"
        folder.parent.chmod(0o711)
        try:
            with running(folder, controller.port) as desk:
                address = desk.address()
                browser = Browser(address.port, deeds)
                browser.sign_in("agent@desk.example")
                agent = Agent(browser, deeds, over)
                clients = Clients(Edge(address.listen_port, deeds, over), post, over, pause / 2)
                people = started(clients.write, clients.answer, agent.work)
                time.sleep(pause)
                deeds.unavailable = deeds.hung_up = 0
                killer = Killer(desk)
                _kill(killer, kills, pause, say)
                time.sleep(pause)
                over.set()
                for person in people:
                    person.join(60)
                waited = _settle(address.superuser_url, say)
                report = _looked_at(address.superuser_url, post, deeds, killer.killed, waited)
                if not report.holds:
                    say(f"What the desk said is kept in {shutil.copy(desk.log, tempfile.gettempdir())}")
                return report
        finally:
            controller.stop()


def _kill(killer: Killer, kills: int, pause: float, say: Callable[[str], None]) -> None:
    begun = time.monotonic()
    for number, victim in zip(range(1, kills + 1), cycle(VICTIMS), strict=False):
        killer.kill(victim)
        if number % 10 == 0:
            say(f"{number} kills in {time.monotonic() - begun:.0f} s")
        time.sleep(max(0.0, begun + number * pause - time.monotonic()))


def _settle(url: str, say: Callable[[str], None]) -> float:
    """Wait until no mail is under way and no other work late. Seconds it took, at most the grace time."""
    begun = time.monotonic()
    while time.monotonic() - begun < GRACE:
        with suppress(psycopg.OperationalError):
            ((late,),) = _rows(url, WORK)
            if late == 0:
                break
            say(f"{late} rows of work are not done yet")
        time.sleep(3)
    return time.monotonic() - begun


def _looked_at(url: str, post: Post, deeds: Deeds, killed: Counter[str], waited: float) -> Report:
    stood = Counter(token for (text,) in _rows(url, MESSAGES) for token in TOKEN.findall(text))
    reached: dict[str, set[str]] = defaultdict(set)
    for message_id, mail in post.taken:
        content = str(mail.get_content())
        for token in TOKEN.findall(content) or [f"{mail['To']} {mail['Subject']} {content}"]:
            reached[token].add(message_id)
    ((events,),), ((undone,),), ((longest,),) = _rows(url, EVENTS), _rows(url, WORK), _rows(url, WAITED)
    parked = [
        f"{kind}: {error}"
        for kind, error in _rows(url, "SELECT kind, last_error FROM work WHERE parked_at > '-infinity'")
    ]
    return Report(
        nothing={
            "acknowledged mails lost": sorted(deeds.mails - stood.keys()),
            "acknowledged replies lost": sorted(deeds.replies - stood.keys()),
            "acknowledged replies that reached nobody": sorted(deeds.replies - reached.keys()),
            "messages that stand twice": sorted(token for token, times in stood.items() if times > 1),
            "mails under a second Message-ID": sorted(token for token, ids in reached.items() if len(ids) > 1),
            "events lost or twice": ["?"] * int(events),
            "rows of work left undone": ["?"] * int(undone),
            "rows of work parked": parked,
            "answers of pages neither right nor 503": sorted(set(deeds.odd)),
        },
        told={
            "kills": f"{killed.total()}  ({', '.join(f'{name} {times}' for name, times in killed.items())})",
            "mails acknowledged": len(deeds.mails),
            "replies acknowledged": len(deeds.replies),
            "mails at the SMTP server": len(post.taken),
            "of these again under the same Message-ID": len(post.taken) - len({one for one, _ in post.taken}),
            "pages that said 503 / connections cut": f"{deeds.unavailable} / {deeds.hung_up}",
            "seconds until all work was done": f"{waited:.0f}",
            "longest wait of a row of mail work": f"{float(longest):.1f} s",
        },
    )


def _rows(url: str, question: str) -> Sequence[tuple[Any, ...]]:
    with psycopg.connect(libpq(url), connect_timeout=5) as connection:
        return connection.execute(question.encode()).fetchall()


def main(arguments: Sequence[str]) -> int:
    kills = int(arguments[0]) if arguments else KILLS
    report = prove(kills, click.echo)
    for line in report.lines():
        click.echo(line)
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
