"""Work that a flat fee covers, and what happens when it is more than fair."""

from collections.abc import Sequence
from fractions import Fraction

from billing.rules.invoice.courses import Course
from billing.rules.invoice.document import Explain, Finding
from billing.rules.invoice.items import Fixed, line_key
from billing.rules.invoice.sheet import About, Sheet
from billing.rules.invoice.worked import Placed, use_of
from billing.rules.timesheet.charge import time_quantity


def fair_use_lines(course: Course, placed: Sequence[Placed], sheet: Sheet) -> None:
    """Charged minutes beyond the fair ones raise an alert, or a line where the item has a rate for them."""
    item = course.on(sheet.facts.period.last_day)
    if not isinstance(item.kind, Fixed) or item.kind.fair_use is None:
        return
    fair = item.kind.fair_use
    seconds = sum((Fraction(at.part.seconds) for at in placed), Fraction())
    beyond = seconds - fair.minutes * 60
    if beyond <= 0:
        return
    sheet.report(Finding("fair_use", item.key, f"{seconds / 60} of {fair.minutes} minutes"))
    if fair.rate is None:
        return
    shown = time_quantity(beyond)
    sheet.add(
        line_key(item.key, "fair-use"),
        "overage",
        item.name,
        shown.quantity,
        fair.rate,
        About.of(item),
        Explain(
            "fair use", {"seconds": seconds, "fair minutes": fair.minutes}, tuple(use_of(at.part) for at in placed)
        ),
        service=sheet.facts.period,
        base_quantity=shown.base_quantity,
        unit=shown.unit,
    )
