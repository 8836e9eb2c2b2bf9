"""Who hears of a promise, at which share of its budget."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache

from sla.rules.hours import Hours

_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)%")
_OFFSET = re.compile(r"([+-])([0-9]+)([smh])")
_UNIT = {"s": 1, "m": 60, "h": 3_600}


@lru_cache(maxsize=4_096)
def threshold(step: str, target: int) -> int:
    """Seconds of open time after which a step ("75%", "-15m", "+1h") of a target is reached.

    Percent is rounded up to the second; what would lie before the start is the start. ValueError if unreadable.
    """
    if percent := _PERCENT.fullmatch(step):
        share = Fraction(percent[1]) * target / 100
        return -(-share.numerator // share.denominator)
    if offset := _OFFSET.fullmatch(step):
        seconds = int(offset[2]) * _UNIT[offset[3]]
        return max(0, target + seconds if offset[1] == "+" else target - seconds)
    raise ValueError(f"not a step: {step!r}")


@dataclass(frozen=True, slots=True)
class Rung:
    """What one step of a metric sets off: who hears, how, and what is done as work.

    `audience` are codes of the room above ("owner", "lead", "roster:3", "agent:7"), `channels` likewise ("mail"); none
    named leaves it to that room. Without an acknowledgement in `wait` open seconds the next rung's audience hears; None
    waits for nobody.
    """

    metric: str
    step: str
    audience: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    through_quiet: bool = False
    wait: int | None = None
    then: tuple["Rung", ...] = field(default=())


def rungs(ladder: Iterable[Rung], metric: str, step: str) -> tuple[Rung, ...]:
    """All that a fired step sets off, in the ladder's order.

    A rung that waits for an acknowledgement and names nobody to come after goes on to the later steps of its metric.
    """
    mine = [rung for rung in ladder if rung.metric == metric]
    return tuple(
        replace(rung, then=tuple(later for later in mine[place + 1 :] if later.step != step))
        if rung.wait is not None and not rung.then
        else rung
        for place, rung in enumerate(mine)
        if rung.step == step
    )


def calls(rung: Rung, fired_at: int, hours: Hours, acknowledged_at: int | None = None) -> list[tuple[int, Rung]]:
    """When the rung and those after it hear, until somebody acknowledges; None waits for nobody."""
    heard, at = [(fired_at, rung)], fired_at
    for following in rung.then:
        wait = heard[-1][1].wait
        later = None if wait is None else hours.add(at, wait)
        if later is None or (acknowledged_at is not None and acknowledged_at <= later):
            break
        heard.append((later, following))
        at = later
    return heard


def told_at(rung: Rung, at: int, quiet: Hours | None) -> int | None:
    """When a notice of an instant may leave: at once, or when the quiet hours end; None if they never do."""
    return at if quiet is None or rung.through_quiet else quiet.closing(at)
