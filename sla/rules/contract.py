"""Which version and which promises of a contract hold at an instant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from sla.rules.calendar import Calendar
from sla.rules.hours import Hours
from sla.rules.ladder import Rung, threshold

METRICS: Final = ("first_response", "next_response", "resolution")
MODES: Final = ("carry", "restart", "improve", "pinned", "recount")
ON_REOPEN: Final = ("resume", "restart")
NEVER: Final = Hours(Calendar("UTC"))


@dataclass(frozen=True, slots=True, eq=False)
class Promise:
    """One target under one version: seconds of the calendar's open time, statuses that pause it, steps by threshold.

    `calendar` is "" when the contract names none: its hours never open, nothing falls due, and the desk must be told.
    """

    terms: str
    calendar: str
    hours: Hours
    target: int
    pauses: frozenset[str] = frozenset()
    steps: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """The promises of one version, by priority and metric."""

    name: str
    promises: Mapping[tuple[str, str], Promise]
    on_reopen: str = "resume"
    on_priority_change: str = "carry"
    ladder: tuple[Rung, ...] = ()


def terms(
    name: str,
    hours: Mapping[str, Hours],
    calendar: str | None,
    targets: Mapping[str, Mapping[str, int]],
    *,
    calendar_by_priority: Mapping[str, str] | None = None,
    pause_on: Mapping[str, Iterable[str]] | None = None,
    on_reopen: str = "resume",
    on_priority_change: str = "carry",
    ladder: Iterable[Rung] = (),
) -> Terms:
    """Compile a version: targets in seconds by priority and metric, calendars by name.

    ValueError for a target of 0 or less, an unknown mode, calendar or step. Targets of unknown metrics are ignored.
    """
    _one_of(on_reopen, ON_REOPEN)
    _one_of(on_priority_change, MODES)
    ladder = tuple(ladder)
    for rung in ladder:
        _one_of(rung.metric, METRICS)
        threshold(rung.step, 1)
    steps = {metric: tuple(dict.fromkeys(rung.step for rung in ladder if rung.metric == metric)) for metric in METRICS}
    promises = {}
    for priority, of_priority in targets.items():
        named = (calendar_by_priority or {}).get(priority, calendar)
        if named is not None and named not in hours:
            raise ValueError(f"{name}: no calendar is called {named!r}")
        for metric in METRICS:
            target = of_priority.get(metric)
            if target is None:
                continue
            if target <= 0:
                raise ValueError(f"{name}: the target of {metric} for {priority} must be positive")
            promises[priority, metric] = Promise(
                name,
                named or "",
                NEVER if named is None else hours[named],
                target,
                frozenset((pause_on or {}).get(metric, ())),
                tuple(sorted((threshold(step, target), step) for step in steps[metric])),
            )
    return Terms(name, promises, on_reopen, on_priority_change, ladder)


def _one_of(word: str, allowed: tuple[str, ...]) -> None:
    if word not in allowed:
        raise ValueError(f"{word!r} is none of {', '.join(allowed)}")


@dataclass(frozen=True, slots=True)
class Version:
    """Terms that hold from an instant until the next version starts, and the mode running cycles cross over with."""

    terms: str
    starts: int
    mode: str = "carry"


@dataclass(frozen=True, slots=True)
class Surge:
    """A pack of terms bought for [starts, ends); at its end the version below holds again, without anybody's act."""

    terms: str
    starts: int
    ends: int
    mode: str = "improve"
    mode_after: str = "pinned"

    def __post_init__(self) -> None:
        if self.ends <= self.starts:
            raise ValueError("a surge pack ends after it starts")


@dataclass(frozen=True, slots=True)
class Change:
    """From an instant on other terms hold; running cycles cross over by the mode."""

    at: int
    terms: str
    mode: str


@dataclass(frozen=True, slots=True)
class Contract:
    """A chain of dated versions with the surge packs laid over it.

    From `ends` on the terms named "" hold: what runs is finished under the old ones, nothing new is promised.
    """

    versions: tuple[Version, ...]
    surges: tuple[Surge, ...] = ()
    ends: int | None = None
    _chain: tuple[Change, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        if any(before.starts >= after.starts for before, after in pairwise(self.versions)):
            raise ValueError("versions start one after the other")
        object.__setattr__(self, "_chain", tuple(self._changes()))

    def holds(self, at: int) -> str | None:
        """The name of the terms in force at an instant; None before the first version and after the end.

        Of several surge packs the one that started last holds; of two that start together the later listed.
        """
        if self.ends is not None and at >= self.ends:
            return None
        packs = [(pack.starts, i) for i, pack in enumerate(self.surges) if pack.starts <= at < pack.ends]
        below = [version.terms for version in self.versions if version.starts <= at]
        if not below:
            return None
        return self.surges[max(packs)[1]].terms if packs else below[-1]

    def changes(self, after: int, until: int) -> list[Change]:
        """The changes of terms in (after, until], in order: what a ticket opened at `after` lives through."""
        return [change for change in self._chain if after < change.at <= until]

    def _changes(self) -> Iterable[Change]:
        borders = {version.starts for version in self.versions}
        borders |= {border for pack in self.surges for border in (pack.starts, pack.ends)}
        held: str | None = None
        for at in sorted(borders):
            now = self.holds(at)
            if now is not None and now != held:
                yield Change(at, now, self._mode(at))
                held = now
        if self.ends is not None:
            yield Change(self.ends, "", "pinned")

    def _mode(self, at: int) -> str:
        """The starting side's mode; where a pack ends and nothing starts, the one it falls back by."""
        started = [pack.mode for pack in self.surges if pack.starts == at]
        started += [version.mode for version in self.versions if version.starts == at]
        ended = [pack.mode_after for pack in self.surges if pack.ends == at]
        return (started or ended)[0]
