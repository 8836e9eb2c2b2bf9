"""Work under the clock: seconds counted, and since when it runs."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from billing.rules.timesheet.steps import TimeRule, rounded_total

MINUTE = 60
LONG = timedelta(hours=2)
"""From here on a timer is taken for forgotten."""


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """Whole seconds before `running_since`, and those since. The caller brings the time."""

    seconds: int = 0
    running_since: datetime | None = None

    def run(self, at: datetime) -> Self:
        return self if self.running_since else replace(self, running_since=at)

    def pause(self, at: datetime) -> Self:
        return replace(self, seconds=self.counted(at), running_since=None)

    def counted(self, at: datetime) -> int:
        """Seconds worked by an instant; a clock that went back counts nothing."""
        if self.running_since is None:
            return self.seconds
        return self.seconds + max(0, (at - self.running_since) // timedelta(seconds=1))

    def zero(self, at: datetime) -> datetime:
        """The instant from which a clock that never paused would show the same."""
        return at - timedelta(seconds=self.counted(at))

    def long_at(self) -> datetime | None:
        """When it will have run for too long to be meant; a paused one never will."""
        if self.running_since is None:
            return None
        return self.running_since + max(timedelta(), LONG - timedelta(seconds=self.seconds))


def whole_minutes(seconds: int) -> int:
    """Minutes as a form shows worked seconds: a begun minute is one."""
    return -(-seconds // MINUTE)


def offered_minutes(seconds: int, step: int | None, minimum: int | None) -> int:
    """What is offered as billable for worked seconds: the work type's minimum, then its step, both in minutes."""
    rule = TimeRule(step=step or 1, minimum=minimum or 0)
    return int(rounded_total(seconds, rule)) // MINUTE
