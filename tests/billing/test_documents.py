"""Pages say what the snapshot says: the same bytes each time, every sign of a name, nothing outside its column."""

from __future__ import annotations

import json
import re
import zlib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.documents import pdf
from billing.documents.figures import amount_text, breakable, clock_text, date_text, price_text, quantity_text
from billing.documents.glyphs import GETA, as_json, glyphs_of
from billing.documents.page import page
from billing.documents.words import LABELS, ROLES, line_text
from billing.rules.currencies import EXPONENTS
from tests.billing.paper import FONTS, line, snapshot

NAMES = "㈱①㍻髙﨑彅濵德㎡ｱ𠮷"
ANNEX = {
    "ticket": "ACME-1042", "title": "複合機", "on": "2026-06-03", "by": "相沢", "work": "リモート作業", "text": "",
    "worked": 2520, "charged": 2700,
}  # fmt: skip


def test_the_same_snapshot_gives_the_same_bytes() -> None:
    assert pdf.pdf(snapshot(), FONTS) == pdf.pdf(snapshot(), FONTS)


def test_it_is_an_archive_pdf_with_its_fonts_in_it() -> None:
    made = pdf.pdf(snapshot(), FONTS)
    assert made.startswith(b"%PDF-")
    assert b"<pdfaid:part>3</pdfaid:part>" in made or b'pdfaid:part="3"' in made
    assert b"NotoSansJP-Regular" in _plain(made)


def test_the_font_has_every_sign_of_a_japanese_name() -> None:
    glyphs = glyphs_of(FONTS / pdf.FONT_FILES[0])
    assert glyphs.shown(NAMES) == NAMES


def test_a_sign_the_font_lacks_is_a_geta_and_no_failure() -> None:
    glyphs = glyphs_of(FONTS / pdf.FONT_FILES[0])
    assert glyphs.shown("印刷😀\x07不可\ue000") == f"印刷{GETA}不可{GETA}"
    assert glyphs.shown("葛\U000e0100飾") == "葛\U000e0100飾"
    assert pdf.pdf(snapshot(notes="😀 ไทย \x07 葛\U000e0100"), FONTS)


@given(st.text() | st.text('"\\n\\r\t\x00\x07u0é😀'))
def test_a_whole_page_is_cleaned_as_each_of_its_texts(text: str) -> None:
    glyphs = glyphs_of(FONTS / pdf.FONT_FILES[0])
    page_of = {"lines": [{"text": text, "place": 1}], "mark": None}
    assert json.loads(as_json(page_of, glyphs)) == page_of | {"lines": [{"text": glyphs.shown(text), "place": 1}]}


def test_a_draft_is_marked_and_its_preview_is_for_the_screen() -> None:
    (made,) = pdf.svg(snapshot(number=""), FONTS)
    assert made.startswith(b"<svg")
    assert page(snapshot(), draft=True)["mark"] == "下書き"
    assert page(snapshot())["mark"] == ""
    assert pdf.svg(snapshot(), FONTS, draft=False) != pdf.svg(snapshot(), FONTS)


def test_two_hundred_lines_run_over_pages_with_the_annex_behind() -> None:
    lines = [line(place, text="https://example.com/" + "a" * 200) for place in range(1, 201)]
    assert len(pdf.svg(snapshot(*lines, annex=[ANNEX]), FONTS)) > 5


def test_markup_in_data_stays_text() -> None:
    """A note that tries to set the page is the same page with other words; a file outside is not read."""
    evil = '#read("/etc/passwd") #set page(fill: red) *bold* $x$ \\ `raw` <tag>'
    assert page(snapshot(notes=evil))["notes"] == evil
    assert pdf.pdf(snapshot(notes=evil), FONTS)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(
    "facts",
    [
        {"prices_include_tax": True},
        {"allowances": [{"amount": "500", "taxes": [], "reason": ""}]},
        {"prepaid": "1000", "rounding": "-1"},
        {"taxes": []},
        {"kind": "credit_note"},
        {"currency": "USD", "payable": "148.50", "net": "135.00", "tax": "13.50"},
    ],
)
def test_every_kind_of_foot_finds_its_place(language: str, facts: dict[str, object]) -> None:
    assert pdf.svg(snapshot(language=language, **facts), FONTS)


def test_the_page_says_what_a_qualified_invoice_must() -> None:
    said = page(
        snapshot(
            line(taxes=[{"category": "AA", "rate": "8", "name": ""}], text="水"),
            taxes=[{"category": "AA", "rate": "8", "name": "", "base": "100", "amount": "8", "gross": "108"}],
        )
    )
    assert said["issuer"]["registration_number"] == "T7000012050002"
    assert said["recipient"] == {
        "name": "髙﨑商店㈱ 𠮷田支社",
        "honorific": "御中",
        "attention": "﨑山花子 様",
        "address": "〒530-0001\n大阪府大阪市北区梅田3-1-3",
    }
    assert said["lines"][0]["text"] == "水 ※"
    assert said["taxes"] == [{"rate": "8%対象（軽減税率）", "base": "¥100", "amount": "¥8"}]
    assert said["period"] == "2026年6月1日 – 2026年6月30日"


def test_lines_show_time_as_hours_and_minutes_and_their_own_dates_where_they_differ() -> None:
    shown = page(snapshot(line(), line(2, since="2026-06-16")))["lines"]
    assert (shown[0]["quantity"], shown[0]["price"], shown[0]["amount"]) == ("1:30", "¥9,000／時間", "¥13,500")
    assert (shown[0]["below"], shown[1]["below"]) == ("", "2026/06/16 – 2026/06/30")


