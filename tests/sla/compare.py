"""Compare the engine with its oracles on random cases, as many as asked: python -m tests.sla.compare 20000."""

import json
import sys
from random import Random
from typing import Any

from sla.evaluate import answer
from tests.sla.cases import DAYS, WALK, random_calendar, random_ticket
from tests.sla.oracle import MinuteWalk, instant, iso
from tests.sla.simulation import Simulation

SIDE = 4 * 86_400
QUESTIONS = {
    ("elapsed", ""): "elapsed",
    ("add", "early"): "add",
    ("add", "late"): "add_late",
    ("sub", "near"): "sub",
    ("sub", "far"): "sub_far",
    ("eod", ""): "end_of_day",
}


def compare(n: int, seed: int) -> list[str]:
    """What differs in n random calendar cases and n random ticket cases; empty when the engine is right."""
    random = Random(seed)  # noqa: S311
    return [line for _ in range(n) for line in (*calendar_differs(random), *ticket_differs(random))]


def calendar_differs(random: Random) -> list[str]:
    """One calendar asked six times."""
    calendar, first = random_calendar(random)
    begin, end = first - SIDE, first + DAYS * 86_400 + SIDE
    walk = MinuteWalk(calendar, begin, end)
    found = []
    for op, key in QUESTIONS:
        at, other = (first + 60 * random.randrange(DAYS * 1_440) for _ in range(2))
        minutes = random.choice([0, 1, 30, random.randrange(600), walk.elapsed(min(at, other), max(at, other)) // 60])
        days = random.choice([1, 1, 2, 3])
        case = calendar | {"op": op, "start": iso(at), "end": iso(other), "minutes": minutes, "days": days}
        if key:
            case["side"] = key
        asked = getattr(walk, QUESTIONS[op, key])
        expected: Any = asked(at, {"elapsed": other, "eod": days}.get(op, 60 * minutes))
        said = answer(case).get("answer", "error")
        if op != "elapsed" and expected is not None:
            expected = iso(expected)
        beyond = op != "elapsed" and not _within(said, begin, end) and not _within(expected, begin, end)
        if said != expected and not beyond:
            found.append(f"{json.dumps(case)}\n  expected {expected}, the engine says {said}")
    return found


def _within(said: Any, begin: int, end: int) -> bool:
    """Whether an answer lies where the walk can tell; None may lie beyond its ends."""
    return said is not None and (said == "error" or begin + 86_400 <= instant(said) <= end - SIDE // 2)


def ticket_differs(random: Random) -> list[str]:
    """One ticket at one instant."""
    case = random_ticket(random)
    begin = instant(case["events"][0]["at"]) // 86_400 * 86_400 - 86_400
    walks = {name: MinuteWalk(calendar, begin, begin + WALK) for name, calendar in case["calendars"].items()}
    expected, said = Simulation(case, walks).answer(), answer(case)
    if said == expected:
        return []
    return [f"{json.dumps(case)}\n  expected {json.dumps(expected)}\n  the engine says {json.dumps(said)}"]


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    differing = compare(count, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    sys.stdout.write("\n".join([*differing[:5], f"{len(differing)} of {2 * count} cases differ"]) + "\n")
