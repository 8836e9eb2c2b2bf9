"""The ways in which a Japanese name can be typed: kanji, kana of either kind or width, romaji."""

from __future__ import annotations

from itertools import product

from tenants.rules import normal_name

_ROWS = {
    "": "アイウエオ",
    "k": "カキクケコ",
    "s": "サシスセソ",
    "t": "タチツテト",
    "n": "ナニヌネノ",
    "h": "ハヒフヘホ",
    "m": "マミムメモ",
    "r": "ラリルレロ",
    "g": "ガギグゲゴ",
    "z": "ザジズゼゾ",
    "d": "ダヂヅデド",
    "b": "バビブベボ",
    "p": "パピプペポ",
}
_WRITTEN_OTHERWISE = {
    "shi": "シ", "chi": "チ", "tsu": "ツ", "fu": "フ", "ji": "ジ", "ya": "ヤ", "yu": "ユ", "yo": "ヨ",
    "wa": "ワ", "wo": "ヲ", "sha": "シャ", "shu": "シュ", "sho": "ショ", "she": "シェ", "cha": "チャ",
    "chu": "チュ", "cho": "チョ", "che": "チェ", "ja": "ジャ", "ju": "ジュ", "jo": "ジョ", "je": "ジェ",
    "fa": "ファ", "fi": "フィ", "fe": "フェ", "fo": "フォ", "va": "ヴァ", "vi": "ヴィ", "vu": "ヴ",
    "ve": "ヴェ", "vo": "ヴォ", "ti": "ティ", "di": "ディ",
}  # fmt: skip
_SYLLABLES = (
    {row + vowel: kana for row, kanas in _ROWS.items() for vowel, kana in zip("aiueo", kanas, strict=True)}
    | {
        f"{row}y{vowel}": _ROWS[row][1] + small
        for row, (vowel, small) in product("kstnhmrgzbp", (("a", "ャ"), ("u", "ュ"), ("o", "ョ")))
    }
    | _WRITTEN_OTHERWISE
)
_VOWELS = "aiueoy"


def readings(typed: str) -> tuple[str, ...]:
    """The forms under which a typed name may stand in a normalised column, the typed one first."""
    plain = normal_name(typed)
    found = [plain, katakana(plain), from_romaji(plain)]
    return tuple(dict.fromkeys(form for form in found if form))


def katakana(text: str) -> str:
    """Hiragana as katakana; all else stays."""
    return "".join(chr(ord(sign) + 0x60) if "ぁ" <= sign <= "ゖ" else sign for sign in text)


def from_romaji(text: str) -> str:
    """Romaji as katakana, empty for what is none; a syllable half typed at the end is left out."""
    if not text or not text.isascii() or not text.replace(" ", "").isalpha():
        return ""
    kana: list[str] = []
    at = 0
    while at < len(text):
        if text[at] == " ":
            kana.append(" ")
            at += 1
            continue
        size = next((size for size in (3, 2, 1) if text[at : at + size] in _SYLLABLES), 0)
        if size:
            kana.append(_SYLLABLES[text[at : at + size]])
            at += size
        elif text[at] == "n" and text[at + 1 : at + 2] not in tuple(_VOWELS):
            kana.append("ン")
            at += 1
        elif text[at] == text[at + 1 : at + 2]:
            kana.append("ッ")
            at += 1
        else:
            return "".join(kana).rstrip("ッ") if at >= len(text) - 2 else ""
    return "".join(kana).rstrip("ッ")
