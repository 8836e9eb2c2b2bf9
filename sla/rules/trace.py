"""Explain a clock: what every second from its start was, and under which version."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sla.rules.cycle import Cycle
from sla.rules.measure import RUNNING, Mark


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch [begin, end) of one kind: running, paused, closed (outside the calendar's hours) or stopped.

    `why` is the ticket's status for running, paused and stopped time, "outside_hours" for closed time, and "restart",
    "improve" for stopped time before the change that began to count anew.
    """

    begin: int
    end: int
    kind: str
    why: str
    terms: str
    calendar: str

    @property
    def seconds(self) -> int:
        return self.end - self.begin


def explain(cycle: Cycle, now: int, measure: int = -1) -> list[Segment]:
    """A cycle from its start to its stop (or `now`), without a gap; its running segments sum to the elapsed time.

    `measure` picks one of several after a change that improves; the newest is the one reported.
    """
    end = now if cycle.stop is None else cycle.stop
    marks = cycle.measures[measure]
    following = [*(mark.at for mark in marks[1:]), end]
    return [segment for mark, until in zip(marks, following, strict=True) for segment in _segments(mark, until)]


def _segments(mark: Mark, end: int) -> Iterator[Segment]:
    if mark.kind != RUNNING:
        yield from _stretch(mark, mark.at, end, mark.kind, mark.why)
        return
    at = mark.at
    for begin, close in mark.promise.hours.spans(mark.at, end):
        yield from _stretch(mark, at, begin, "closed", "outside_hours")
        yield from _stretch(mark, begin, close, RUNNING, mark.why)
        at = close
    yield from _stretch(mark, at, end, "closed", "outside_hours")


def _stretch(mark: Mark, begin: int, end: int, kind: str, why: str) -> Iterable[Segment]:
    return [Segment(begin, end, kind, why, mark.promise.terms, mark.promise.calendar)] if begin < end else []
