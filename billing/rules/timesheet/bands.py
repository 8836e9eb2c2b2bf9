"""Which rate band a moment falls into: business, after, holiday or night, by the contract's calendar."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from billing.rules.money import Number, share_out
from sla.rules.calendar import Span
from sla.rules.hours import Hours
from sla.rules.zones import DAY, zone

Band = Literal["business", "after", "holiday", "night"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Bands:
    """What a contract charges by the clock: its hours, its night (seconds after local midnight), its multipliers.

    A band without a multiplier counts 1.
    """

    hours: Hours
    night: Span | None = None
    multipliers: Mapping[Band, Decimal] = field(default_factory=dict)

    def multiplier(self, band: Band, of_work_type: Decimal | None = None) -> Decimal:
        """The highest of the band's and the work type's own; they are never multiplied together."""
        of_band = self.multipliers.get(band, _ONE)
        return of_band if of_work_type is None else max(of_band, of_work_type)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of real time within one band."""

    begin: datetime
    end: datetime
    band: Band

    @property
    def seconds(self) -> int:
        return _epoch(self.end) - _epoch(self.begin)


def local_date(at: datetime, zone_name: str) -> date:
    """The date on the wall of a zone at an instant."""
    return _date(zone(zone_name).reading(_epoch(at)))


def cut(begin: datetime, end: datetime | None, bands: Bands) -> tuple[Stretch, ...]:
    """Work in [begin, end) cut at every border of the calendar; without a length it is judged at its begin.

    A holiday's local date is `holiday` from midnight to midnight, whatever else is open; office hours are `business`;
    the rest is `after`. `night` replaces the last two where its multiplier is higher. Equal neighbours are one.
    """
    first, last = _epoch(begin), _epoch(end or begin)
    if last <= first:
        return (Stretch(begin, begin, _judge(first, bands, bands.hours.is_open(first))),)
    opened = list(bands.hours.spans(first, last))
    borders = sorted({first, last, *(edge for span in opened for edge in span), *_clock_borders(first, last, bands)})
    pieces: list[tuple[int, int, Band]] = []
    for start, stop in pairwise(borders):
        band = _judge(start, bands, any(a <= start < b for a, b in opened))
        if pieces and pieces[-1][2] == band:
            start = pieces.pop()[0]
        pieces.append((start, stop, band))
    return tuple(Stretch(_instant(start), _instant(stop), band) for start, stop, band in pieces)


def share_time(seconds: Number, lengths: Sequence[int], *, whole_minutes: bool) -> tuple[Number, ...]:
    """Charged seconds over stretches by clock share: in whole minutes by largest remainder, or exactly.

    What is not whole minutes itself is shared exactly, so that no second is lost.
    """
    if sum(lengths) <= 0:
        return (seconds, *(0 for _ in lengths[1:]))
    if whole_minutes and not Fraction(seconds) % 60:
        return tuple(share * 60 for share in share_out(int(seconds) // 60, lengths))
    return tuple(Fraction(seconds) * length / sum(lengths) for length in lengths)


def _judge(at: int, bands: Bands, is_open: bool) -> Band:
    calendar = bands.hours.calendar
    reading = zone(calendar.zone).reading(at)
    band: Band = "after"
    if calendar.is_holiday(_date(reading)):
        band = "holiday"
    elif is_open:
        return "business"
    if _is_night(reading % DAY, bands.night) and bands.multiplier("night") > bands.multiplier(band):
        return "night"
    return band


def _is_night(after_midnight: int, night: Span | None) -> bool:
    return night is not None and any(
        night[0] <= reading < night[1] for reading in (after_midnight, after_midnight + DAY)
    )


def _clock_borders(first: int, last: int, bands: Bands) -> Iterable[int]:
    """Midnights, and the begins and ends of nights, strictly within the stretch."""
    place = zone(bands.hours.calendar.zone)
    for day in range(place.reading(first) // DAY - 1, place.reading(last) // DAY + 1):
        for edge in (DAY, *(bands.night or ())):
            at = place.first(day * DAY + edge, _date(day * DAY).year)
            if first < at < last:
                yield at


def _date(reading: int) -> date:
    return date.fromordinal(_EPOCH_DAY + reading // DAY)


def _epoch(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(seconds=1)


def _instant(epoch: int) -> datetime:
    return _EPOCH + timedelta(seconds=epoch)
