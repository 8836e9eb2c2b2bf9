"""From clocks to a month's percentages, strict and agreed, with the lists behind them."""

import hashlib
import json
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Any, Final

from sla.rules.clock import NOT_APPLICABLE, Clock
from sla.rules.cycle import CANCELLED
from sla.rules.measure import STOPPED
from sla.rules.years import EPOCH_DAY
from sla.rules.zones import DAY, zone

MET: Final = "met"
MISSED: Final = "missed"
OPEN: Final = "open"


@dataclass(frozen=True, slots=True)
class Entry:
    """One cycle of one ticket as a month counts it; instants are epoch seconds.

    `state` is the cycle's, or not_applicable for a ticket to which the metric does not apply (`start` is its creation).
    `excluded` once both sides accepted to leave it out.
    """

    ticket: int
    metric: str
    number: int
    state: str
    start: int
    stop: int | None = None
    breached_at: int | None = None
    priority: str = ""
    site: str = ""
    kind: str = ""
    excluded: bool = False

    @property
    def outcome(self) -> str:
        """met, missed, cancelled, not_applicable, or open while it is not decided."""
        if self.state in (CANCELLED, NOT_APPLICABLE):
            return self.state
        if self.breached_at is not None:
            return MISSED
        return MET if self.state == STOPPED else OPEN

    @property
    def decided_at(self) -> int:
        """The instant whose month it belongs to; the start of one that is open or does not apply."""
        if self.outcome == MISSED and self.breached_at is not None:
            return self.breached_at
        return self.start if self.stop is None else self.stop


@dataclass(frozen=True, slots=True)
class Tally:
    """What was kept and what was not."""

    met: tuple[Entry, ...]
    missed: tuple[Entry, ...]

    @property
    def share(self) -> Fraction | None:
        """met / (met + missed), exactly; None when nothing was decided."""
        decided = len(self.met) + len(self.missed)
        return Fraction(len(self.met), decided) if decided else None

    def percent(self, places: int = 1) -> Decimal | None:
        """The share for print, rounded down: it never reads better than it was."""
        if self.share is None:
            return None
        exact = Decimal(100 * self.share.numerator) / self.share.denominator
        return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)


@dataclass(frozen=True, slots=True)
class Month:
    """A month's figures: strict from events alone, agreed without what both sides excluded; the rest is listed apart.

    `running` are those started before the month's end and not decided yet.
    """

    strict: Tally
    agreed: Tally
    excluded: tuple[Entry, ...]
    cancelled: tuple[Entry, ...]
    not_applicable: tuple[Entry, ...]
    running: tuple[Entry, ...]


def entries(
    ticket: int,
    created: int,
    clocks: Iterable[Clock],
    *,
    priority: str = "",
    site: str = "",
    kind: str = "",
    excluded: Container[tuple[str, int]] = (),
) -> list[Entry]:
    """All that a ticket's clocks bring to the count; `excluded` are (metric, number) of the cycles left out."""
    found = []
    for clock in clocks:
        if clock.state == NOT_APPLICABLE:
            unmeasured = Entry(ticket, clock.metric, 0, NOT_APPLICABLE, created)
            found.append(replace(unmeasured, priority=priority, site=site, kind=kind))
        for cycle in clock.cycles:
            found.append(
                Entry(
                    ticket,
                    cycle.metric,
                    cycle.number,
                    cycle.state,
                    cycle.start,
                    cycle.stop,
                    cycle.breached_at,
                    priority,
                    site,
                    kind,
                    (cycle.metric, cycle.number) in excluded,
                )
            )
    return found


def borders(zone_name: str, year: int, month: int) -> tuple[int, int]:
    """The instants [begin, end) of a month in a zone."""
    following = date(year + month // 12, month % 12 + 1, 1)
    first = zone(zone_name).first
    begin, end = ((day.toordinal() - EPOCH_DAY) * DAY for day in (date(year, month, 1), following))
    return first(begin, year), first(end, following.year)


def count(counted: Iterable[Entry], zone_name: str, year: int, month: int) -> Month:
    """A month's figures by the contract's zone; each cycle counts once, in the month of its outcome."""
    return count_between(counted, *borders(zone_name, year, month))


def count_between(counted: Iterable[Entry], begin: int, end: int) -> Month:
    """The figures of [begin, end)."""
    ordered = sorted(counted, key=lambda entry: (entry.decided_at, entry.ticket, entry.metric, entry.number))
    here = [entry for entry in ordered if begin <= entry.decided_at < end]
    decided = [entry for entry in here if entry.outcome in (MET, MISSED)]
    return Month(
        strict=_tally(decided),
        agreed=_tally(entry for entry in decided if not entry.excluded),
        excluded=tuple(entry for entry in decided if entry.excluded),
        cancelled=tuple(entry for entry in here if entry.outcome == CANCELLED),
        not_applicable=tuple(entry for entry in here if entry.outcome == NOT_APPLICABLE),
        running=tuple(entry for entry in ordered if entry.outcome == OPEN and entry.start < end),
    )


def count_by(
    key: Callable[[Entry], str], counted: Iterable[Entry], zone_name: str, year: int, month: int
) -> dict[str, Month]:
    """The figures apart for each metric, priority, site or kind, by name."""
    groups: dict[str, list[Entry]] = {}
    for entry in counted:
        groups.setdefault(key(entry), []).append(entry)
    return {name: count(group, zone_name, year, month) for name, group in sorted(groups.items())}


def flips(before: Iterable[Entry], after: Iterable[Entry]) -> list[tuple[Entry, Entry]]:
    """The cycles whose promise is kept under one set of terms and broken under the other."""
    known = {(entry.ticket, entry.metric, entry.number): entry for entry in before}
    pairs = [(known.get((entry.ticket, entry.metric, entry.number)), entry) for entry in after]
    return [(old, new) for old, new in pairs if old is not None and {old.outcome, new.outcome} == {MET, MISSED}]


@dataclass(frozen=True, slots=True)
class Contest:
    """A cycle one side wants left out. Both must accept it before the deadline; silence rejects."""

    reason: str
    deadline: int
    client_accepted_at: int | None = None
    desk_accepted_at: int | None = None

    @property
    def agreed(self) -> bool:
        """Whether the cycle is excluded."""
        accepted = (self.client_accepted_at, self.desk_accepted_at)
        return all(at is not None and at <= self.deadline for at in accepted)


def credit(agreed: Tally, table: Mapping[Decimal, Decimal], cap: Decimal) -> Decimal:
    """Percent of the fee to give back: the table says how much below which agreed percent; never more than the cap."""
    share = agreed.share
    if share is None:
        return Decimal(0)
    earned = [given for below, given in table.items() if 100 * share < Fraction(below)]
    return min(cap, max(earned, default=Decimal(0)))


def digest(facts: Any) -> str:
    """A SHA-256 over plain JSON facts in one canonical form: what a closed month is sealed with."""
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def canonical(facts: Any) -> str:
    """Plain JSON facts as the one text they have: sorted keys, no spaces, non-ASCII escaped."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"))


def _tally(decided: Iterable[Entry]) -> Tally:
    listed = list(decided)
    return Tally(
        tuple(entry for entry in listed if entry.outcome == MET),
        tuple(entry for entry in listed if entry.outcome == MISSED),
    )
