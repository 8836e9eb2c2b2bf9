"""Time measured against one promise: what is spent, when it is due, from when it is broken."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from sla.rules.contract import Promise
from sla.rules.events import DONE

RUNNING: Final = "running"
PAUSED: Final = "paused"
STOPPED: Final = "stopped"


class Mark(NamedTuple):
    """From `at` on a measure is of this kind, for this reason, under this promise; `spent` seconds by then."""

    at: int
    kind: str
    why: str
    promise: Promise
    spent: int


class Measure:
    """Open time spent on a promise. It runs, is paused, or stands; its marks tell when and why."""

    __slots__ = ("breaks", "marks", "promise", "since", "spent")

    def __init__(self, promise: Promise, start: int, why: str = "", *, spent: int = 0) -> None:
        self.promise = promise
        self.spent = spent
        self.since: int | None = None
        self.breaks: int | None = None
        self.marks = [Mark(start, STOPPED, why, promise, spent)]

    @classmethod
    def recounted(cls, promise: Promise, start: int, statuses: Iterable[tuple[int, str]]) -> "Measure":
        """Everything since a start under one promise, by the statuses as they were."""
        measure = cls(promise, start)
        for at, status in statuses:
            measure.enter(max(at, start), status)
        return measure

    def under(self, promise: Promise, at: int, status: str) -> "Measure":
        """Go on under another promise; what is counted stays counted as it was."""
        going = Measure(promise, at, spent=self.used(at))
        going.marks = self.marks
        going.enter(at, status)
        return going

    def used(self, at: int) -> int:
        """Seconds of open time spent by an instant not before the last mark."""
        return self.spent if self.since is None else self.spent + self.promise.hours.elapsed(self.since, at)

    def reaches(self, spent: int) -> int | None:
        """An instant by which that much is spent: the last mark, or a later one while it runs; None if it never is."""
        if spent <= self.spent:
            return self.marks[-1].at
        return None if self.since is None else self.promise.hours.add(self.since, spent - self.spent)

    def enter(self, at: int, status: str) -> None:
        """Run, pause or stand from an instant on, as the ticket's status has it."""
        if status in DONE:
            self.turn(at, STOPPED, status)
        elif status in self.promise.pauses:
            self.turn(at, PAUSED, status)
        elif self.since is None or self.marks[-1].why != status:
            self.turn(at, RUNNING, status)

    def turn(self, at: int, kind: str, why: str) -> None:
        """Be of another kind from an instant on. `breaks` is then the instant after which the target is exceeded."""
        self.spent = self.used(at)
        mark = Mark(at, kind, why, self.promise, self.spent)
        if self.marks[-1].at == at:
            self.marks[-1] = mark
        else:
            self.marks.append(mark)
        self.since = at if kind == RUNNING else None
        left = self.promise.target - self.spent
        self.breaks = self.promise.hours.add_late(at, left) if kind == RUNNING and left >= 0 else None

    def due(self) -> int | None:
        """The instant at which the time spent reaches the target, or did reach it; None if it never will."""
        target = self.promise.target
        for mark, spent_later in zip(self.marks, [*(mark.spent for mark in self.marks[1:]), target], strict=True):
            if mark.kind == RUNNING and mark.spent < target <= spent_later:
                return mark.promise.hours.add(mark.at, target - mark.spent)
        return None
