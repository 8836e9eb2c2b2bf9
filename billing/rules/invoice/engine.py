"""The engine's one door: what a tenant owes for a period, from facts alone."""

from decimal import Decimal

from billing.rules.discounts import document_discount
from billing.rules.invoice.document import Document, Finding
from billing.rules.invoice.facts import Facts
from billing.rules.invoice.items import Tm
from billing.rules.invoice.sheet import DECISIONS, ERRORS, ZERO, Sheet
from billing.rules.invoice.worked import place, time_lines
from billing.rules.tax import Tax
from billing.rules.totals import Adjustment, Totals, totals


def invoice(facts: Facts) -> Document:
    """The document of one tenant and period. Preview, draft, issue, re-run and what-if are all this call."""
    sheet = Sheet(facts)
    placed = place(facts, sheet)
    time_lines([at for at in placed if at.hit.item is None or isinstance(at.hit.item.kind, Tm)], sheet)
    return _document(sheet)


def _document(sheet: Sheet) -> Document:
    facts = sheet.facts
    allowances = _discounts(sheet)
    foot = totals(
        [line.line for line in sheet.lines],
        facts.terms,
        allowances=allowances,
        prepaid=facts.prepaid,
        rounding=facts.payable_rounding,
    )
    _judge_total(foot, sheet)
    return Document(
        tenant=facts.tenant,
        period=facts.period,
        currency=facts.terms.currency,
        lines=tuple(sheet.lines),
        allowances=allowances,
        totals=foot,
        errors=tuple(finding for finding in sheet.findings if finding.fault in ERRORS),
        decisions=tuple(finding for finding in sheet.findings if finding.fault in DECISIONS),
        notices=tuple(finding for finding in sheet.findings if finding.fault not in ERRORS | DECISIONS),
        ledgers=sheet.ledgers,
        new_lots=sheet.new_lots,
        ahead=tuple(sheet.ahead),
    )


def _discounts(sheet: Sheet) -> tuple[Adjustment, ...]:
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


def _judge_total(foot: Totals, sheet: Sheet) -> None:
    if foot.gross < ZERO:
        sheet.report(Finding("negative_total", sheet.facts.tenant, str(foot.gross)))