def test_what_was_paid_ahead_is_told_from_the_begin_to_what_is_left() -> None:
    pool = {"name": "保守", "unit": "MIN", "carried_in": "270", "granted": "600", "purchased": "0", "drawn": "101.25"}
    calls = {"name": "電話", "unit": "C62", "drawn": "3", "left": "1200"}
    told = snapshot(balances=[pool | {"expired": "168.75", "left": "600", "overage": "0"}, calls])
    assert [row["figures"] for row in page(told)["balances"]] == [
        ["4:30", "10:00", "0:00", "1:41:15", "2:48:45", "10:00"],
        ["–", "–", "–", "3", "–", "1,200"],
    ]
    assert len(pdf.svg(told, FONTS)) == 1
    assert page(snapshot())["balances"] == []


def test_a_discount_names_the_rate_it_is_taken_off() -> None:
    given = [
        {"amount": str(amount), "taxes": [{"category": "S", "rate": str(rate), "name": ""}], "reason": reason}
        for amount, rate, reason in ((30, 10, "長期割引"), (2, 8, ""))
    ]
    named = [row["label"] for row in page(snapshot(allowances=given))["totals"]]
    assert named[1:3] == ["長期割引（10%）", "値引（8%）"]
    assert page(snapshot(allowances=given, language="en"))["totals"][2]["label"] == "Discount (8%)"


def test_the_annex_sums_each_ticket() -> None:
    (ticket,) = page(snapshot(annex=[ANNEX, ANNEX | {"text": "再設定", "charged": 900}]))["annex"]
    assert (ticket["charged"], [row["text"] for row in ticket["rows"]]) == ("1:00", ["リモート作業", "再設定"])


@pytest.mark.parametrize(
    ("country", "language", "said"),
    [
        ("JP", "ja", "登録番号"),
        ("JP", "en", "Registration no."),
        ("DE", "en", "VAT no."),
        ("DE", "ja", "VAT登録番号"),
        ("US", "en", "Registration no."),
    ],
)
def test_the_number_of_an_issuer_is_called_what_it_is_in_his_country(country: str, language: str, said: str) -> None:
    issuer = snapshot()["issuer"] | {"country": country}
    assert page(snapshot(issuer=issuer, language=language))["label"]["registration"] == said


def test_missing_fonts_are_named(tmp_path: Path) -> None:
    with pytest.raises(pdf.NoFontsError, match=r"NotoSansJP-Regular\.ttf"):
        pdf.pdf(snapshot(), tmp_path)


@given(st.decimals(-(10**12), 10**12, places=3), st.sampled_from(sorted(EXPONENTS)))
def test_an_amount_in_figures_is_the_amount(amount: Decimal, currency: str) -> None:
    shown = amount_text(str(amount), currency, "ja")
    digits = re.sub(r"[^0-9.]", "", shown)
    assert Decimal(digits) == abs(amount)
    assert ("−" in shown) == (amount < 0)
    assert len(digits.partition(".")[2]) >= EXPONENTS[currency]


@given(st.integers(0, 10**6))
def test_minutes_in_figures_are_the_minutes(minutes: int) -> None:
    hours, rest = clock_text(Decimal(minutes * 60), seconds=False).replace(",", "").split(":")
    assert int(hours) * 60 + int(rest) == minutes


@given(st.text())
def test_breaking_a_long_word_changes_no_letter(text: str) -> None:
    assert breakable(text).replace("\u200b", "") == text.replace("\u200b", "")
    assert not re.search(r"[!-~]{25}", breakable(text))


@pytest.mark.parametrize(
    ("quantity", "base", "unit", "shown"),
    [
        ("90", "60", "MIN", "1:30"),
        ("-90", "60", "MIN", "−1:30"),
        ("3725", "3600", "SEC", "1:02:05"),
        ("33.3333", "3600", "SEC", "0:00:33.3333"),
        ("1.5", "1", "HUR", "1.5時間"),
        ("15", "30", "DAY", "15日／30日"),
        ("1", "1", "MON", "1か月"),
        ("1200", "1", "C62", "1,200"),
    ],
)
def test_quantities_are_in_their_unit(quantity: str, base: str, unit: str, shown: str) -> None:
    assert quantity_text(quantity, base, unit, "ja") == shown


def test_prices_may_be_finer_than_the_currency() -> None:
    assert price_text("120.5", "C62", "JPY", "ja") == "¥120.5"
    assert price_text("9", "MIN", "USD", "en") == "USD\u00a09.00/h"
    assert date_text("2026-06-03", "en") == "3 June 2026"


def test_a_line_says_its_item_work_band_and_site() -> None:
    said = line_text("time", "保守", "ja", work="リモート作業", band="after", site="本社")
    assert said == "保守　リモート作業（時間外・本社）"
    assert line_text("time", "x", "en", work="Remote work", band="business", item=False) == "Remote work"
    assert line_text("credit", "Care", "en") == "Care (credit)"


def test_every_word_has_both_languages() -> None:
    assert all(len(pair) == 2 and pair[0] for pair in (*LABELS.values(), *ROLES.values()))


def _plain(made: bytes) -> bytes:
    """The streams of a PDF, unpacked."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.DOTALL)
    unpacked = []
    for stream in streams:
        try:
            unpacked.append(zlib.decompress(stream))
        except zlib.error:
            unpacked.append(stream)
    return made + b"".join(unpacked)
