"""The pipeline of worked time: scopes rounded, cut at the calendar's borders, weighed by the band."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from billing.rules.money import Number
from billing.rules.periods import period_of
from billing.rules.timesheet.bands import Band, Bands, Stretch, cut, local_date, share_time
from billing.rules.timesheet.steps import SpanRule, TimeRule, round_scope, round_span

Mode = Literal["remote", "on_site", "travel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Work of one person from one instant on. `seconds` are the billable ones, which a break makes fewer than the span.

    `item` and `ticket_item` were chosen by hand; `role` is that of who worked; `recorded` orders entries that begin
    together.
    """

    key: str
    begin: datetime
    seconds: int
    work_type: str
    end: datetime | None = None
    ticket: str | None = None
    visit: str | None = None
    contract: str | None = None
    item: str | None = None
    ticket_item: str | None = None
    site: str | None = None
    mode: Mode = "remote"
    recorded: int = 0
    title: str = ""
    role: str | None = None


REMOTE, ON_SITE = TimeRule(), TimeRule("on site", minimum=60)


@dataclass(frozen=True, slots=True)
class TimeTerms:
    """How a contract counts time; without bands all of it is `business`. The zone dates the work.

    A mode without a rule keeps its seconds; work on site is an hour at least unless told otherwise.
    """

    zone: str
    bands: Bands | None = None
    rules: Mapping[Mode, TimeRule] = field(default_factory=dict)
    span: SpanRule | None = None
    hour_places: int | None = None
    closing_day: int | None = None

    def rule(self, mode: Mode) -> TimeRule:
        return self.rules.get(mode, ON_SITE if mode == "on_site" else REMOTE)


@dataclass(frozen=True, slots=True)
class Part:
    """Charged seconds of one entry within one band; the worked seconds and the rule's name are kept to be shown."""

    entry: Entry
    day: date
    begin: datetime
    band: Band
    multiplier: Decimal
    worked: Number
    seconds: Number
    rule: str


def scope_of(entry: Entry, terms: TimeTerms) -> tuple[str, ...]:
    """Entries with equal scopes are rounded together: a ticket (or visit) within a period, its day, or one entry."""
    rule, day = terms.rule(entry.mode), local_date(entry.begin, terms.zone)
    subject = f"visit {entry.visit}" if entry.visit and entry.mode == "on_site" else entry.ticket
    if rule.scope == "entry" or subject is None:
        return (entry.mode, entry.key)
    within = day if rule.scope == "ticket_day" else period_of(day, terms.closing_day).begin
    return (entry.mode, subject, within.isoformat())


def parts_of(
    entries: Iterable[Entry], terms: TimeTerms, multipliers: Mapping[str, Decimal] | None = None
) -> tuple[Part, ...]:
    """Charged time by entry and band, in order of work; `multipliers` are those of the work types themselves.

    A scope's charged time goes to all stretches of its entries at once, so it is the same whether somebody logged
    across a border of the calendar or stopped and started there.
    """
    scopes: dict[tuple[str, ...], list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.begin, entry.recorded, entry.key)):
        scopes.setdefault(scope_of(entry, terms), []).append(entry)
    parts = [part for scope in scopes.values() for part in _scope_parts(scope, terms, multipliers or {})]
    return tuple(sorted(parts, key=lambda part: (part.begin, part.entry.begin, part.entry.recorded, part.entry.key)))


def _scope_parts(scope: Sequence[Entry], terms: TimeTerms, multipliers: Mapping[str, Decimal]) -> list[Part]:
    rule = terms.rule(scope[0].mode)
    pieces = [piece for entry in scope for piece in _pieces(entry, terms)]
    pieces.sort(key=lambda piece: (piece[1].begin, piece[0].begin, piece[0].recorded, piece[0].key))
    charged = round_scope([worked for _, _, worked in pieces], rule)
    return [
        Part(
            entry,
            local_date(entry.begin, terms.zone),
            stretch.begin,
            stretch.band,
            _multiplier(stretch.band, terms.bands, multipliers.get(entry.work_type)),
            worked,
            seconds,
            rule.name,
        )
        for (entry, stretch, worked), seconds in zip(pieces, charged, strict=True)
    ]


def _multiplier(band: Band, bands: Bands | None, of_work_type: Decimal | None) -> Decimal:
    if bands is None:
        return max(Decimal(1), of_work_type or Decimal(1))
    return bands.multiplier(band, of_work_type)


def _pieces(entry: Entry, terms: TimeTerms) -> list[tuple[Entry, Stretch, Number]]:
    begin, end, seconds = _rounded_ends(entry, terms.span)
    stretches = cut(begin, end, terms.bands) if terms.bands else (Stretch(begin, end or begin, "business"),)
    worked = share_time(seconds, [stretch.seconds for stretch in stretches], whole_minutes=False)
    return [(entry, stretch, share) for stretch, share in zip(stretches, worked, strict=True)]


def _rounded_ends(entry: Entry, rule: SpanRule | None) -> tuple[datetime, datetime | None, int]:
    """A span is rounded end by end; what was no work within it (a break) stays taken off."""
    if rule is None or entry.end is None:
        return entry.begin, entry.end, entry.seconds
    span = round_span(entry.begin, entry.end, rule)
    breaks = (entry.end - entry.begin) // timedelta(seconds=1) - entry.seconds
    return span.begin, span.end, max(0, span.seconds - breaks)
