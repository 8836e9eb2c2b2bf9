"""Time on the document: entries find their item, are counted by its contract, and become lines at a rate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from billing.rules.invoice.document import DocumentLine, Explain, Finding, Use
from billing.rules.invoice.facts import Facts
from billing.rules.invoice.items import line_key
from billing.rules.invoice.resolve import Hit, UnresolvedError, price_of, resolve
from billing.rules.invoice.sheet import About, Sheet, plain
from billing.rules.periods import Period, period_of
from billing.rules.tax import Tax
from billing.rules.timesheet.bands import local_date
from billing.rules.timesheet.charge import time_quantity
from billing.rules.timesheet.parts import Entry, Part, TimeTerms, parts_of


@dataclass(frozen=True, slots=True)
class Placed:
    """A charged part and where it goes."""

    part: Part
    hit: Hit


@dataclass(frozen=True, slots=True)
class _Pricing:
    """What parts have in common that share a line."""

    card: str
    about: About
    name: str
    price: Decimal
    rate: Decimal
    multiplier: Decimal
    hour_places: int | None
    service: Period
    taxes: tuple[Tax, ...]

    @property
    def key(self) -> str:
        about = self.about
        return line_key(self.card, about.work_type or "", about.band or "", str(plain(self.price)), about.site)


def place(facts: Facts, sheet: Sheet) -> tuple[Placed, ...]:
    """All charged parts with their items, in order of work; entries nobody can place become findings.

    Work dated after the period is not looked at.
    """
    hits: dict[str, Hit] = {}
    for entry in facts.entries:
        try:
            hit = resolve(entry, facts)
            if local_date(entry.begin, hit.time.zone) < facts.period.end:
                hits[entry.key] = hit
        except UnresolvedError as unresolved:
            sheet.report(unresolved.finding)
    placed = [
        Placed(part, hits[part.entry.key])
        for terms, entries in _by_terms([(hits[entry.key].time, entry) for entry in facts.entries if entry.key in hits])
        for part in parts_of(entries, terms, facts.work_types)
    ]
    for part in (at.part for at in placed):
        if part.day < facts.period.begin:
            sheet.report(Finding("late_entry", part.entry.key, part.day.isoformat()))
    return tuple(sorted(placed, key=lambda at: (at.part.begin, at.part.entry.recorded, at.part.entry.key)))


def _by_terms(entries: Iterable[tuple[TimeTerms, Entry]]) -> list[tuple[TimeTerms, list[Entry]]]:
    """Entries counted by equal terms are rounded together, whatever version of a contract they come from."""
    groups: list[tuple[TimeTerms, list[Entry]]] = []
    for terms, entry in entries:
        group = next((listed for known, listed in groups if known == terms), None)
        if group is None:
            groups.append((terms, group := []))
        group.append(entry)
    return groups


def time_lines(placed: Sequence[Placed], sheet: Sheet) -> list[tuple[DocumentLine, list[Placed]]]:
    """Lines for time at a rate: one per item, work type, band, price and site; late work on lines of its own month."""
    groups: dict[_Pricing, list[Placed]] = {}
    for at in placed:
        try:
            groups.setdefault(_pricing(at, sheet), []).append(at)
        except UnresolvedError as unresolved:
            sheet.report(unresolved.finding)
    written = [
        (_time_line(pricing, groups[pricing], sheet), groups[pricing])
        for pricing in sorted(groups, key=lambda pricing: (pricing.service, pricing.key))
    ]
    return [(line, members) for line, members in written if line is not None]


def _pricing(at: Placed, sheet: Sheet) -> _Pricing:
    part, item, facts = at.part, at.hit.item, sheet.facts
    rate, card = price_of(part.entry, part.day, item, facts)
    about = replace(
        About.of(item) if item else About(tax_code=facts.time_tax_code),
        work_type=part.entry.work_type,
        band=part.band,
        site=part.entry.site,
    )
    late = part.day < facts.period.begin
    return _Pricing(
        card=item.key if item else card,
        about=about,
        name=item.name if item else part.entry.work_type,
        price=plain(rate.price * part.multiplier),
        rate=rate.price,
        multiplier=part.multiplier,
        hour_places=at.hit.time.hour_places,
        service=period_of(part.day, at.hit.time.closing_day) if late else facts.period,
        taxes=sheet.taxes(about.tax_code, part.day, about.site or about.tax_site, part.entry.key),
    )


def _time_line(pricing: _Pricing, members: Sequence[Placed], sheet: Sheet) -> DocumentLine | None:
    seconds = sum((Fraction(at.part.seconds) for at in members), Fraction())
    if not seconds:
        return None
    shown = time_quantity(seconds, pricing.hour_places)
    late = pricing.service != sheet.facts.period
    return sheet.add(
        f"{pricing.key}:{pricing.service.begin:%Y-%m}" if late else pricing.key,
        "time",
        pricing.name,
        seconds if shown.unit == "SEC" else shown.quantity,
        pricing.price,
        pricing.about,
        Explain(
            "time",
            {"seconds": seconds, "rate": pricing.rate, "multiplier": pricing.multiplier},
            tuple(use_of(at.part) for at in members),
        ),
        service=pricing.service,
        base_quantity=shown.base_quantity,
        unit=shown.unit,
        taxes=pricing.taxes,
    )


def use_of(part: Part, lot: str | None = None, share: Fraction = Fraction(1)) -> Use:
    """A part as an explanation shows it; with `share` only so much of its charged time."""
    entry = part.entry
    return Use(
        key=entry.key,
        ticket=entry.ticket,
        begin=part.begin,
        worked=part.worked,
        charged=Fraction(part.seconds) * share,
        band=part.band,
        multiplier=part.multiplier,
        rule=part.rule,
        lot=lot,
    )
