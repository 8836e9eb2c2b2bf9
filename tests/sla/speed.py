"""How fast one core counts and folds: python -m tests.sla.speed."""

import sys
import time
from collections.abc import Callable

from sla.rules.calendar import Calendar, span
from sla.rules.clock import fold
from sla.rules.contract import terms
from sla.rules.events import Event
from sla.rules.hours import Hours
from sla.rules.ladder import Rung
from sla.rules.reading import instant

BARS = {"elapsed": 500_000, "add": 300_000, "fold": 10_000}
START = instant("2016-06-01T00:00:00Z")
DAY = 86_400


def rates(rounds: int = 200_000) -> dict[tuple[str, str], int]:
    """Calls a second, by what and over how long."""
    day = (span("09:00", "12:00"), span("13:00", "18:00"))
    hours = Hours(Calendar("Europe/Berlin", (*(day,) * 5, (), ())))
    ladder = [Rung("resolution", step) for step in ("50%", "75%", "100%")]
    targets = {"P1": {"first_response": 3_600, "next_response": 7_200, "resolution": 8 * 3_600}}
    promised = {"std": terms("std", {"office": hours}, "office", targets, ladder=ladder)}
    found = {}
    for name, length in (("a day", DAY), ("nine years", 9 * 365 * DAY)):
        open_time = hours.elapsed(START, START + length)
        story = [
            Event(START, "created", priority="P1"),
            Event(START + length // 20, "agent_reply"),
            Event(START + length // 2, "status", to="resolved"),
        ]
        found["elapsed", name] = _rate(lambda at, length=length: hours.elapsed(at, at + length), rounds)  # type: ignore[misc]
        found["add", name] = _rate(lambda at, open_time=open_time: hours.add(at, open_time), rounds)  # type: ignore[misc]
        found["fold", name] = _rate(
            lambda _at, story=story, length=length: fold(story, promised, "std", START + length),  # type: ignore[misc]
            rounds // 20,
        )
    return found


def _rate(call: Callable[[int], object], rounds: int) -> int:
    begin = time.process_time_ns()
    for i in range(rounds):
        call(START + 7 * i)
    return rounds * 10**9 // (time.process_time_ns() - begin)


if __name__ == "__main__":
    for (what, over), rate in rates().items():
        sys.stdout.write(f"{what:8} over {over:11} {rate:>9,} a second (bar {BARS[what]:,})\n")
