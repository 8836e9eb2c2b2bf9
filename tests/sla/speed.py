"""How fast one core counts and folds: python -m tests.sla.speed."""

import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from datetime import time as clock
from zoneinfo import ZoneInfo

import businesstimedelta  # type: ignore[import-untyped]
import pytz  # type: ignore[import-untyped]

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
SPANS = {"a day": DAY, "nine years": 9 * 365 * DAY}
BERLIN = "Europe/Berlin"
OFFICE = ((clock(9), clock(12)), (clock(13), clock(18)))


def rates(rounds: int = 200_000) -> dict[tuple[str, str], float]:
    """Calls a second, by what and over how long."""
    hours = office()
    ladder = [Rung("resolution", step) for step in ("50%", "75%", "100%")]
    targets = {"P1": {"first_response": 3_600, "next_response": 7_200, "resolution": 8 * 3_600}}
    promised = {"std": terms("std", {"office": hours}, "office", targets, ladder=ladder)}
    found = {}
    for name, length in SPANS.items():
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


def office() -> Hours:
    """What all of them count by."""
    day = (span("09:00", "12:00"), span("13:00", "18:00"))
    return Hours(Calendar(BERLIN, (*(day,) * 5, (), ())))


def beside(rounds: int = 500, spans: Iterable[str] = SPANS) -> dict[tuple[str, str], float]:
    """Calls of `elapsed` a second of two others that count the same office, by whom and over how long."""
    found = {}
    for name in spans:
        length = SPANS[name]
        times = max(1, rounds * DAY // length)
        for who, count in (("minute by minute", stepped), ("businesstimedelta", measured)):
            found[who, name] = _rate(lambda at, count=count, length=length: count(at, at + length), times)  # type: ignore[misc]
    return found


def stepped(begin: int, end: int) -> int:
    """Open seconds of the office, each minute looked at."""
    here = ZoneInfo(BERLIN)
    minutes = (datetime.fromtimestamp(at, here) for at in range(begin, end, 60))
    return sum(60 for at in minutes if at.weekday() < 5 and any(a <= at.time() < b for a, b in OFFICE))


def measured(begin: int, end: int) -> int:
    """The same by businesstimedelta."""
    found = RULES.difference(datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC))
    return int(found.timedelta.total_seconds())


RULES = businesstimedelta.Rules(
    [businesstimedelta.WorkDayRule(a, b, [0, 1, 2, 3, 4], tz=pytz.timezone(BERLIN)) for a, b in OFFICE]
)


def _rate(call: Callable[[int], object], rounds: int) -> float:
    begin = time.process_time_ns()
    for i in range(rounds):
        call(START + 60 * i)
    return rounds * 10**9 / (time.process_time_ns() - begin)


if __name__ == "__main__":
    for (what, over), rate in rates().items():
        sys.stdout.write(f"{what:8} over {over:11} {rate:>9,.0f} a second (bar {BARS[what]:,})\n")
    for (who, over), rate in beside().items():
        sys.stdout.write(f"elapsed over {over:11} {who:18} {rate:>9,.2f} a second\n")
