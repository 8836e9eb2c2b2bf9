"""When a document is due: by the month or by net days, moved off weekends and holidays."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from billing.rules.periods import DAY, day_in_month

Shift = Literal["none", "next", "previous"]
SHIFTS: Final[tuple[Shift, ...]] = ("none", "next", "previous")
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class DueRule:
    """Months after the closing date's own (0: the same) and a day there, or net days from the closing date.

    `day` is clamped to the month's end, None is that end. `net_days` set means the month and day are not used.
    """

    months: int = 1
    day: int | None = None
    net_days: int | None = None
    shift: Shift = "none"


def due_date(closing: date, rule: DueRule, holidays: Collection[date] = frozenset()) -> date:
    """The day a document closed on that date is due; a shift may lead into another month."""
    if rule.net_days is not None:
        due = closing + DAY * rule.net_days
    else:
        due = day_in_month(closing.year, closing.month + rule.months, rule.day or 31)
    if rule.shift == "none":
        return due
    step = DAY if rule.shift == "next" else -DAY
    while due.weekday() >= SATURDAY or due in holidays:
        due += step
    return due
