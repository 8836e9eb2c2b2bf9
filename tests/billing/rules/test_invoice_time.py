"""Time and material on a document: who pays, at which rate, in which band."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing.rules.invoice.document import Document
from billing.rules.invoice.engine import invoice
from billing.rules.invoice.facts import Facts
from billing.rules.invoice.items import Item, Rate, Tm
from billing.rules.tax import DatedTax, Tax
from billing.rules.timesheet.parts import Entry, TimeTerms
from billing.rules.timesheet.steps import TimeRule
from tests.billing.rules.cast import (
    OFFICE,
    PLAIN_TIME,
    TAXES,
    TOKYO,
    D,
    bands,
    contract,
    facts,
    hourly,
    tokyo,
    worked,
)
from tests.billing.rules.figures import figures


def amounts(document: Document) -> dict[str, str]:
    return {line.key: str(line.amount) for line in document.lines}


def faults(document: Document) -> list[tuple[str, str]]:
    return [(finding.fault, finding.subject) for finding in (*document.errors, *document.decisions)]


def test_a_first_monthly_invoice() -> None:
    document = invoice(facts(contract(hourly("8000")), entries=[worked("a", tokyo(2), 50), worked("b", tokyo(3), 20)]))
    (line,) = document.lines
    assert (line.line.quantity, line.line.base_quantity, line.unit) == (D(90), D(60), "MIN")
    assert (document.totals.net, document.totals.tax, document.totals.payable) == figures("12000 1200 13200")
    assert line.key == "tm:support:business:8000:"
    assert [(use.key, use.worked, use.charged, use.rule) for use in line.explain.uses] == [
        ("a", 3000, 3600, "quarter hours"),
        ("b", 1200, 1800, "quarter hours"),
    ]
    assert document.can_be_issued


def test_after_hours_are_cut_by_the_clock_and_priced_higher() -> None:
    time = replace(PLAIN_TIME, bands=bands(after="1.25", night="1.5"))
    late = worked("a", tokyo(2, 17), 6 * 60)
    document = invoice(facts(contract(hourly("8000"), time=time), entries=[late]))
    assert amounts(document) == {
        "tm:support:after:10000:": "40000",
        "tm:support:business:8000:": "8000",
        "tm:support:night:12000:": "12000",
    }


def test_the_nearest_item_pays() -> None:
    particular = replace(hourly("9000", "site", "support"), sites=frozenset({"Osaka"}))
    terms = contract(hourly("8000"), hourly("7000", "typed", "support"), particular)
    entries = [
        worked("a", tokyo(2), 60, site="Osaka"),
        worked("b", tokyo(2), 60, site="Kobe"),
        worked("c", tokyo(2), 60, "advice"),
        worked("d", tokyo(2), 60, item="tm"),
        worked("e", tokyo(2), 60, ticket_item="site"),
    ]
    payers = {use.key: line.item for line in invoice(facts(terms, entries=entries)).lines for use in line.explain.uses}
    assert payers == {"a": "site", "b": "typed", "c": "tm", "d": "tm", "e": "site"}


def test_the_default_contract_comes_before_the_rate_cards() -> None:
    own, default = contract(hourly("1", "own", "advice")), contract(hourly("2", "house"), key="C2", default=True)
    told = facts(own, default, entries=[worked("a", tokyo(2), 60, contract="C1")])
    assert [line.item for line in invoice(told).lines] == ["house"]


def test_rate_cards_price_what_no_contract_covers() -> None:
    told = replace(
        facts(entries=[worked("a", tokyo(2), 60), worked("b", tokyo(2), 60, "advice")]),
        tenant_rates=(Rate(D(6000), "support"),),
        desk_rates=(Rate(D(9000)),),
    )
    assert amounts(invoice(told)) == {
        "desk-card:advice:business:9000:": "9000",
        "tenant-card:support:business:6000:": "6000",
    }


def test_two_equal_hits_need_a_decision_and_no_line() -> None:
    told = facts(contract(hourly("1", "x"), hourly("2", "y")), entries=[worked("a", tokyo(2), 60)])
    document = invoice(told)
    assert (document.lines, faults(document), document.can_be_issued) == ((), [("two_items", "a")], False)


def test_no_price_is_an_error_and_never_a_zero_line() -> None:
    silent = Item(key="tm", name="Support", kind=Tm())
    document = invoice(facts(contract(silent), entries=[worked("a", tokyo(2), 60)]))
    assert (document.lines, faults(document)) == ((), [("no_price", "a")])


def test_two_prices_on_one_card_need_a_decision() -> None:
    told = replace(
        facts(entries=[worked("a", tokyo(2), 60)]), desk_rates=(Rate(D(1), "support"), Rate(D(2), "support"))
    )
    assert faults(invoice(told)) == [("two_rates", "a")]


def test_an_item_chosen_by_hand_must_be_in_force() -> None:
    document = invoice(facts(contract(hourly("1")), entries=[worked("a", tokyo(2), 60, item="gone")]))
    assert faults(document) == [("unknown_item", "a")]


def test_a_missing_tax_rate_is_an_error() -> None:
    told = replace(facts(contract(hourly("1")), entries=[worked("a", tokyo(2), 60)]), taxes=())
    assert faults(invoice(told)) == [("no_tax_rate", "a")]


def test_late_work_keeps_its_own_month_and_is_flagged() -> None:
    told = facts(contract(hourly("8000")), entries=[worked("a", tokyo(30, month=5), 60), worked("b", tokyo(2), 60)])
    document = invoice(told)
    assert amounts(document) == {"tm:support:business:8000::2026-05": "8000", "tm:support:business:8000:": "8000"}
    assert [(finding.fault, finding.subject) for finding in document.notices] == [("late_entry", "a")]


def test_work_after_the_period_waits_for_its_own() -> None:
    told = facts(
        contract(hourly("8000")), entries=[worked("a", tokyo(1, 0, month=7), 60), worked("b", tokyo(30, 23), 60)]
    )
    assert [use.key for line in invoice(told).lines for use in line.explain.uses] == ["b"]


def test_work_takes_the_tax_rate_of_its_own_day() -> None:
    raised = DatedTax("standard", Tax("S", D(12)), begin=date(2026, 6, 15))
    before = replace(TAXES[0], end=date(2026, 6, 15))
    told = facts(contract(hourly("8000")), entries=[worked("a", tokyo(14), 60), worked("b", tokyo(15), 60)])
    document = invoice(replace(told, taxes=(before, raised)))
    assert [(group.tax.rate, group.base) for group in document.totals.groups] == [
        figures("10 8000"),
        figures("12 8000"),
    ]
    assert len({line.key for line in document.lines}) == 2


def test_prices_that_include_tax_are_turned_for_a_document_that_does_not() -> None:
    item = replace(hourly("8800"), price_includes_tax=True)
    assert invoice(facts(contract(item), entries=[worked("a", tokyo(2), 60)])).totals.net == 8000


def test_exact_seconds_stand_on_the_line_so_that_it_multiplies_out() -> None:
    entry = Entry(key="a", begin=tokyo(2), seconds=61, work_type="support")
    document = invoice(facts(contract(hourly("8000"), time=TimeTerms(TOKYO)), entries=[entry]))
    (line,) = document.lines
    assert (line.line.quantity, line.line.base_quantity, line.unit, line.amount) == (D(61), D(3600), "SEC", D(136))


def _told(entries: list[Entry], step: int) -> Facts:
    rules = {"remote": TimeRule(step=step)}
    time = TimeTerms(TOKYO, bands(after="1.25", holiday="1.35", night="1.5"), rules=rules)  # type: ignore[arg-type]
    return facts(contract(hourly("8000"), time=time), entries=entries)


@given(
    st.lists(st.tuples(st.integers(0, 20 * 1440), st.integers(1, 900)), min_size=1, max_size=3),
    st.sampled_from([0, 1, 6, 15, 60]),
)
def test_splitting_an_entry_at_a_border_changes_no_amount(spans: list[tuple[int, int]], step: int) -> None:
    """Under `ticket` scope it is the same to log across closing time, or to stop and start there."""
    whole, split = list[Entry](), list[Entry]()
    for number, (after, minutes) in enumerate(spans):
        begin = tokyo(1) + timedelta(minutes=after)
        entry = worked(str(number), begin, minutes, ticket="T-1")
        whole.append(replace(entry, recorded=number))
        opened = [
            edge
            for span in OFFICE.spans(int(begin.timestamp()), int(begin.timestamp()) + minutes * 60)
            for edge in span
        ]
        border = (opened[0] - int(begin.timestamp())) // 60 if opened else 0
        if 0 < border < minutes:
            split.append(replace(worked(f"{number}a", begin, border, ticket="T-1"), recorded=number))
            rest = worked(f"{number}b", begin + timedelta(minutes=border), minutes - border, ticket="T-1")
            split.append(replace(rest, recorded=number))
        else:
            split.append(replace(entry, recorded=number))
    assert amounts(invoice(_told(whole, step))) == amounts(invoice(_told(split, step)))
