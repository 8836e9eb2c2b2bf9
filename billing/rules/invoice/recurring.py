"""What comes again each cycle: fees in arrears or in advance, and what a change does to what was billed ahead."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final

from billing.rules.invoice.courses import Course, bridged, cycle_at
from billing.rules.invoice.document import AheadLine, Explain, Role
from billing.rules.invoice.items import Fixed, Item, Pool, line_key
from billing.rules.invoice.sheet import ONE, ZERO, About, Sheet
from billing.rules.money import Number
from billing.rules.periods import Period
from billing.rules.prorate import Change, Segment, days_of, segments

_CYCLE_UNITS: Final = {1: "MON", 12: "ANN"}
Terms = tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Billing:
    """What to bill of an item, or of a tier of it: its price and quantity from day to day."""

    course: Course
    part: str
    role: Role
    changes: tuple[Change, ...]
    figures: dict[str, Number | date | str]
    unit: str

    @property
    def key(self) -> str:
        return line_key(self.part)

    def about(self, day: date) -> tuple[Item, About]:
        item = self.course.on(day)
        return item, About.of(item)


def fee_lines(course: Course, sheet: Sheet) -> None:
    """The flat fee of a fixed price or a pool."""
    changes = tuple(
        Change(day, item.kind.price, item.quantity) for day, item in course.terms if isinstance(item.kind, Fixed | Pool)
    )
    months = course.on(sheet.facts.period.last_day).months
    bill(Billing(course, course.key, "fee", changes, {}, _CYCLE_UNITS.get(months, "C62")), sheet)


def due_cycle(course: Course, sheet: Sheet) -> Period | None:
    """The cycle in arrears this document bills: the one whose service ends within its period."""
    period = sheet.facts.period
    served = period.clip(course.begin, course.end)
    if served is None:
        return None
    cycle = cycle_at(course, served.begin, sheet.facts)
    due = cycle.end if course.end is None else min(cycle.end, course.end)
    if cycle == bridged(sheet.facts):
        due = min(due, period.end)
    return cycle if period.begin < due <= period.end else None


def bill(billing: Billing, sheet: Sheet) -> None:
    """Lines of this document for a recurring item: the cycle just over, or the one ahead and what changed in it."""
    item = billing.course.on(sheet.facts.period.last_day)
    if item.timing == "advance":
        for ahead in _cycles_ahead(billing.course, sheet):
            _bill_ahead(billing, ahead, sheet)
        return
    cycle = due_cycle(billing.course, sheet)
    if cycle is not None:
        for segment in _segments(billing, cycle, sheet):
            _write(billing, segment, sheet)


def _segments(billing: Billing, cycle: Period, sheet: Sheet) -> tuple[Segment, ...]:
    """A cycle cut at its changes; of a bridge's month only the bridge, by its days."""
    item = billing.course.on(cycle.last_day)
    terms, changes, end, how = sheet.facts.terms, billing.changes, billing.course.end, item.prorates
    if cycle == bridged(sheet.facts) and item.months == 1:
        bridge = sheet.facts.period
        changes = tuple(replace(change, day=max(change.day, bridge.begin)) for change in changes)
        end = bridge.end if end is None else min(end, bridge.end)
        how = replace(how, first=True, last=True, none_if_under=0)
    return segments(changes, cycle, terms.currency, terms.amounts, end=end, how=how, months=item.months)


def _write(billing: Billing, segment: Segment, sheet: Sheet, role: Role | None = None, sign: Decimal = ONE) -> None:
    item, about = billing.about(segment.begin)
    whole = segment.paid_days == segment.period_days
    sheet.add(
        billing.key if role is None else line_key(billing.part, role),
        role or billing.role,
        item.name,
        sign * segment.quantity * (ONE if whole else segment.paid_days),
        segment.price,
        about,
        Explain(
            "cycle",
            {
                "from": segment.begin,
                "to": segment.end,
                "quantity": segment.quantity,
                "price": segment.price,
                "days": segment.paid_days,
                "days in cycle": segment.period_days,
                **billing.figures,
            },
        ),
        service=Period(segment.begin, segment.end),
        base_quantity=ONE if whole else Decimal(segment.period_days),
        unit=billing.unit if whole else "DAY",
    )


def _cycles_ahead(course: Course, sheet: Sheet) -> Iterator[Period]:
    """The cycle that runs in this period and the one that begins with the next."""
    period = sheet.facts.period
    found: list[Period] = []
    for day in (period.begin, period.end):
        cycle = cycle_at(course, day, sheet.facts)
        if cycle not in found:
            found.append(cycle)
    yield from found


def _bill_ahead(billing: Billing, cycle: Period, sheet: Sheet) -> None:
    billed = [row for row in sheet.facts.ahead if row.item == billing.part and cycle.clip(row.begin, row.end)]
    served = cycle.clip(billing.course.begin, billing.course.end)
    if not billed:
        if served is not None and served.begin >= sheet.facts.period.begin:
            for segment in _segments(billing, cycle, sheet):
                _write(billing, segment, sheet)
                _note(billing, segment, cycle, sheet)
        return
    since = sheet.facts.period.begin if cycle == bridged(sheet.facts) else cycle.begin
    for stretch, old, new in _differences(billing, billed, Period(since, cycle.end)):
        item = billing.course.on(stretch.begin)
        ended = billing.course.end is not None and stretch.begin >= billing.course.end
        if ended and not item.prorates.last:
            continue
        days = days_of(stretch.begin, stretch.end, cycle, item.prorates.basis, item.months)
        if old is not None:
            taken = Segment(stretch.begin, stretch.end, *old, *days, ZERO)
            _write(billing, taken, sheet, "credit", -ONE)
        given = Segment(stretch.begin, stretch.end, *(new or (ZERO, ZERO)), *days, ZERO)
        if new is not None:
            _write(billing, given, sheet)
        _note(billing, given, cycle, sheet)


def _note(billing: Billing, segment: Segment, cycle: Period, sheet: Sheet) -> None:
    sheet.ahead.append(AheadLine(billing.part, segment.begin, segment.end, cycle, segment.price, segment.quantity))


def _differences(
    billing: Billing, billed: Sequence[AheadLine], within: Period
) -> Iterable[tuple[Period, Terms | None, Terms | None]]:
    """Stretches of a cycle where what was billed is not what holds now; equal neighbours are one."""
    course = billing.course
    edges = {row.begin for row in billed} | {row.end for row in billed} | {change.day for change in billing.changes}
    edges |= {within.begin, within.end, course.begin, *((course.end,) if course.end else ())}
    found: list[tuple[Period, Terms | None, Terms | None]] = []
    for begin, end in pairwise(sorted(edge for edge in edges if within.begin <= edge <= within.end)):
        old = next(((row.price, row.quantity) for row in reversed(billed) if row.begin <= begin < row.end), None)
        held = begin >= course.begin and (course.end is None or begin < course.end)
        now = next((change for change in reversed(billing.changes) if held and change.day <= begin), None)
        old, new = _worth(old), _worth((now.price, now.quantity) if now else None)
        if found and found[-1][0].end == begin and found[-1][1:] == (old, new):
            begin = found.pop()[0].begin
        found.append((Period(begin, end), old, new))
    return [difference for difference in found if difference[1] != difference[2]]


def _worth(terms: Terms | None) -> Terms | None:
    """What is free is as good as not billed: there is nothing to credit or to charge."""
    return terms if terms and terms[0] * terms[1] else None
