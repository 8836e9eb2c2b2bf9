"""A name is found by kanji, kana of either kind, and romaji in either spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp.tickets.readings import from_romaji, katakana, readings


@pytest.mark.parametrize(
    ("typed", "kana"),
    [
        ("takasaki", "タカサキ"),
        ("shimbashi", ""),
        ("shinbashi", "シンバシ"),
        ("sinbasi", "シンバシ"),
        ("nippon", "ニッポン"),
        ("kannon", "カンノン"),
        ("honda kenji", "ホンダ ケンジ"),
        ("ryokan", "リョカン"),
        ("chizu", "チズ"),
        ("tak", "タ"),
        ("vpn", ""),
        ("0312", ""),
    ],
)
def test_romaji(typed: str, kana: str) -> None:
    assert from_romaji(typed) == kana


@pytest.mark.parametrize("typed", ["ﾀｶｻｷ", "たかさき", "takasaki", "TAKASAKI"])
def test_every_way_leads_to_the_kana(typed: str) -> None:
    assert "タカサキ" in readings(typed)


@given(st.text(max_size=40))
def test_the_typed_form_stays_among_them(text: str) -> None:
    found = readings(text)
    assert len(found) == len(set(found)) <= 3
    assert katakana(katakana(text)) == katakana(text)
