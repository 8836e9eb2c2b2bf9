"""Prepaid lots and their draws: who pays for which work, what expires, what is carried, what is overage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from billing.rules.currencies import exponent_of
from billing.rules.money import Direction, Number, round_to
from billing.rules.periods import Period, next_period
from billing.rules.prorate import share_of

NOTICES = (75, 90, 100)
NOTHING = Fraction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Units granted or bought. Units are minutes, money or tickets, the same for a whole ledger.

    It is valid from `since` (a grant: its period's begin; a purchase: its day, or `covers_from` by an explicit act)
    to `last_day`, the last day of its last period, inclusive; None never ends.
    """

    key: str
    source: Literal["grant", "purchase"]
    units: Number
    since: date
    last_day: date | None = None
    covers_from: date | None = None

    @property
    def valid_from(self) -> date:
        return min(self.since, self.covers_from or self.since)

    def valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.last_day is None or day <= self.last_day)

    @property
    def turn(self) -> tuple[bool, date, date, bool]:
        """Earliest expiry first, never-expiring last, then the oldest, a grant before a purchase of the same day.

        What a purchase is told to cover earlier makes it no older: a period's grant still goes before it.
        """
        return (self.last_day is None, self.last_day or date.max, self.since, self.source != "grant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Work that wants units: raw ones and, weighed by a multiplier, those it takes.

    `day` is its local date; `booked` the day it came to the ledger when that was later. A time entry cut by the clock
    has a need for each `part`.
    """

    key: str
    part: int = 0
    at: datetime
    day: date
    raw: Number
    weighted: Number
    recorded: int = 0
    booked: date | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """Units a need took from a lot; from no lot (None) they are overage."""

    need: str
    lot: str | None
    raw: Fraction
    weighted: Fraction
    part: int = 0


@dataclass(frozen=True, slots=True)
class Expiry:
    """Units a lot lost at the end of a period: by its last day, or over the cap of what may be carried."""

    lot: str
    units: Fraction
    why: Literal["last_day", "cap"]


@dataclass(frozen=True, slots=True)
class Ledger:
    """One period: carried in + granted + purchased = drawn + expired + carried out, and the overage."""

    period: Period
    carried_in: Fraction
    granted: Fraction
    purchased: Fraction
    drawn: Fraction
    expired: Fraction
    carried_out: Fraction
    overage: Fraction
    draws: tuple[Draw, ...] = ()
    expiries: tuple[Expiry, ...] = ()
    left: Mapping[str, Fraction] = field(default_factory=dict)
    bought: tuple[Lot, ...] = ()


@dataclass(frozen=True, slots=True)
class Refill:
    """Automatic purchases: once the balance is below the threshold, a lot of so many units from that day on."""

    key: str
    threshold: Number
    units: Number
    last_day: date | None = None

    def __post_init__(self) -> None:
        if self.units <= 0:
            raise ValueError("an automatic purchase brings units")

    def lot(self, day: date, number: int) -> Lot:
        return Lot(key=f"{self.key}:{number}", source="purchase", units=self.units, since=day, last_day=self.last_day)


def left_of(
    lots: Iterable[Lot], draws: Iterable[tuple[str, Number]], expiries: Iterable[tuple[str, Number]] = ()
) -> dict[str, Fraction]:
    """The balance by lot: lots - draws - expiries. There is no other counter."""
    left = {lot.key: Fraction(lot.units) for lot in lots}
    for key, units in (*draws, *expiries):
        left[key] -= Fraction(units)
    return left


def run_period(
    period: Period,
    lots: Sequence[Lot],
    needs: Iterable[Need],
    carried: Mapping[str, Number] | None = None,
    cap: Number | None = None,
    refill: Refill | None = None,
) -> Ledger:
    """One period from its beginning: draw by work start, expire, cap, carry.

    `carried` says what lots of closed periods have left and names no lot of this period. Lots not yet due
    (`since` at or after the period's end) wait. `cap` limits the sum of the grants carried out. `refill` buys lots as
    the work of the period itself makes the balance fall; late work does not.
    """
    before = {key: Fraction(units) for key, units in (carried or {}).items()}
    if strangers := before.keys() - {lot.key for lot in lots}:
        raise ValueError(f"carried units of unknown lots: {sorted(strangers)}")
    here = sorted((lot for lot in lots if lot.key in before or lot.since < period.end), key=lambda lot: lot.turn)
    left = {lot.key: before.get(lot.key, Fraction(lot.units)) for lot in here}
    draws: list[Draw] = []
    bought: list[Lot] = []
    for need in sorted(needs, key=lambda need: (need.at, need.recorded, need.part)):
        wanted = _draw(need, Fraction(need.weighted), here, left, draws)
        while refill and need.day in period and (wanted or _balance(here, left, need.day) < refill.threshold):
            bought.append(refill.lot(need.day, len(bought) + 1))
            here = sorted((*here, bought[-1]), key=lambda lot: lot.turn)
            left[bought[-1].key] = Fraction(bought[-1].units)
            wanted = _draw(need, wanted, here, left, draws)
        if wanted:
            draws.append(Draw(need.key, None, wanted * _raw_per_unit(need), wanted, need.part))
    granted, purchased = (
        sum((Fraction(lot.units) for lot in here if lot.key not in before and lot.source == source), NOTHING)
        for source in ("grant", "purchase")
    )
    drawn, overage = (
        sum((draw.weighted for draw in draws if (draw.lot is None) == over), NOTHING) for over in (False, True)
    )
    carried_in = sum(before.values(), NOTHING)
    expiries = tuple(_expire(period, here, left, cap))
    expired = sum((expiry.units for expiry in expiries), NOTHING)
    carried_out = sum(left.values(), NOTHING)
    kept = {key: units for key, units in left.items() if units}
    return Ledger(
        period, carried_in, granted, purchased, drawn, expired, carried_out, overage,
        tuple(draws), expiries, kept, tuple(bought),
    )  # fmt: skip


def run_periods(
    periods: Sequence[Period], lots: Sequence[Lot], needs: Sequence[Need], cap: Number | None = None
) -> tuple[Ledger, ...]:
    """Periods in a row, each closed before the next: work booked later draws from what has not expired since."""
    ledgers: list[Ledger] = []
    carried: Mapping[str, Number] = {}
    begun: set[str] = set()
    for period in periods:
        here = [lot for lot in lots if lot.key in carried or (lot.key not in begun and lot.since < period.end)]
        booked = [need for need in needs if max(need.day, need.booked or need.day) in period]
        ledgers.append(run_period(period, here, booked, carried, cap))
        begun |= {lot.key for lot in here}
        carried = ledgers[-1].left
    return tuple(ledgers)


def _draw(need: Need, wanted: Fraction, lots: Sequence[Lot], left: dict[str, Fraction], draws: list[Draw]) -> Fraction:
    """Take what is wanted from the lots in turn; the answer is what none of them had."""
    for lot in lots:
        if wanted > 0 and left[lot.key] > 0 and lot.valid_on(need.day):
            taken = min(wanted, left[lot.key])
            left[lot.key] -= taken
            wanted -= taken
            draws.append(Draw(need.key, lot.key, taken * _raw_per_unit(need), taken, need.part))
    return max(wanted, NOTHING)


def _raw_per_unit(need: Need) -> Fraction:
    return Fraction(need.raw) / Fraction(need.weighted) if need.weighted else NOTHING


def _balance(lots: Iterable[Lot], left: Mapping[str, Fraction], day: date) -> Fraction:
    return sum((left[lot.key] for lot in lots if lot.valid_on(day)), NOTHING)


def _expire(period: Period, lots: Sequence[Lot], left: dict[str, Fraction], cap: Number | None) -> Iterable[Expiry]:
    for lot in lots:
        if left[lot.key] and lot.last_day is not None and lot.last_day < period.end:
            yield Expiry(lot.key, left[lot.key], "last_day")
            left[lot.key] = NOTHING
    if cap is None:
        return
    excess = sum((left[lot.key] for lot in lots if lot.source == "grant"), NOTHING) - Fraction(cap)
    for lot in lots:
        if excess > 0 and lot.source == "grant" and left[lot.key]:
            lost = min(excess, left[lot.key])
            left[lot.key] -= lost
            excess -= lost
            yield Expiry(lot.key, lost, "cap")


def last_day_after(period: Period, rollover: int | None, closing_day: int | None = None) -> date | None:
    """The last day of the n-th period after this one (0: its own), None for ever."""
    if rollover is None:
        return None
    for _ in range(rollover):
        period = next_period(period, closing_day)
    return period.last_day


def grant(
    key: str,
    units: Number,
    period: Period,
    rollover: int | None = 0,
    closing_day: int | None = None,
    *,
    starts: date | None = None,
    ends: date | None = None,
    whole: Period | None = None,
) -> Lot:
    """A period's grant. With `starts` or `ends` inside the period it is prorated by days, half up to a whole unit.

    `whole` is the month of which the period is only a part, between two closing days: its days are then the divisor.
    """
    served, month = period.clip(starts, ends), whole or period
    if served is None:
        units = 0
    elif served != month:
        units = round_to(Fraction(units) * share_of(served.begin, served.end, month), 0, "half_up")
    last_day = last_day_after(period, rollover, closing_day)
    return Lot(key=key, source="grant", units=units, since=period.begin, last_day=last_day)


def covering_earlier(lot: Lot, day: date, open_period: Period) -> Lot:
    """The explicit act "cover earlier overage": valid from an earlier day, but never within a closed period."""
    return replace(lot, covers_from=max(day, open_period.begin))


def overage_units(units: Number, step: Number = 0) -> Fraction:
    """A period's overage, rounded up to a step where there is one; the units stay exact without."""
    if not step:
        return Fraction(units)
    return Fraction(round_to(Fraction(units) / Fraction(step), 0, "up")) * Fraction(step)


def overage_amount(
    units: Number, rate: Decimal, currency: str, direction: Direction = "half_up", *, minutes: bool, step: Number = 0
) -> Decimal:
    """What a period's overage costs, rounded once: per hour where the units are minutes, else per unit."""
    exact = overage_units(units, step) * Fraction(rate) / (60 if minutes else 1)
    return round_to(exact, exponent_of(currency), direction)


def notices_due(used_before: Number, used_now: Number, available: Number) -> tuple[int, ...]:
    """Which of 75, 90 and 100 % were reached between two states of use."""
    return tuple(
        share
        for share in NOTICES
        if Fraction(used_before) * 100 < share * Fraction(available) <= Fraction(used_now) * 100
    )
