"""Totals of a document and tax once per rate."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.tax import (
    Certificate,
    DatedTax,
    NoRateError,
    Tax,
    convert_base,
    convert_tax,
    default_tax_direction,
    tax_of,
    taxes_on,
)
from billing.rules.totals import Adjustment, Line, Terms, totals
from tests.billing.rules.figures import figures

D = Decimal
S10, AA8, EXEMPT = Tax("S", D(10)), Tax("AA", D(8)), Tax("E", D(0))
YEN = Terms("JPY", tax="down")
EURO = Terms("EUR")


def net_line(net: str, tax: Tax = S10) -> Line:
    return Line(D(1), D(net), (tax,))


def test_tax_is_rounded_once_per_rate_not_per_line() -> None:
    foot = totals([net_line("105"), net_line("105"), net_line("105", AA8)], YEN)
    assert [(group.tax, group.base, group.amount) for group in foot.groups] == [
        (S10, *figures("210 21")),
        (AA8, *figures("105 8")),
    ]
    assert (foot.net, foot.tax, foot.gross, foot.payable) == figures("315 29 344 344")


def test_a_rate_is_a_number_however_it_is_written() -> None:
    foot = totals([net_line("100"), net_line("100", Tax("S", D("10.00")))], YEN)
    assert len(foot.groups) == 1


def test_the_gross_never_moves_when_prices_include_tax() -> None:
    foot = totals([net_line("1000"), net_line("999")], Terms("JPY", prices_include_tax=True, tax="down"))
    assert (foot.gross, foot.tax, foot.net) == figures("1999 181 1818")
    assert foot.line_total == 1999


def test_a_negative_group_is_rounded_on_its_magnitude() -> None:
    assert totals([net_line("-15")], YEN).tax == -1
    assert totals([net_line("-15")], Terms("JPY", tax="half_up")).tax == -2


def test_a_group_once_named_shows_even_at_nothing() -> None:
    assert [group.base for group in totals([net_line("5"), net_line("-5")], YEN).groups] == [0]
    assert totals([], YEN).groups == ()
    assert str(totals([], EURO).payable) == "0.00"


def test_a_line_is_quantity_times_price_per_base_quantity() -> None:
    line = Line(D(95), D("120.50"), (S10,), base_quantity=D(60), charges=(D("1.00"),), allowances=(D("-2.00"),))
    assert totals([line], EURO).line_nets == (D("193.79"),)


def test_a_stated_net_amount_stays() -> None:
    line = Line(D(3), D("0.333333"), (S10,), net=D("1.01"), charges=(D("5.00"),))
    assert totals([line], EURO).line_nets == (D("1.01"),)


def test_document_allowances_and_charges_move_their_own_group() -> None:
    vat25, vat12 = Tax("S", D(25)), Tax("S", D(12))
    foot = totals(
        [net_line("1000.00", vat25), net_line("200.00", vat12)],
        EURO,
        allowances=[Adjustment(D("100.00"), (vat25,))],
        charges=[Adjustment(D("50.00"), (vat12,))],
        prepaid=D("40.00"),
        rounding=D("0.25"),
    )
    assert [(group.base, group.amount) for group in foot.groups] == [figures("900 225"), figures("250 30")]
    assert (foot.line_total, foot.allowances, foot.charges) == figures("1200 100 50")
    assert (foot.net, foot.tax, foot.gross, foot.payable) == figures("1150 255 1405 1365.25")


def test_a_line_taken_back_and_a_charge_add_up_as_in_peppol() -> None:
    """The shape of the base example of Peppol BIS Billing 3."""
    vat = Tax("S", D(25))
    lines = [Line(D(7), D(400), (vat,)), Line(D(-3), D(500), (vat,))]
    foot = totals(lines, EURO, charges=[Adjustment(D(25), (vat,))])
    assert (foot.line_total, foot.net, foot.tax, foot.payable) == figures("1300 1325 331.25 1656.25")


def test_a_base_quantity_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="base quantity"):
        totals([Line(D(1), D(1), (S10,), base_quantity=D(0))], EURO)


def test_an_amount_finer_than_the_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="finer"):
        totals([], EURO, prepaid=D("0.001"))


def test_jurisdictions_tax_the_same_base_side_by_side() -> None:
    gst, qst = Tax("S", D(5), "GST"), Tax("S", D("9.975"), "QST")
    foot = totals([Line(D(1), D("100.00"), (gst, qst))], Terms("CAD"))
    assert [(group.tax.name, group.base, group.amount) for group in foot.groups] == [
        ("GST", D(100), D("5.00")),
        ("QST", D(100), D("9.98")),
    ]
    assert foot.gross == D("114.98")


def test_included_prices_bear_one_tax() -> None:
    with pytest.raises(ValueError, match="one tax"):
        totals([Line(D(1), D(1), (S10, AA8))], Terms("JPY", prices_include_tax=True))


def test_rates_are_chosen_by_the_date_of_supply() -> None:
    table = [
        DatedTax("standard", Tax("S", D(8)), end=date(2019, 10, 1)),
        DatedTax("standard", S10, begin=date(2019, 10, 1)),
    ]
    assert taxes_on("standard", date(2019, 9, 30), table) == (Tax("S", D(8)),)
    assert taxes_on("standard", date(2019, 10, 1), table) == (S10,)
    with pytest.raises(NoRateError):
        taxes_on("reduced", date(2019, 10, 1), table)


def test_a_certificate_frees_until_its_last_day() -> None:
    state, county = Tax("S", D(6), "State"), Tax("S", D(1), "County")
    table = [DatedTax("sales", tax, site="NYC") for tax in (state, county)]
    paper = [Certificate(date(2026, 1, 1), date(2026, 6, 30), frozenset({"State"}))]
    assert taxes_on("sales", date(2026, 6, 30), table, "NYC", paper) == (county,)
    assert taxes_on("sales", date(2026, 7, 1), table, "NYC", paper) == (state, county)
    with pytest.raises(NoRateError):
        taxes_on("sales", date(2026, 7, 1), table, "Boston", paper)


def test_tax_in_a_second_currency_by_either_way() -> None:
    assert convert_tax([D("10.33"), D("4.10")], D("160.5"), "JPY", "down") == (D(2316), figures("1658 658"))
    assert convert_base([(D("103.33"), D(10)), (D("51.25"), D(8))], D("160.5"), "JPY", "down") == (
        D(2316),
        figures("1658 658"),
    )
    assert convert_tax([D("1.00"), D("-1.00")], D(160), "JPY", "down") == (D(0), figures("0 0"))
    assert [str(convert([], D(1), "EUR", "down")[0]) for convert in (convert_tax, convert_base)] == ["0.00", "0.00"]


def test_japan_drops_what_is_under_a_yen() -> None:
    assert (default_tax_direction("JP"), default_tax_direction("DE")) == ("down", "half_up")


amounts = st.decimals(-(10**6), 10**6, places=2)
rates = st.sampled_from([Tax("S", D(20)), Tax("S", D("5.5")), Tax("Z", D(0))])


@given(st.lists(st.tuples(amounts, rates), max_size=8), st.booleans())
def test_lines_and_tax_are_the_total(parts: list[tuple[Decimal, Tax]], included: bool) -> None:
    foot = totals([Line(D(1), amount, (tax,)) for amount, tax in parts], Terms("EUR", prices_include_tax=included))
    assert foot.net + foot.tax == foot.gross == sum((group.gross for group in foot.groups), D(0))
    assert sum(foot.line_nets) == (foot.gross if included else foot.net)


@given(amounts, st.sampled_from([D(8), D(10), D(19)]))
def test_included_tax_is_the_tax_on_the_rest_to_the_unit(gross: Decimal, rate: Decimal) -> None:
    inside = tax_of(gross, rate, "EUR", "half_up", included=True)
    assert abs(tax_of(gross - inside, rate, "EUR", "half_up") - inside) <= D("0.01")
