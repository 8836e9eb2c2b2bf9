"""One line of the bench's table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `bar` is what `value` may be at most (at least with `least`); both in `unit`."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    least: bool = False
    more: str = ""

    @property
    def holds(self) -> bool:
        if self.bar is None:
            return True
        return self.value >= self.bar if self.least else self.value <= self.bar
