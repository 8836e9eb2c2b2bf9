"""An item through the versions of its contract: its terms day by day, its service, its cycles."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from billing.rules.invoice.facts import Facts, Version
from billing.rules.invoice.items import Item
from billing.rules.periods import Period, cycle_of, period_of


@dataclass(frozen=True, slots=True)
class Course:
    """One item of one kind without a gap: the days from which each of its terms hold, and its end (None: open)."""

    contract: str
    terms: tuple[tuple[date, Item], ...]
    end: date | None

    @property
    def begin(self) -> date:
        return self.terms[0][0]

    @property
    def key(self) -> str:
        return self.terms[0][1].key

    def on(self, day: date) -> Item:
        """The terms of a day, the nearest ones for a day outside the service."""
        return next((item for begin, item in reversed(self.terms) if begin <= day), self.terms[0][1])

    def serves(self, period: Period) -> bool:
        return period.clip(self.begin, self.end) is not None


def courses(facts: Facts) -> Iterator[Course]:
    """Every item of every contract, in the order in which its latest version lists them."""
    for contract in facts.contracts:
        versions = sorted(contract.versions, key=lambda version: version.begin)
        listed = {item.key: None for version in reversed(versions) for item in version.items}
        for key in listed:
            yield from _courses_of(key, contract.key, versions)


def _courses_of(key: str, contract: str, versions: list[Version]) -> Iterator[Course]:
    terms: list[tuple[date, Item]] = []
    end: date | None = None
    for version in versions:
        item = next((item for item in version.items if item.key == key), None)
        if terms and (item is None or version.begin != end or type(item.kind) is not type(terms[-1][1].kind)):
            yield Course(contract, tuple(terms), end)
            terms = []
        if item is not None:
            terms.append((version.begin, item))
            end = version.end
    if terms:
        yield Course(contract, tuple(terms), end)


def cycle_at(course: Course, day: date, facts: Facts) -> Period:
    """The item's cycle that holds a day; for monthly items the document's own period where it does.

    A period between two closing days is a part of a month, and its monthly items are billed by its share of that.
    """
    months = course.on(day).months
    if months == 1 and day in facts.period and bridged(facts) is None:
        return facts.period
    return cycle_of(day, course.begin, months, facts.closing_day)


def bridged(facts: Facts) -> Period | None:
    """The whole month of which the document's period is only a part; None for a period of its usual length."""
    period, whole = facts.period, period_of(facts.period.begin, facts.closing_day)
    return whole if whole != period and whole.begin <= period.begin and period.end <= whole.end else None
