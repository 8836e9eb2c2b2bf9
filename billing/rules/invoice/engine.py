"""The engine's one door: what a tenant owes for a period, from facts alone."""

from collections.abc import Sequence

from billing.rules.invoice.courses import Course, courses
from billing.rules.invoice.covered import fair_use_lines
from billing.rules.invoice.document import Document, Finding, Use
from billing.rules.invoice.facts import Facts
from billing.rules.invoice.finish import document_discounts, finish_item, manual_line, override
from billing.rules.invoice.items import Block, Fixed, Milestones, PerTicket, PerUnit, Pool, Retainer, Tm
from billing.rules.invoice.prepaid_lines import block_lines, pool_lines
from billing.rules.invoice.recurring import fee_lines
from billing.rules.invoice.retainer import retainer_lines
from billing.rules.invoice.sheet import DECISIONS, ERRORS, ZERO, Sheet
from billing.rules.invoice.tickets import ticket_lines
from billing.rules.invoice.travel import travel_lines
from billing.rules.invoice.units import milestone_lines, unit_lines
from billing.rules.invoice.worked import Placed, place, time_lines, use_of
from billing.rules.totals import totals


def invoice(facts: Facts) -> Document:
    """The document of one tenant and period. Preview, draft, issue, re-run and what-if are all this call.

    It knows no database, clock or locale: equal facts give an equal document. What cannot be priced or decided is a
    finding and never a line.
    """
    sheet = Sheet(facts)
    placed = place(facts, sheet)
    for course in courses(facts):
        _item_lines(course, [at for at in placed if _belongs(at, course)], sheet)
    time_lines([at for at in placed if at.hit.item is None], sheet)
    travel_lines(sheet)
    later = [change for change in facts.overrides if not override(change, sheet)]
    for course in {course.key: course for course in courses(facts)}.values():
        finish_item(course, sheet)
    for change in later:
        if not override(change, sheet):
            sheet.report(Finding("override_lost", change.key, change.reason))
    for told in facts.manual:
        manual_line(told, sheet)
    return _document(sheet, placed)


def _belongs(at: Placed, course: Course) -> bool:
    if at.hit.item is None or (at.hit.contract, at.hit.item.key) != (course.contract, course.key):
        return False
    return course.begin <= at.part.day and (course.end is None or at.part.day < course.end)


def _item_lines(course: Course, placed: Sequence[Placed], sheet: Sheet) -> None:
    period = sheet.facts.period
    match course.on(period.last_day).kind:
        case Tm():
            time_lines(placed, sheet)
        case Fixed():
            fee_lines(course, sheet)
            fair_use_lines(course, placed, sheet)
        case Pool():
            fee_lines(course, sheet)
            pool_lines(course, placed, sheet)
        case Block():
            block_lines(course, placed, sheet)
        case Retainer():
            retainer_lines(course, placed, sheet)
        case PerUnit():
            unit_lines(course, sheet)
        case PerTicket():
            ticket_lines(course, sheet)
        case Milestones():
            milestone_lines(course, sheet)


def _document(sheet: Sheet, placed: Sequence[Placed]) -> Document:
    facts = sheet.facts
    allowances = document_discounts(sheet)
    foot = totals(
        [line.line for line in sheet.lines],
        facts.terms,
        allowances=allowances,
        prepaid=facts.prepaid,
        rounding=facts.payable_rounding,
    )
    if foot.gross < ZERO:
        sheet.report(Finding("negative_total", facts.tenant, str(foot.gross)))
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
        covered=_covered(sheet, placed),
    )


def _covered(sheet: Sheet, placed: Sequence[Placed]) -> tuple[Use, ...]:
    shown = {use.key for line in sheet.lines for use in line.explain.uses}
    faulty = {finding.subject for finding in sheet.findings if finding.fault in ERRORS | DECISIONS}
    return tuple(use_of(at.part) for at in placed if at.part.entry.key not in shown | faulty)
