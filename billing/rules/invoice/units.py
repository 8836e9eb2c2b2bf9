"""What is counted on the document: units of a product, and milestones."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from billing.rules.counts import Counted, NoCountsError, counted, in_tiers, needs_tick
from billing.rules.invoice.courses import Course
from billing.rules.invoice.document import Explain, Finding
from billing.rules.invoice.items import Item, Milestones, PerUnit, line_key
from billing.rules.invoice.recurring import Billing, bill, due_cycle
from billing.rules.invoice.sheet import ONE, ZERO, About, Sheet
from billing.rules.money import Number
from billing.rules.periods import DAY, Period
from billing.rules.prorate import Change


def unit_lines(course: Course, sheet: Sheet) -> None:
    """Quantity x price, tier by tier where there are tiers. In advance the next cycle takes this period's count."""
    item = course.on(sheet.facts.period.last_day)
    cycle = sheet.facts.period if item.timing == "advance" else due_cycle(course, sheet)
    if cycle is None or not isinstance(item.kind, PerUnit):
        return
    served = cycle.clip(course.begin, course.end)
    if served is None:
        _take_back(course, sheet)
        return
    found = _count(item, item.kind, served, sheet)
    if found is None:
        return
    figures: dict[str, Number | date | str] = {"policy": item.kind.policy, "days without a count": len(found.missing)}
    tiers: dict[int, list[Change]] = {}
    for day, unit, quantity in _stretches(course, found):
        try:
            priced = (
                [(quantity, unit.price)] if unit.price is not None else in_tiers(quantity, unit.tiers, unit.tier_mode)
            )
        except ValueError as beyond:
            sheet.report(Finding("no_tier", item.key, str(beyond)))
            return
        for number in range(max(len(priced), len(tiers))):
            units, price = priced[number] if number < len(priced) else (ZERO, ZERO)
            tiers.setdefault(number, []).append(Change(day, price, units))
    for number, changes in tiers.items():
        if number == 0 or any(change.quantity for change in changes):
            part = item.key if number == 0 else f"{item.key}-tier{number + 1}"
            told = _as_billed(part, changes, sheet) if item.timing == "advance" else changes
            bill(Billing(course, part, "units", tuple(told), figures, "C62"), sheet)


def _as_billed(part: str, changes: Sequence[Change], sheet: Sheet) -> list[Change]:
    """A cycle billed ahead keeps the count it was billed with; a new count holds from the next period on."""
    period = sheet.facts.period
    billed = [row.quantity for row in sheet.facts.ahead if row.item == part and period.begin in row.cycle]
    if not billed:
        return list(changes)
    begun = [change for change in changes if change.day < period.end]
    return [
        *(replace(change, quantity=billed[-1]) for change in begun),
        *(replace(change, day=period.end) for change in begun[-1:]),
        *(change for change in changes if change.day >= period.end),
    ]


def _take_back(course: Course, sheet: Sheet) -> None:
    """Service that ended before what was billed ahead did: what was billed is all that is left to compare."""
    parts = {row.item: row for row in sheet.facts.ahead if row.item.partition("-tier")[0] == course.key}
    for part, row in parts.items():
        bill(Billing(course, part, "units", (Change(course.begin, row.price, row.quantity),), {}, "C62"), sheet)


def _count(item: Item, unit: PerUnit, cycle: Period, sheet: Sheet) -> Counted | None:
    facts = sheet.facts
    policy = "period_end" if item.timing == "advance" and unit.policy == "daily" else unit.policy
    try:
        found = counted(facts.counts.get(unit.product, {}), cycle, policy, minimum=unit.minimum, free=unit.free)
    except NoCountsError as nothing:
        sheet.report(Finding("no_counts", item.key, str(nothing)))
        return None
    if found.missing:
        sheet.report(Finding("stale_count", item.key, f"{len(found.missing)} days without a count"))
    now = found.runs[-1].quantity
    if needs_tick(facts.counted_before.get(item.key), now) and item.key not in facts.ticked:
        sheet.report(Finding("count_jump", item.key, f"{facts.counted_before[item.key]} -> {now}"))
    return found


def _stretches(course: Course, found: Counted) -> list[tuple[date, PerUnit, Decimal]]:
    """The days on which price or count change, with the terms and the quantity from then on."""
    stretches = []
    for day in sorted({begin for begin, _ in course.terms} | {run.begin for run in found.runs[1:]}):
        unit = course.on(day).kind
        run = next((run for run in reversed(found.runs) if run.begin <= day), found.runs[0])
        if isinstance(unit, PerUnit):
            stretches.append((day, unit, run.quantity))
    return stretches


def milestone_lines(course: Course, sheet: Sheet) -> None:
    """One line for each milestone reached in the period; the last of all takes the remainder of the price."""
    item = course.on(sheet.facts.period.last_day)
    if not isinstance(item.kind, Milestones):
        return
    shares = milestone_amounts(item.kind, sheet)
    for step, amount in zip(item.kind.steps, shares, strict=True):
        if step.reached is not None and step.reached in sheet.facts.period:
            sheet.add(
                line_key(f"{item.key}-{step.key}"),
                "milestone",
                f"{item.name}: {step.name}",
                ONE,
                amount,
                About.of(item),
                Explain("milestone", {"price": item.kind.price, "percent": step.percent, "reached": step.reached}),
                service=Period(step.reached, step.reached + DAY),
            )


def milestone_amounts(kind: Milestones, sheet: Sheet) -> Sequence[Decimal]:
    """Each step's rounded share of the price, the last one what is left of it."""
    shares = [sheet.rounded(Fraction(kind.price) * Fraction(step.percent) / 100) for step in kind.steps[:-1]]
    return [*shares, sheet.rounded(kind.price) - sum(shares, ZERO)]
