"""Other clients' words are found however they are written, and the own client's never are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp.tickets.foreign import bare_name, domains_in, keys_in, names_in

OTHERS = ["あおば歯科クリニック", "Acme Logistics K.K.", "株式会社サクラ", "ＩＭ", "高崎 運輸"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("あおば歯科クリニック様と同じ件です", ["あおば歯科クリニック"]),
        ("the people at acme logistics said", ["Acme Logistics K.K."]),
        ("サクラさんの", ["株式会社サクラ"]),
        ("acmelogistics", []),
        ("I'm", []),
        ("いつもお世話になっております", []),
    ],
)
def test_names(text: str, found: list[str]) -> None:
    assert names_in(text, "髙﨑商店㈱", OTHERS) == found


def test_the_own_name_hides_a_shorter_one_within_it() -> None:
    assert names_in("サクラ電機の件", "サクラ電機㈱", ["株式会社サクラ"]) == []
    assert names_in("サクラ電機とサクラの件", "サクラ電機㈱", ["株式会社サクラ"]) == ["株式会社サクラ"]


def test_a_namesake_is_no_stranger() -> None:
    assert names_in("髙﨑商店の件", "髙﨑商店㈱", ["髙﨑商店㈱"]) == []


@pytest.mark.parametrize("written", ["㈱サクラ", "株式会社サクラ", "(株)サクラ", "サクラ（株）", "サクラ有限会社"])
def test_legal_forms_are_no_part_of_a_name(written: str) -> None:
    assert bare_name(written) == "サクラ"


def test_keys_of_known_clients_only() -> None:
    text = "GLOBEX-12、ｇｌｏｂｅｘ－１３、ACME-1、ISO-9001、COVID-19"
    assert keys_in(text, "ACME", {"ACME", "GLOBEX"}) == ["GLOBEX-12", "GLOBEX-13"]


def test_a_host_finds_its_company() -> None:
    assert "globex.example" in domains_in("https://mail.globex.example/x を見て")
    assert "globex.example" in domains_in("宛先は ANYONE@GLOBEX.EXAMPLE です")


@given(st.text(max_size=200))
def test_any_text_can_be_looked_over(text: str) -> None:
    assert names_in(text, "髙﨑商店㈱", [text]) in ([], [text])
    assert keys_in(text, "ACME", set()) == []
    assert all("." in name for name in domains_in(text))


@given(st.sampled_from(OTHERS[:3]), st.text("あいう、。 ", max_size=20), st.text("あいう、。 ", max_size=20))
def test_a_name_is_found_wherever_it_stands(name: str, before: str, after: str) -> None:
    assert names_in(f"{before} {name} {after}", "髙﨑商店㈱", OTHERS) == [name]
