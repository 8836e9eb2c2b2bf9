"""One promise from its start to its stop."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sla.rules.measure import PAUSED, RUNNING, STOPPED, Mark, Measure

CANCELLED: Final = "cancelled"


@dataclass(frozen=True, slots=True)
class Cycle:
    """One promise from its start to its stop, as read at an instant; instants are epoch seconds, lengths open seconds.

    `due_at` orders the queue and may lie in the past; `next_at` is the next instant at which a fold will say more: the
    next step, or the second in which the target is exceeded. `target`, `terms` and `calendar` are those of the newest
    measure ("" for a contract that names no calendar). `fired` are (instant, step). `measures` are what `explain`
    reads, newest last; more than one after a change that improves. `given_up` are those that a restart ended.
    """

    metric: str
    number: int
    state: str
    start: int
    stop: int | None
    elapsed: int
    target: int
    due_at: int | None
    next_at: int | None
    breached_at: int | None
    terms: str
    calendar: str
    fired: tuple[tuple[int, str], ...]
    measures: tuple[tuple[Mark, ...], ...]
    given_up: tuple[tuple[Mark, ...], ...] = ()


class Run:
    """A cycle while its ticket's events come in."""

    __slots__ = ("breached_at", "cancelled", "fired", "given_up", "measures", "metric", "start", "stop")

    def __init__(self, metric: str, measure: Measure, start: int) -> None:
        self.metric = metric
        self.start = start
        self.stop: int | None = None
        self.cancelled = False
        self.measures = [measure]
        self.given_up: list[Measure] = []
        self.breached_at: int | None = None
        self.fired: dict[str, int] = {}

    @property
    def paused(self) -> bool:
        return all(measure.since is None for measure in self.measures)

    def breach(self, until: int) -> int | None:
        """The instant from which a target was exceeded, if that is before `until`; the first one ever found stays."""
        if self.breached_at is not None:
            return self.breached_at
        broken = [measure.breaks for measure in self.measures if measure.breaks is not None and measure.breaks < until]
        return min(broken, default=None)

    def ahead(self, at: int) -> Iterator[tuple[int, str]]:
        """The steps still to fire with their instants, from `at` on, should nothing else happen."""
        if self.stop is not None or self.paused:
            return
        newest = self.measures[-1]
        for threshold, step in newest.promise.steps:
            if step in self.fired:
                continue
            reached = newest.reaches(threshold)
            if reached is None:
                return
            yield max(at, reached), step

    def end(self, at: int, why: str, *, cancelled: bool = False) -> None:
        self.stop, self.cancelled = at, cancelled
        for measure in self.measures:
            measure.turn(at, STOPPED, why)

    def read(self, number: int, at: int, now: int) -> Cycle:
        newest = self.measures[-1]
        fired = [(at, step) for step, at in self.fired.items()]
        breached_at = self.breach(now)
        due_at = next_at = None
        state = CANCELLED if self.cancelled else STOPPED
        if self.stop is None:
            state = PAUSED if self.paused else RUNNING
            for reached, step in self.ahead(at):
                if reached > now:
                    next_at = reached
                    break
                fired.append((reached, step))
            running = [measure for measure in self.measures if measure.since is not None]
            due_at = min((due for measure in running if (due := measure.due()) is not None), default=None)
            if breached_at is None:
                exceeded = [measure.breaks + 1 for measure in running if measure.breaks is not None]
                next_at = min([*exceeded, *([] if next_at is None else [next_at])], default=None)
        return Cycle(
            self.metric,
            number,
            state,
            self.start,
            self.stop,
            newest.used(now),
            newest.promise.target,
            due_at,
            next_at,
            breached_at,
            newest.promise.terms,
            newest.promise.calendar,
            tuple(sorted(fired)),
            tuple(tuple(measure.marks) for measure in self.measures),
            tuple(tuple(measure.marks) for measure in self.given_up),
        )
