"""Laws of the whole engine: the same facts give the same document, wherever, whenever, in whatever order."""

import time
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.rules.credit import credit, credit_all, invoiced_lines
from billing.rules.discounts import Discount
from billing.rules.invoice.document import Document
from billing.rules.invoice.engine import invoice
from billing.rules.invoice.facts import Contract, Facts, Version
from billing.rules.invoice.items import Fixed, Item, PerUnit, Pool
from billing.rules.periods import Period
from billing.rules.timesheet.parts import Entry, TimeTerms
from billing.rules.timesheet.steps import TimeRule
from tests.billing.rules.cast import START, TOKYO, D, bands, facts, hourly, tokyo, worked

ITEMS = (
    hourly("8000.5", "tm", "support"),
    Item(key="pool", name="Pool", kind=Pool(D(30000), D(300), D(9000)), work_types=frozenset({"advice"})),
    Item(key="fee", name="Fee", kind=Fixed(D(19999)), discount=Discount(percent=D("7.5"))),
    Item(key="pc", name="PCs", kind=PerUnit("pc", D("333.33"), policy="daily"), tax_code="reduced"),
)

work = st.lists(
    st.tuples(st.integers(0, 29 * 1440), st.integers(1, 600), st.sampled_from(["support", "advice"])), max_size=6
)


def shifted(at: datetime, years: int) -> datetime:
    return at.replace(year=at.year + years)


def a_month(told: list[tuple[int, int, str]], years: int = 0) -> Facts:
    """A tenant with a bit of everything, some years later if asked."""
    time_terms = TimeTerms(TOKYO, bands(after="1.25", night="1.5"), {"remote": TimeRule("quarters", step=15)})
    begin = shifted(tokyo(1, 0), years)
    entries: list[Entry] = [
        replace(worked(str(number), begin + timedelta(minutes=after), minutes, kind), recorded=number)
        for number, (after, minutes, kind) in enumerate(told)
    ]
    june = Period(date(2026 + years, 6, 1), date(2026 + years, 7, 1))
    version = Version(begin=date(2026 + years, 6, 6), items=ITEMS, time=time_terms)
    before = Version(begin=START, end=version.begin, items=ITEMS[:2], time=time_terms)
    counts = {day: day.day // 7 for day in june}
    return replace(
        facts(Contract("C1", (before, version)), entries=entries, period=june),
        counts={"pc": counts},
        discounts=(Discount(amount=D(500)),),
    )


def figures(document: Document) -> tuple[list[tuple[str, str]], str]:
    return [(line.key, str(line.amount)) for line in document.lines], str(document.totals)


@given(work)
def test_preview_is_draft_and_the_order_of_telling_does_not_matter(told: list[tuple[int, int, str]]) -> None:
    facts_told = a_month(told)
    backwards = replace(facts_told, entries=tuple(reversed(facts_told.entries)))
    assert invoice(facts_told) == invoice(facts_told) == invoice(backwards)


@given(work)
def test_lines_and_tax_are_the_total(told: list[tuple[int, int, str]]) -> None:
    document = invoice(a_month(told))
    lines = sum((line.amount for line in document.lines), D(0))
    assert lines - document.totals.allowances + document.totals.tax == document.totals.payable
    assert document.can_be_issued


@given(work, st.integers(0, 9))
def test_everything_credited_is_zero(told: list[tuple[int, int, str]], place: int) -> None:
    document, terms = invoice(a_month(told)), a_month(told).terms
    lines = invoiced_lines(
        [(line.key, line.line.taxes, line.amount) for line in document.lines], document.allowances, terms.currency
    )
    chosen = lines[place % len(lines)]
    first = credit(lines, {chosen.key: chosen.amount}, terms)
    rest = credit_all(lines, terms, [first])
    assert (first.gross + rest.gross, first.tax + rest.tax) == (document.totals.gross, document.totals.tax)


@given(work)
@settings(max_examples=15)
def test_a_like_year_gives_like_amounts(told: list[tuple[int, int, str]]) -> None:
    """28 years on, dates fall on the same weekdays; the June holiday of the test calendar is kept out of the way."""
    clear = [(after, minutes, kind) for after, minutes, kind in told if not 7 * 1440 < after < 11 * 1440]
    assert figures(invoice(a_month(clear))) == figures(invoice(a_month(clear, 28)))


@given(work)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_zone_of_the_process_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, told: list[tuple[int, int, str]]
) -> None:
    seen = []
    with monkeypatch.context() as process:
        for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
            process.setenv("TZ", zone)
            time.tzset()
            seen.append(repr(figures(invoice(a_month(told)))))
    time.tzset()
    assert len(set(seen)) == 1
