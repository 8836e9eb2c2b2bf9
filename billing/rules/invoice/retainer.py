"""Money paid ahead: time at its price, less what the retainer had."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from billing.rules.invoice.courses import Course
from billing.rules.invoice.document import DocumentLine, Explain
from billing.rules.invoice.items import Retainer, line_key
from billing.rules.invoice.prepaid_lines import from_prepayment, need_of, run_item
from billing.rules.invoice.sheet import ZERO, Sheet
from billing.rules.invoice.worked import Placed, time_lines
from billing.rules.money import split
from billing.rules.prepaid import Ledger, Need

Owned = dict[tuple[str, int], int]


def retainer_lines(course: Course, placed: Sequence[Placed], sheet: Sheet) -> None:
    """Lines for the time as it is priced. Where the lot's tax was paid at its sale, what it covers is an allowance on
    the line; where tax is due at use, the line stands in full and one negative line takes the value off, untaxed."""
    item = course.on(sheet.facts.period.last_day)
    if not isinstance(item.kind, Retainer):
        return
    written = time_lines(placed, sheet)
    needs, owned = _needs(written, sheet)
    ledger, paid = run_item(course, needs, sheet, top_up=item.kind.top_up)
    at_use = {lot.lot.key for lot in paid if lot.taxed == "use"}
    for number, (line, _) in enumerate(written):
        covered = _drawn(ledger, at_use, owned, number, sheet, at_sale=True)
        if covered:
            allowances = (*line.line.allowances, covered)
            net = None if line.line.net is None else line.line.net - covered
            sheet.change(line, replace(line.line, allowances=allowances, net=net))
    value = sum((_drawn(ledger, at_use, owned, number, sheet, at_sale=False) for number in range(len(written))), ZERO)
    if value:
        from_prepayment(item, line_key(item.key, "use"), value, Explain("value drawn", {"value": value}), sheet)


def _needs(written: Sequence[tuple[DocumentLine, list[Placed]]], sheet: Sheet) -> tuple[list[Need], Owned]:
    """Each part's whole share of its line's amount, in money, and the line it stands on."""
    needs, owned, counted = list[Need](), Owned(), Counter[str]()
    for number, (line, members) in enumerate(written):
        shares = split(line.amount, [at.part.seconds for at in members], sheet.facts.terms.currency)
        for at, amount in zip(members, shares, strict=True):
            need = need_of(at, counted, amount, amount)
            owned[need.key, need.part] = number
            needs.append(need)
    return needs, owned


def _drawn(ledger: Ledger, at_use: set[str], owned: Owned, line: int, sheet: Sheet, *, at_sale: bool) -> Decimal:
    """What lots of one way of taxing gave to a line; whole units, as the shares were."""
    drawn = (
        draw.weighted
        for draw in ledger.draws
        if draw.lot is not None and (draw.lot in at_use) != at_sale and owned[draw.need, draw.part] == line
    )
    return sheet.rounded(sum(drawn, Fraction()))
