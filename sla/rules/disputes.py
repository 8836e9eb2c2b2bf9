"""Who may say what of a broken promise, until when, and when a month may close."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

CLIENT: Final = "client"
DESK: Final = "desk"
SIDES: Final = (CLIENT, DESK)
REASONS: Final = (
    "volume",
    "staffing",
    "handover",
    "wrong_priority",
    "overlooked",
    "vendor",
    "parts",
    "access",
    "outage",
    "complex",
    "other",
)
"""Why a promise was broken; `other` needs words."""
DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Pace:
    """The desk's setting: days after a month's end on which it closes, and days the other side has to answer."""

    close_after: int = 7
    answer_within: int = 5

    def closes(self, end: int) -> int:
        """The instant from which a month that ended at `end` may close."""
        return end + self.close_after * DAY

    def deadline(self, opened: int) -> int:
        """The last instant at which an answer counts; silence until then rejects."""
        return opened + self.answer_within * DAY


def other_side(side: str) -> str:
    """Who answers what this side opened."""
    return DESK if side == CLIENT else CLIENT


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What keeps a month from closing: `unexplained` breaches without a reason, `disputed` cycles without an answer."""

    unexplained: int
    disputed: int

    def __bool__(self) -> bool:
        return bool(self.unexplained or self.disputed)


def hindrance(missed: Iterable[object], explained: Iterable[object], open_disputes: int) -> Hindrance:
    """`missed` are the cycles the month counts as broken, `explained` those of them with a reason."""
    return Hindrance(len(set(missed) - set(explained)), open_disputes)


def months_between(first: date, last: date) -> list[date]:
    """The first days of the months from one to the other, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [_plus(first, months) for months in range(count + 1)]


def month_back(month: date, months: int = 1) -> date:
    """The first day of the month so many before."""
    return _plus(month, -months)


def _plus(month: date, months: int) -> date:
    place = month.year * 12 + month.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)
