"""Instants, spans, amounts and sizes as two readers see them."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from billing.documents.figures import amount_text, price_text
from billing.documents.units import units_text
from billing.rules.money import Money
from msp.web import format
from msp.web.format import Language, Reader

NOW = datetime(2026, 11, 21, 1, 2, tzinfo=UTC)
SATO = Reader("ja", ZoneInfo("Asia/Tokyo"), NOW)
MORI = Reader("en", ZoneInfo("Asia/Tokyo"), NOW)
ANNA = Reader("ja", ZoneInfo("Europe/Berlin"), NOW)


def test_an_instant_is_written_in_the_readers_language_and_zone() -> None:
    assert format.moment_text(NOW, SATO) == "2026年11月21日(土) 10:02"
    assert format.moment_text(NOW, MORI) == "21 Nov 2026, 10:02 JST"
    assert format.moment_text(NOW, ANNA) == "2026年11月21日(土) 02:02 CET"


def test_a_zone_without_letters_is_named_by_its_distance() -> None:
    assert format.moment_text(NOW, Reader("en", ZoneInfo("Asia/Dubai"), NOW)).endswith("05:02 UTC+04")


def test_a_compact_instant_names_the_year_only_when_it_is_another() -> None:
    last_year = datetime(2025, 11, 21, 1, 2, tzinfo=UTC)
    assert [format.moment_compact(NOW, who) for who in (SATO, MORI)] == ["11/21 10:02", "21 Nov 10:02"]
    assert [format.moment_compact(last_year, who) for who in (SATO, MORI)] == ["2025/11/21 10:02", "21 Nov 2025"]


def test_a_compact_day_keeps_the_year_when_it_is_another() -> None:
    last_year = datetime(2025, 11, 21, 1, 2, tzinfo=UTC)
    assert [format.day_compact(NOW, who) for who in (SATO, MORI)] == ["11/21", "21 Nov"]
    assert [format.day_compact(last_year, who) for who in (SATO, MORI)] == ["2025/11/21", "21 Nov 2025"]


def test_a_date_has_no_zone() -> None:
    assert format.day(date(2026, 1, 1), ANNA) == "2026年1月1日(木)"
    assert format.month(date(2026, 11, 1), MORI) == "November 2026"


@pytest.mark.parametrize(
    ("passed", "ja", "en"),
    [
        (timedelta(seconds=59), "たった今", "just now"),
        (timedelta(minutes=5), "5分前", "5 min ago"),
        (timedelta(hours=3, minutes=59), "3時間前", "3 h ago"),
        (timedelta(hours=23, minutes=59), "23時間前", "23 h ago"),
        (timedelta(hours=24), "11/20 10:02", "20 Nov 10:02"),
        (timedelta(minutes=-5), "5分後", "in 5 min"),
    ],
)
def test_ages_are_relative_within_a_day(passed: timedelta, ja: str, en: str) -> None:
    assert (format.age(NOW - passed, SATO), format.age(NOW - passed, MORI)) == (ja, en)


@pytest.mark.parametrize(
    ("state", "left", "ja", "en"),
    [
        ("track", 10800, "残り 3時間", "3 h left"),
        ("track", 12059, "残り 3時間20分", "3 h 20 min left"),
        ("track", 40 * 3600 + 59 * 60, "残り 40時間", "40 h left"),
        ("risk", 1119, "残り 18分", "18 min left"),
        ("risk", 59, "残り 1分未満", "under 1 min left"),
        ("breach", -59, "超過 1分未満", "under 1 min over"),
        ("breach", -720, "超過 12分", "12 min over"),
        ("pause", 720, "停止中", "Paused"),
        ("met", None, "達成", "Met"),
        ("missed", None, "未達", "Missed"),
        ("none", None, "期限なし", "No target"),
    ],
)
def test_an_sla_chip_says_what_is_left(state: str, left: int | None, ja: str, en: str) -> None:
    assert (format.sla_words(state, left, "ja"), format.sla_words(state, left, "en")) == (ja, en)


@given(st.integers(0, 10**7), st.sampled_from(("ja", "en")))
def test_proof_keeps_every_minute(seconds: int, language: Language) -> None:
    numbers = [int(one) for one in re.findall(r"\d+", format.exact_span(seconds, language))]
    hours, minutes = divmod(seconds // 60, 60)
    assert numbers == ([hours] if hours else []) + ([minutes] if minutes or not hours else [])


def test_money_is_written_with_its_currency_and_never_with_the_full_width_sign() -> None:
    assert format.money(Decimal("3214500.000"), "JPY", "ja") == "¥3,214,500"
    assert format.money(-1200, "JPY", "ja") == "−¥1,200"
    assert format.money(Money(Decimal("16.13"), "EUR"), None, "ja") == "EUR\u00a016.13"
    assert format.money(Decimal(-1200), "JPY", "en") == "JPY\u00a0−1,200"
    assert format.money(Decimal("1"), "KWD", "en") == "KWD\u00a01.000"


def test_a_difference_has_its_sign_in_one_place() -> None:
    assert [format.change(Decimal(n), "JPY", "en") for n in (1200, -1200, 0)] == [
        "JPY\u00a0+1,200",
        "JPY\u00a0−1,200",
        "JPY\u00a00",
    ]
    assert [format.change(Decimal(n), "JPY", "ja") for n in (1200, -1200)] == ["+¥1,200", "−¥1,200"]


@pytest.mark.parametrize(("amount", "currency"), [("16.125", "EUR"), ("0.5", "JPY")])
def test_money_refuses_to_round(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match="finer"):
        format.money(Decimal(amount), currency, "ja")


def test_a_unit_price_keeps_its_fine_digits() -> None:
    assert format.price(Decimal("12.500000"), "JPY", "ja") == "¥12.5"
    assert format.price(Decimal("8000.000000"), "JPY", "ja") == "¥8,000"
    assert format.price(Decimal("0.012500"), "USD", "en") == "USD\u00a00.0125"
    assert format.price(Decimal("3"), "USD", "en") == "USD\u00a03.00"


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("currency", ["JPY", "EUR", "USD"])
def test_pages_mails_and_paper_write_an_amount_the_same_way(language: format.Language, currency: str) -> None:
    amount = Decimal(-1234)
    page = format.money(amount, currency, language)
    assert page == amount_text(str(amount), currency, language) == price_text("-1234", "C62", currency, language)
    assert page == units_text(amount, "money", currency, language) == format.price(amount, currency, language)


@given(st.integers(-(10**15), 10**15), st.sampled_from(["JPY", "EUR", "KWD"]))
def test_the_digits_of_an_amount_survive_being_written(units: int, currency: str) -> None:
    amount = Money.rounded(Fraction(units, 1000), currency, "down")
    shown = format.money(amount, None, "en")
    assert Decimal(shown[4:].replace(",", "").replace(format.MINUS, "-")) == amount.amount


def test_percentages_round_half_up_and_do_not_flatter() -> None:
    assert format.percent(Fraction(75, 78), "en") == "96.2\u00a0%"
    assert format.percent(Fraction(75, 78), "ja") == "96.2%"
    assert format.percent(Fraction(9999, 10000), "ja") == "99.9%"
    assert format.percent(Fraction(1, 10000), "ja") == "0.1%"
    assert [format.percent(share, "ja") for share in (0, 1)] == ["0%", "100%"]


@given(st.fractions(0, 1), st.integers(0, 3))
def test_only_all_reads_as_a_hundred_and_only_nothing_as_zero(share: Fraction, places: int) -> None:
    shown = Decimal(format.percent(share, "ja", places)[:-1])
    assert (shown == 100) == (share == 1)
    assert (shown == 0) == (share == 0)


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 KB"),
        (1001, "1.1 KB"),
        (482133, "483 KB"),
        (1_240_000, "1.3 MB"),
        (5 * 10**12, "5000 GB"),
    ],
)
def test_file_sizes_are_short(octets: int, shown: str) -> None:
    assert format.file_size(octets) == shown.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("佐藤 健", "佐藤"), ("髙﨑商店", "髙﨑"), ("Mary Ann Smith", "MS"), ("support", "S"), (" ", "?")],
)
def test_initials_suit_the_script(name: str, shown: str) -> None:
    assert format.initials(name) == shown


@pytest.mark.parametrize("minutes", [0, 59, 60, 605])
def test_hours_and_minutes(minutes: int) -> None:
    hours, rest = format.hours_minutes(minutes).split(":")
    assert int(hours) * 60 + int(rest) == minutes
    assert format.hours_minutes(-minutes - 1).startswith(format.MINUS)


def test_both_languages_have_the_same_words_with_the_same_places() -> None:
    places = {
        language: {
            name: sorted(part for part in ("{h}", "{m}", "{s}", "{time}") if part in text)
            for name, text in words.items()
        }
        for language, words in format.WORDS.items()
    }
    assert places["ja"] == places["en"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_filters_ask_who_reads_each_time_they_are_used(language: Language) -> None:
    environment = Environment(autoescape=True)
    format.install(environment, lambda: Reader(language, ZoneInfo("Asia/Tokyo"), NOW))
    page = environment.from_string("{{ at|ago }} {{ 5|money('JPY') }} {{ 'risk'|sla_words(1080) }}")
    title, age, money, left = {
        "ja": ("2026年11月21日(土) 09:02", "1時間前", "¥5", "残り 18分"),
        "en": ("21 Nov 2026, 09:02 JST", "1 h ago", "JPY\u00a05", "18 min left"),
    }[language]
    time = f'<time datetime="2026-11-21T00:02:00Z" title="{title}" data-ago>{age}</time>'
    assert page.render(at=NOW - timedelta(hours=1)) == f"{time} {money} {left}"
