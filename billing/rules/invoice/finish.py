"""Once all lines of an item stand: what somebody changed by hand, discounts, minimum, cap, purchase order."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from billing.rules.discounts import Discount, document_discount, line_discount
from billing.rules.invoice.courses import Course, bridged
from billing.rules.invoice.document import DocumentLine, Explain, Finding, Role
from billing.rules.invoice.facts import ManualLine, Override
from billing.rules.invoice.items import Item, line_key
from billing.rules.invoice.recurring import due_cycle
from billing.rules.invoice.sheet import ONE, ZERO, About, Sheet
from billing.rules.periods import Period
from billing.rules.prorate import BY_DAYS, share_in_service
from billing.rules.tax import Tax
from billing.rules.totals import Adjustment

_NO_FEES: frozenset[Role] = frozenset({"sale", "prepayment", "credit"})


def finish_item(course: Course, sheet: Sheet) -> None:
    """Discount each line, then lift the item's fees to their minimum and hold them under their cap.

    Minimum and cap are for a period, or for a whole cycle billed in arrears when it is over.
    """
    item = course.on(sheet.facts.period.last_day)
    written = [line for line in sheet.lines if line.item == course.key]
    if item.po_required and not item.po_number and written:
        sheet.report(Finding("po_missing", item.key))
    if item.discount is not None:
        _discount(written, item.discount, sheet)
    over = due_cycle(course, sheet) if item.months > 1 and item.timing == "arrears" else sheet.facts.period
    if over is not None and over.clip(course.begin, course.end):
        _true_up(course, item, over, sheet)
        _cap(course, item, sheet)


def fees_of(course: Course, sheet: Sheet) -> Decimal:
    """The period's fees of an item: its lines without money paid ahead and what is given back of earlier ones."""
    return sum((line.amount for line in sheet.lines if line.item == course.key and line.role not in _NO_FEES), ZERO)


def _discount(written: list[DocumentLine], discount: Discount, sheet: Sheet) -> None:
    """A percentage comes off every line; an amount off one after the other until it is used up."""
    terms, left = sheet.facts.terms, discount
    for line in written:
        allowance = line_discount(line.amount, left, terms.currency, terms.amounts)
        if not allowance:
            continue
        net = None if line.line.net is None else line.line.net - allowance
        sheet.change(line, replace(line.line, allowances=(*line.line.allowances, allowance), net=net))
        if left.amount is not None:
            left = replace(left, amount=left.amount - allowance)


def _true_up(course: Course, item: Item, over: Period, sheet: Sheet) -> None:
    share = _in_service(course, item, over, sheet)
    least, fees = sheet.rounded(Fraction(item.minimum) * share), fees_of(course, sheet)
    if item.minimum and least > fees:
        explain = Explain("minimum", {"minimum": item.minimum, "in service": share, "least": least, "fees": fees})
        _level(item, "true_up", least - fees, explain, sheet)


def _in_service(course: Course, item: Item, over: Period, sheet: Sheet) -> Fraction:
    """The days in service of those a minimum is for, by days unless the item says otherwise; a bridge is a part of its
    month."""
    how, whole = item.proration or BY_DAYS, bridged(sheet.facts)
    if over != sheet.facts.period:
        return share_in_service(course.begin, course.end, over, how, item.months)
    if whole is None:
        return share_in_service(course.begin, course.end, over, how)
    begin, end = max(course.begin, over.begin), min(course.end or over.end, over.end)
    return share_in_service(begin, end, whole, replace(how, first=True, last=True, none_if_under=0))


def _cap(course: Course, item: Item, sheet: Sheet) -> None:
    if item.cap is None:
        return
    most, fees = sheet.rounded(item.cap), fees_of(course, sheet)
    if fees > most:
        _level(item, "cap", most - fees, Explain("cap", {"cap": item.cap, "fees": fees}), sheet)


def _level(item: Item, role: Role, amount: Decimal, explain: Explain, sheet: Sheet) -> None:
    """The amount counts as the document's prices do, which the fees already did."""
    about = replace(About.of(item), includes_tax=None)
    sheet.add(line_key(item.key, role), role, item.name, ONE, amount, about, explain, service=sheet.facts.period)


def override(change: Override, sheet: Sheet) -> bool:
    """Put a person's quantity, price or text into a computed line; say where the facts moved under it.

    False when there is no such line.
    """
    line = next((line for line in sheet.lines if line.key == change.key), None)
    if line is None:
        return False
    seen = ((change.seen_quantity, line.line.quantity), (change.seen_price, line.line.price))
    if any(then is not None and then != now for then, now in seen):
        sheet.report(Finding("override_moved", change.key, f"{line.line.quantity} at {line.line.price}"))
    quantity = line.line.quantity if change.quantity is None else change.quantity
    price = line.line.price if change.price is None else change.price
    figures = {**line.explain.figures, "override": change.reason}
    told = replace(
        line, name=change.name or line.name, explain=replace(line.explain, figures=figures), note=change.reason
    )
    sheet.lines[sheet.lines.index(line)] = told
    if (quantity, price) != (line.line.quantity, line.line.price):
        sheet.change(told, replace(line.line, quantity=quantity, price=price, net=None))
    return True


def manual_line(told: ManualLine, sheet: Sheet) -> None:
    """A line somebody wrote."""
    sheet.add(
        told.key, "manual", told.name, told.quantity, told.price, About(tax_code=told.tax_code, account=told.account),
        Explain("manual"), service=sheet.facts.period, unit=told.unit,
    )  # fmt: skip


def document_discounts(sheet: Sheet) -> tuple[Adjustment, ...]:
    """Document discounts one after the other, each on what the ones before it left."""
    terms, given = sheet.facts.terms, list[Adjustment]()
    left: dict[tuple[Tax, ...], Decimal] = {}
    for line in sheet.lines:
        left[line.line.taxes] = left.get(line.line.taxes, ZERO) + line.amount
    for discount in sheet.facts.discounts:
        for allowance in document_discount(left, discount, terms.currency, terms.amounts):
            left[allowance.taxes] -= allowance.amount
            given.append(allowance)
    return tuple(given)
