"""Prepaid items on the document: what was sold, what was used, what went beyond."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from billing.rules.invoice.courses import Course, bridged
from billing.rules.invoice.document import Explain, Finding, Role, Use
from billing.rules.invoice.facts import PaidLot
from billing.rules.invoice.items import Block, Item, MultiplierOn, Pool, TopUp, line_key
from billing.rules.invoice.sheet import ONE, ZERO, About, Sheet
from billing.rules.invoice.worked import Placed, use_of
from billing.rules.money import Number
from billing.rules.periods import DAY, Period
from billing.rules.prepaid import (
    Draw,
    Ledger,
    Lot,
    Need,
    Refill,
    grant,
    last_day_after,
    notices_due,
    overage_units,
    run_period,
)
from billing.rules.tax import Tax

OUTSIDE = Tax("O", ZERO)
HOUR = Decimal(60)
Parts = Mapping[tuple[str, int], Placed]


def need_of(at: Placed, counted: Counter[str], raw: Number, weighted: Number) -> Need:
    """A charged part as the ledger sees it; `counted` numbers the parts of an entry."""
    entry = at.part.entry
    counted[entry.key] += 1
    return Need(
        key=entry.key,
        part=counted[entry.key] - 1,
        at=at.part.begin,
        day=at.part.day,
        raw=raw,
        weighted=weighted,
        recorded=entry.recorded,
    )


def needs_of(placed: Sequence[Placed], multiplier_on: MultiplierOn) -> tuple[list[Need], Parts]:
    """A need in minutes for each charged part, weighed where the multiplier acts on the burn."""
    needs, parts, counted = list[Need](), dict[tuple[str, int], Placed](), Counter[str]()
    for at in placed:
        raw = Fraction(at.part.seconds) / 60
        weight = Fraction(at.part.multiplier) if multiplier_on == "burn" else Fraction(1)
        need = need_of(at, counted, raw, raw * weight)
        parts[need.key, need.part] = at
        needs.append(need)
    return needs, parts


def run_item(
    course: Course, needs: Sequence[Need], sheet: Sheet, *, top_up: TopUp | None = None, granted: Lot | None = None
) -> tuple[Ledger, list[PaidLot]]:
    """The item's ledger of the period and its bought lots: writes sale lines for new ones, notices of what is used."""
    facts, item = sheet.facts, course.on(sheet.facts.period.last_day)
    paid = [lot for lot in facts.lots if lot.item == item.key and not (granted and lot.lot.key == granted.key)]
    refill = None
    if top_up is not None:
        key = f"{item.key}:{facts.period.begin}:top-up"
        last_day = last_day_after(facts.period, top_up.periods_valid, facts.closing_day)
        refill = Refill(key, top_up.threshold, top_up.units, last_day)
    cap = item.kind.cap if isinstance(item.kind, Pool) else None
    carried = {lot.lot.key: lot.left for lot in paid if lot.lot.since < facts.period.begin}
    lots = [*([granted] if granted else []), *(lot.lot for lot in paid)]
    ledger = run_period(facts.period, lots, needs, carried, cap, refill)
    if top_up is not None and ledger.bought:
        sheet.report(Finding("topped_up", item.key, f"{len(ledger.bought)} lots"))
        paid += [
            PaidLot(item=item.key, lot=lot, left=lot.units, price=top_up.price, taxed=facts.prepayment_taxed, new=True)
            for lot in ledger.bought
        ]
    for lot in paid:
        if lot.new and lot.price is not None:
            _sale_line(lot, lot.price, item, sheet)
    sheet.ledgers[item.key] = ledger
    sheet.new_lots[item.key] = (*([granted] if granted else []), *ledger.bought)
    available = ledger.carried_in + ledger.granted + ledger.purchased
    for share in notices_due(0, ledger.drawn + ledger.overage, available)[-1:]:
        sheet.report(Finding("pool_low", item.key, f"{share} %"))
    return ledger, paid


def pool_lines(course: Course, placed: Sequence[Placed], sheet: Sheet) -> None:
    """After the flat fee: a zero line of what is used and left, and one line for what went beyond."""
    period = sheet.facts.period
    item = course.on(period.last_day)
    if not isinstance(item.kind, Pool):
        return
    needs, parts = needs_of(placed, item.kind.multiplier_on)
    ledger, _ = run_item(course, needs, sheet, granted=_grant(course, sheet))
    if needs or ledger.granted or ledger.carried_in:
        _used_line(item, ledger, parts, sheet)
    _overage_line(item, item.kind, ledger, parts, sheet)


def block_lines(course: Course, placed: Sequence[Placed], sheet: Sheet) -> None:
    """Sale lines when bought; a zero line for what was drawn or expired; what was drawn where the tax is due at use;
    what went beyond."""
    item = course.on(sheet.facts.period.last_day)
    if not isinstance(item.kind, Block):
        return
    needs, parts = needs_of(placed, item.kind.multiplier_on)
    ledger, paid = run_item(course, needs, sheet, top_up=item.kind.top_up)
    if ledger.drawn or ledger.expired:
        _used_line(item, ledger, parts, sheet)
        used_value_lines(item, ledger, paid, sheet)
    _overage_line(item, item.kind, ledger, parts, sheet)


