"""Text survives every charset it can be written in, and labels that lie are found out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp.intake.rules.charset import codec_of, decode
from tests.mail.build import encode, jis

KANJI = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
JAPANESE = st.text(
    st.one_of(st.characters(min_codepoint=0x3041, max_codepoint=0x30F6), KANJI, st.sampled_from("abcXYZ 019、。「」"))
).filter(lambda text: _fits(text, "iso2022_jp") and _fits(text, "cp932"))


def _fits(text: str, codec: str) -> bool:
    try:
        return text.encode(codec).decode(codec) == text
    except UnicodeError:
        return False


@given(JAPANESE)
def test_jis_comes_back(text: str) -> None:
    assert decode(jis(text), "iso-2022-jp").text == text


@given(st.text(st.sampled_from("㈱①②髙﨑№あ漢A｡ﾟﾌﾞ 。")))
def test_microsoft_jis_comes_back(text: str) -> None:
    assert decode(jis(text), "iso-2022-jp-ms").text == text


@given(JAPANESE, st.sampled_from(["shift_jis", "windows-31j", "euc-jp", "utf-8"]))
def test_a_true_label_is_believed(text: str, label: str) -> None:
    assert decode(encode(text, "cp932" if label != "euc-jp" and label != "utf-8" else label), label).text == text


@pytest.mark.parametrize("label", ["", "us-ascii", "x-unknown", "utf-8", "iso-8859-1", "iso-2022-jp"])
@pytest.mark.parametrize("charset", ["cp932", "euc_jp", "utf-8"])
def test_japanese_is_read_under_any_label(label: str, charset: str) -> None:
    text = "いつもお世話になっております。表示とソートの件です。"
    assert decode(text.encode(charset), label).text == text


def test_a_european_letter_is_no_kanji() -> None:
    assert decode("Où est le café crème".encode("cp1252")).text == "Où est le café crème"
    assert decode("öäü ÖÄÜ ßß".encode("cp1252"), "iso-8859-1").text == "öäü ÖÄÜ ßß"


def test_one_lost_byte_costs_one_character() -> None:
    data = ("お世話になっております。" * 3).encode()
    assert decode(data[:-1], "utf-8").text == "お世話になっております。" * 2 + "お世話になっております\ufffd"


@pytest.mark.parametrize(
    "label", ["rot13", "base64", "punycode", "idna", "zlib", "unicode_escape", "undefined", "mbcs"]
)
def test_codecs_that_are_no_charsets_have_no_name(label: str) -> None:
    assert codec_of(label) is None


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "utf-8", "iso-2022-jp", "euc-jp", "utf-16", "utf-7", "hz", "iso-2022-kr", "gb2312"]),
)
def test_any_bytes_become_text_a_database_takes(data: bytes, label: str) -> None:
    text = decode(data, label).text
    assert "\0" not in text
    assert text.encode("utf-8").decode("utf-8") == text
