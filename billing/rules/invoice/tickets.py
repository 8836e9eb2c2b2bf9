"""Tickets at a price each; bought ones are drawn first."""

from datetime import datetime
from fractions import Fraction

from billing.rules.invoice.courses import Course
from billing.rules.invoice.document import Explain, Use
from billing.rules.invoice.facts import Facts, TicketFact
from billing.rules.invoice.items import PerTicket, line_key
from billing.rules.invoice.prepaid_lines import run_item, used_value_lines
from billing.rules.invoice.sheet import ZERO, About, Sheet
from billing.rules.prepaid import Need
from billing.rules.timesheet.bands import local_date

Counted = tuple[datetime, TicketFact]


def ticket_lines(course: Course, sheet: Sheet) -> None:
    """A zero line for tickets drawn from bought ones, and a line for the others."""
    item = course.on(sheet.facts.period.last_day)
    if not isinstance(item.kind, PerTicket):
        return
    tickets = {ticket.key: (at, ticket) for at, ticket in counted_tickets(course, item.kind, sheet.facts)}
    zone = sheet.facts.desk_time.zone
    needs = [Need(key=key, at=at, day=local_date(at, zone), raw=1, weighted=1) for key, (at, _) in tickets.items()]
    ledger, paid = run_item(course, needs, sheet)
    drawn = tuple(_use(*tickets[draw.need], draw.lot) for draw in ledger.draws if draw.lot)
    beyond = tuple(_use(*tickets[draw.need]) for draw in ledger.draws if not draw.lot)
    if drawn or ledger.expired:
        figures = {"drawn": ledger.drawn, "expired": ledger.expired, "left": ledger.carried_out}
        explain = Explain("ledger", figures, drawn)
        sheet.add(
            line_key(item.key, "used"), "used", item.name, ledger.drawn, ZERO, About.of(item), explain,
            service=sheet.facts.period,
        )  # fmt: skip
        used_value_lines(item, ledger, paid, sheet)
    if beyond or not drawn:
        sheet.add(
            line_key(item.key), "tickets", item.name, Fraction(len(beyond)), item.kind.price, About.of(item),
            Explain("tickets", {"counted": item.kind.counted}, beyond), service=sheet.facts.period,
        )  # fmt: skip


def counted_tickets(course: Course, kind: PerTicket, facts: Facts) -> list[Counted]:
    """Tickets opened or closed on a day of service in the period, in that order."""
    found = []
    for ticket in facts.tickets:
        at = ticket.closed if kind.counted == "closed" else ticket.opened
        if (
            at is None
            or ticket.contract not in (None, course.contract)
            or (kind.kinds and ticket.kind not in kind.kinds)
        ):
            continue
        day = local_date(at, facts.desk_time.zone)
        if day in facts.period and course.begin <= day and (course.end is None or day < course.end):
            found.append((at, ticket))
    return sorted(found, key=lambda counted: (counted[0], counted[1].key))


def _use(at: datetime, ticket: TicketFact, lot: str | None = None) -> Use:
    return Use(key=ticket.key, ticket=ticket.key, begin=at, worked=0, charged=0, lot=lot)