def draw_uses(draws: Sequence[Draw], parts: Parts) -> tuple[Use, ...]:
    """Each draw as an explanation shows it: so much of a part from that lot."""
    uses = []
    for draw in draws:
        part = parts[draw.need, draw.part].part
        minutes = Fraction(part.seconds) / 60
        uses.append(use_of(part, draw.lot, draw.raw / minutes if minutes else Fraction(1)))
    return tuple(uses)


def used_value_lines(item: Item, ledger: Ledger, lots: Sequence[PaidLot], sheet: Sheet) -> None:
    """For lots sold without tax: the value drawn comes on with tax and goes off without. Never both taxes."""
    for paid in (lot for lot in lots if lot.taxed == "use" and lot.price):
        drawn = sum((draw.weighted for draw in ledger.draws if draw.lot == paid.lot.key), Fraction())
        before = Fraction(paid.lot.units) - Fraction(paid.left)
        value = _value(paid, before + drawn, sheet) - _value(paid, before, sheet)
        if not value:
            continue
        figures: dict[str, Number | str] = {"lot": paid.lot.key, "drawn": drawn, "units": paid.lot.units}
        explain = Explain("value drawn", figures)
        key = line_key(item.key, "use", "", paid.lot.key)
        sheet.add(key, "used", item.name, ONE, value, About.of(item), explain, service=sheet.facts.period)
        from_prepayment(item, key, value, explain, sheet)


def from_prepayment(item: Item, key: str, value: Decimal, explain: Explain, sheet: Sheet) -> None:
    """The negative line that takes off what was paid ahead, outside tax."""
    about = About(item=item.key, account=item.account, po_number=item.po_number)
    sheet.add(
        f"{key}:prepaid", "prepayment", item.name, -ONE, value, about, explain,
        service=sheet.facts.period, taxes=(OUTSIDE,),
    )  # fmt: skip


def _value(paid: PaidLot, drawn: Fraction, sheet: Sheet) -> Decimal:
    return sheet.rounded(Fraction(paid.price or ZERO) * drawn / Fraction(paid.lot.units))


def _grant(course: Course, sheet: Sheet) -> Lot | None:
    period, closing_day = sheet.facts.period, sheet.facts.closing_day
    served = period.clip(course.begin, course.end)
    if served is None:
        return None
    item = course.on(served.begin)
    if not isinstance(item.kind, Pool):
        return None
    minutes = Fraction(item.kind.minutes) * Fraction(item.quantity)
    return grant(
        f"{item.key}:{period.begin}",
        minutes,
        period,
        item.kind.rollover,
        closing_day,
        starts=course.begin if item.prorates.first else None,
        ends=course.end if item.prorates.last else None,
        whole=bridged(sheet.facts),
    )


def _sale_line(paid: PaidLot, price: Decimal, item: Item, sheet: Sheet) -> None:
    figures: dict[str, Number | str] = {"lot": paid.lot.key, "units": paid.lot.units, "taxed": paid.taxed}
    sheet.add(
        line_key(item.key, "sale", "", paid.lot.key),
        "sale",
        item.name,
        ONE,
        price,
        About.of(item),
        Explain("sale", figures),
        service=Period(paid.lot.since, paid.lot.since + DAY),
        taxes=(OUTSIDE,) if paid.taxed == "use" else None,
    )


def _used_line(item: Item, ledger: Ledger, parts: Parts, sheet: Sheet) -> None:
    """What lots paid for; what went beyond them stands on the overage line alone, so that no minute stands twice."""
    figures: dict[str, Number] = {
        "carried in": ledger.carried_in,
        "granted": ledger.granted,
        "purchased": ledger.purchased,
        "drawn": ledger.drawn,
        "expired": ledger.expired,
        "left": ledger.carried_out,
        "overage": ledger.overage,
    }
    uses = draw_uses([draw for draw in ledger.draws if draw.lot is not None], parts)
    _minutes_line("used", item, ledger.drawn, ZERO, Explain("ledger", figures, uses), sheet)


def _overage_line(item: Item, kind: Pool | Block, ledger: Ledger, parts: Parts, sheet: Sheet) -> None:
    beyond = tuple(draw for draw in ledger.draws if draw.lot is None)
    if kind.multiplier_on == "burn":
        units = ledger.overage
    else:
        weights = (Fraction(parts[draw.need, draw.part].part.multiplier) for draw in beyond)
        units = sum((draw.raw * weight for draw, weight in zip(beyond, weights, strict=True)), Fraction())
    if not units:
        return
    if kind.overage_rate is None:
        sheet.report(Finding("no_price", item.key, f"{units} minutes beyond what was paid ahead"))
        return
    figures: dict[str, Number] = {"beyond": units, "step": kind.overage_step}
    billed = overage_units(units, kind.overage_step)
    _minutes_line(
        "overage", item, billed, kind.overage_rate, Explain("overage", figures, draw_uses(beyond, parts)), sheet
    )


def _minutes_line(role: Role, item: Item, minutes: Fraction, price: Decimal, explain: Explain, sheet: Sheet) -> None:
    sheet.add(
        line_key(item.key, role), role, item.name, minutes, price, About.of(item), explain,
        service=sheet.facts.period, base_quantity=HOUR, unit="MIN",
    )  # fmt: skip
