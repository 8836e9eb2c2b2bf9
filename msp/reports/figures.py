"""One cycle as a line of a month, and how many of a list were kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Self

from sla.rules.compliance import Entry
from sla.rules.contract import METRICS

ALL: Final = "all"
INSTANTS: Final = ("started", "stopped", "breached")


@dataclass(frozen=True, slots=True)
class Line:
    """One cycle of a month with its ticket; `target` and `spent` are seconds of service time.

    `dispute` is "open", "accepted" or "", `outcome` met, missed, cancelled, not_applicable or open. `trace` is the
    digest of its minutes, known once the month is closed.
    """

    ticket: int
    key: str
    title: str
    kind: str
    site: str
    metric: str
    cycle: int
    state: str
    priority: str
    started: datetime
    stopped: datetime | None
    breached: datetime | None
    target: int
    spent: int
    terms: str
    calendar: str
    reason: str
    words: str
    dispute: str
    outcome: str
    trace: str = ""

    @property
    def entry(self) -> Entry:
        """The cycle as the rules count it."""
        return Entry(
            self.ticket,
            self.metric,
            self.cycle,
            self.state,
            int(self.started.timestamp()),
            _seconds(self.stopped),
            _seconds(self.breached),
            self.priority,
            self.site,
            self.kind,
            self.excluded,
        )

    @property
    def excluded(self) -> bool:
        """Both sides left it out of the agreed figure."""
        return self.dispute == "accepted"

    @property
    def over(self) -> int:
        """Seconds of service time beyond the target."""
        return max(self.spent - self.target, 0)

    @property
    def number(self) -> int:
        """The ticket's number within its client."""
        return int(self.key.rpartition("-")[2])

    @property
    def id(self) -> tuple[int, str, int]:
        return self.ticket, self.metric, self.cycle

    def word(self, name: str) -> str:
        """What it says under a filter's name."""
        if name == "outcome":
            return "excluded" if self.excluded else self.outcome
        return str(getattr(self, name)) or "-"

    def traced(self, trace: str) -> Self:
        """The same with its minutes' digest."""
        return replace(self, trace=trace)

    @property
    def facts(self) -> dict[str, Any]:
        """Plain facts, instants as text."""
        said = {name: getattr(self, name) for name in NAMES}
        return said | {name: said[name].isoformat() if said[name] else None for name in INSTANTS}

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Self:
        """The line that `facts` was written from; what an earlier make did not write down is empty."""
        known = {name: facts.get(name, "") for name in NAMES}
        instants = {name: datetime.fromisoformat(known[name]) if known[name] else None for name in INSTANTS}
        return cls(**(known | instants))


NAMES: Final = tuple(field.name for field in fields(Line))


@dataclass(frozen=True, slots=True)
class Figure:
    """How many were kept: `met` and `missed` by events alone, `agreed_*` without what both sides left out."""

    met: int = 0
    missed: int = 0
    agreed_met: int = 0
    agreed_missed: int = 0
    cancelled: int = 0
    not_applicable: int = 0
    running: int = 0

    @property
    def decided(self) -> int:
        return self.met + self.missed

    @property
    def agreed_decided(self) -> int:
        return self.agreed_met + self.agreed_missed

    @property
    def excluded(self) -> int:
        return self.decided - self.agreed_decided

    @property
    def strict(self) -> Fraction | None:
        """The share kept by events alone; None when nothing was decided."""
        return Fraction(self.met, self.decided) if self.decided else None

    @property
    def agreed(self) -> Fraction | None:
        """The share kept by what both sides agreed to count."""
        return Fraction(self.agreed_met, self.agreed_decided) if self.agreed_decided else None

    def keeps(self, goal: Decimal | None) -> bool | None:
        """Whether the agreed share reaches the goal, in percent; None where one of them is missing."""
        return None if goal is None or self.agreed is None else 100 * self.agreed >= Fraction(goal)

    @property
    def counts(self) -> dict[str, int]:
        return asdict(self)

    def __add__(self, other: Figure) -> Figure:
        return Figure(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def figure_of(lines: Iterable[Line]) -> Figure:
    """The figures of lines of one month; what the rules count of the same entries, without counting again."""
    met = missed = agreed_met = agreed_missed = 0
    apart = {"cancelled": 0, "not_applicable": 0, "open": 0}
    for line in lines:
        if line.outcome == "met":
            met += 1
            agreed_met += not line.excluded
        elif line.outcome == "missed":
            missed += 1
            agreed_missed += not line.excluded
        else:
            apart[line.outcome] += 1
    return Figure(met, missed, agreed_met, agreed_missed, *apart.values())


def figures_of(lines: Iterable[Line]) -> dict[str, Figure]:
    """By metric, and of all together."""
    listed = list(lines)
    of_metrics = {metric: figure_of(line for line in listed if line.metric == metric) for metric in METRICS}
    return {ALL: sum(of_metrics.values(), Figure())} | of_metrics


def _seconds(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())
