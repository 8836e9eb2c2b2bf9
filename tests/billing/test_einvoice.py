"""Every document can be said in UBL: by the schema, by the rules of EN 16931, and figure for figure."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from billing.documents import pdf
from billing.einvoice import PROFILES, Incomplete, lacks, ubl
from billing.rules.tax import Tax
from billing.rules.totals import Adjustment, Line, Terms
from tests.billing.electronic import REDUCED, STANDARD, against_rules, against_schema, electronic
from tests.billing.paper import FONTS, snapshot

HOURS = Line(Decimal(90), Decimal(9000), (STANDARD,), Decimal(60))
WATER = Line(Decimal(3), Decimal("120.5"), (REDUCED,))
BACK = Line(Decimal(1), Decimal(-500), (STANDARD,))
ODD = Line(Decimal(20), Decimal(9100), (STANDARD,), Decimal(60))
WITH_TAX = Terms("JPY", prices_include_tax=True, tax="down")

SOUND: dict[str, dict[str, Any]] = {
    "time": electronic(HOURS),
    "two rates": electronic(HOURS, WATER),
    "a line below zero": electronic(HOURS, BACK),
    "not exact to the cent": electronic(ODD),
    "charges and allowances": electronic(
        Line(Decimal(2), Decimal(1000), (STANDARD,), charges=(Decimal(50),), allowances=(Decimal(30),))
    ),
    "a discount on the whole": electronic(
        HOURS,
        WATER,
        allowances=[Adjustment(Decimal(1000), (STANDARD,), "長期割引"), Adjustment(Decimal(7), (REDUCED,))],
    ),
    "tax in the prices": electronic(HOURS, WATER, BACK, terms=WITH_TAX),
    "tax in discounted prices": electronic(
        HOURS, WATER, allowances=[Adjustment(Decimal(333), (STANDARD,))], terms=WITH_TAX
    ),
    "exempt": electronic(Line(Decimal(1), Decimal(1000), (Tax("E", Decimal(0)),)), HOURS),
    "export": electronic(Line(Decimal(1), Decimal(1000), (Tax("G", Decimal(0)),))),
    "outside": electronic(Line(Decimal(1), Decimal(1000), (Tax("O", Decimal(0)),))),
    "euros": electronic(
        Line(Decimal("1.5"), Decimal("33.33"), (Tax("S", Decimal("19")),)),
        terms=Terms("EUR"),
        einvoice={
            "profile": "bis3",
            "seller": {"endpoint": "DE123456789", "scheme": "9930"},
            "buyer": {"endpoint": "FR12345678901", "scheme": "9957", "country": "FR", "tax_number": "FR12345678901"},
            "reference": "PO 7",
        },
    ),
    "credit": electronic(
        HOURS, WATER, kind="credit_note", refers_to={"number": "INV-000007", "issued_on": "2026-06-02"}, reason="誤請求"
    ),
}


@pytest.mark.parametrize("told", SOUND.values(), ids=SOUND)
def test_a_document_keeps_to_schema_and_rules(told: dict[str, Any]) -> None:
    written = ubl(told)
    assert against_schema(written) == []
    assert against_rules(written) == []


@pytest.mark.parametrize("told", SOUND.values(), ids=SOUND)
def test_the_japanese_specification_keeps_to_the_same_schema(told: dict[str, Any]) -> None:
    written = ubl(told | {"einvoice": told["einvoice"] | {"profile": "jp_pint"}})
    assert against_schema(written) == []
    assert value(written, "CustomizationID") == "urn:peppol:pint:billing-1@jp-1"


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.builds(
            Line,
            st.decimals(-1000, 1000, places=4),
            st.decimals(-5000, 5000, places=2),
            st.sampled_from([(STANDARD,), (REDUCED,)]),
            st.sampled_from([Decimal(1), Decimal(60), Decimal(31)]),
        ),
        min_size=1,
        max_size=8,
    ),
    st.booleans(),
)
def test_any_lines_keep_to_the_rules(lines: list[Line], included: bool) -> None:
    told = electronic(*lines, terms=Terms("JPY", prices_include_tax=included, tax="down"))
    if lacks(told):
        assert included
        return
    assert against_rules(ubl(told)) == []


def test_a_wrong_sum_is_found_by_the_rules() -> None:
    assert against_rules(ubl(electronic(HOURS) | {"net": "13501"}))


def value(written: bytes, name: str) -> str:
    found = etree.fromstring(written).find(f".//{{*}}{name}")
    assert found is not None
    return str(found.text)


def test_time_is_minutes_at_a_price_for_sixty() -> None:
    written = ubl(electronic(HOURS))
    tree = etree.fromstring(written)
    quantity, base = tree.find(".//{*}InvoicedQuantity"), tree.find(".//{*}BaseQuantity")
    assert (quantity.text, quantity.get("unitCode")) == ("90", "MIN")
    assert (base.text, base.get("unitCode")) == ("60", "MIN")
    assert value(written, "PriceAmount") == "9000"


def test_a_credit_note_is_381_with_positive_amounts_and_names_its_invoice() -> None:
    written = ubl(SOUND["credit"])
    assert value(written, "CreditNoteTypeCode") == "381"
    assert Decimal(value(written, "PayableAmount")) > 0
    named = etree.fromstring(written).find(".//{*}BillingReference//{*}ID")
    assert named.text == "INV-000007"


def test_each_specification_is_named_and_the_reduced_rate_is_japans_own() -> None:
    told = electronic(WATER)
    for profile, category in (("bis3", "S"), ("jp_pint", "AA")):
        written = ubl(told | {"einvoice": told["einvoice"] | {"profile": profile}})
        assert value(written, "ProfileID") == PROFILES[profile].process
        assert etree.fromstring(written).find(".//{*}TaxSubtotal//{*}TaxCategory/{*}ID").text == category


def test_the_same_snapshot_gives_the_same_bytes() -> None:
    assert ubl(SOUND["two rates"]) == ubl(SOUND["two rates"])


def test_what_is_missing_is_named() -> None:
    told = electronic(HOURS)
    told["einvoice"] = told["einvoice"] | {"buyer": {"endpoint": "", "scheme": "", "country": "JP", "tax_number": ""}}
    with pytest.raises(Incomplete) as refused:
        ubl(told)
    assert refused.value.lacks == ["buyer"]


def test_a_document_for_paper_has_no_electronic_form() -> None:
    with pytest.raises(ValueError, match="paper"):
        ubl(snapshot())


def test_markup_and_signs_that_xml_cannot_hold_do_no_harm() -> None:
    told = electronic(HOURS)
    told["lines"][0]["text"] = "<b>&\x01髙﨑\ufffe𠮷"
    written = ubl(told)
    assert against_schema(written) == []
    assert etree.fromstring(written).find(".//{*}Item/{*}Name").text == "<b>&髙﨑𠮷"


def test_the_pdf_holds_the_very_same_xml() -> None:
    made = pdf.pdf(SOUND["two rates"], FONTS)
    kept = PdfReader(BytesIO(made)).attachments["invoice.xml"]
    assert [bytes(one) for one in kept] == [ubl(SOUND["two rates"])]
    assert b"<pdfaid:part>3</pdfaid:part>" in made
    assert pdf.pdf(SOUND["two rates"], FONTS) == made
    assert not PdfReader(BytesIO(pdf.pdf(snapshot(), FONTS))).attachments
