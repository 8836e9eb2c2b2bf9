"""HTML of strangers is harmless, files are what their bytes are."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp.intake.rules import markup, sniffing, transfer
from msp.intake.rules.attachments import safe_name
from msp.intake.rules.body import unflowed
from msp.intake.rules.message import read
from msp.intake.rules.mime import MAX_BYTES
from msp.intake.rules.quoting import fold
from tests.mail import shapes
from tests.mail.build import PDF, PNG, ZIP_XLSX, head, simple

MAILS = {sample.name: sample.raw for sample in shapes.samples()}


def test_shown_html_has_no_script_no_style_and_no_foreign_picture() -> None:
    source = (
        '<p style="x" onclick="y">t<script>z</script></p><img src="cid:a@b"><img src="https://t.example/p.png" alt="w">'
        '<a href="javascript:x">j</a><a href="https://ok.example/">o</a><form action="/x"><input name="q"></form>'
    )
    shown = markup.clean(source, {"a@b": "/files/1"})
    assert shown == (
        '<p>t</p><img src="/files/1"><img alt="w"><a target="_blank" rel="noopener noreferrer nofollow">j</a>'
        '<a href="https://ok.example/" target="_blank" rel="noopener noreferrer nofollow">o</a>'
    )


def test_text_of_html_tells_where_links_lead() -> None:
    source = '<p><a href="https://evil.example/x">銀行</a> <a href="https://a.jp/">https://a.jp</a></p>'
    assert markup.to_text(source) == "銀行 <https://evil.example/x> https://a.jp"


@pytest.mark.parametrize(
    "unit",
    [
        "<div>",
        "<b><i>",
        "<div></b>",
        "&",
        "&amp;",
        "<",
        "<li><dd><p>",
        "<li><option>",
        "<table>x",
        "<a><b><p></a></b>",
        "<!--",
    ],
)
def test_hostile_html_takes_no_time(unit: str) -> None:
    started = time.process_time()
    source = unit * (markup.MAX_CHARACTERS // len(unit))
    markup.to_text(source)
    markup.clean(source, {})
    assert time.process_time() - started < 5


@given(st.text(st.sampled_from("<>/&;=\"' abpdivtrx\n"), max_size=200))
def test_any_html_becomes_text_without_its_scripts(source: str) -> None:
    assert "<script" not in markup.clean(source, {})
    markup.to_text(source)


@pytest.mark.parametrize(
    ("data", "declared", "kind"),
    [
        (PDF, "text/plain", "application/pdf"),
        (PNG, "application/octet-stream", "image/png"),
        (ZIP_XLSX, "application/zip", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (b"MZ\x90\0", "image/png", "application/vnd.microsoft.portable-executable"),
        (b"<html><script>x</script>", "image/png", "text/html"),
        (b" \n<SVG onload=x>", "image/png", "image/svg+xml"),
        (b"a,b\n1,2\n", "text/csv", "text/csv"),
        (b"plain", "text/html", "text/plain"),
        (b"\0\1\2", "image/jpeg", "application/octet-stream"),
        (b"", "image/jpeg", "text/plain"),
    ],
)
def test_a_file_is_what_its_bytes_are(data: bytes, declared: str, kind: str) -> None:
    assert sniffing.kind(data, declared) == kind


def test_programs_are_told_by_bytes_and_by_name() -> None:
    (by_bytes,) = read(MAILS["name-turning"]).attachments
    assert by_bytes.runs
    assert not read(MAILS["name-raw-sjis"]).attachments[0].runs


def test_a_picture_inside_the_html_is_known_by_its_id() -> None:
    (picture,) = read(MAILS["related-cid-picture"]).attachments
    assert (picture.content_id, picture.inline, picture.data) == ("logo@acme", True, PNG)


def test_winmail_dat_gives_its_files() -> None:
    (workbook,) = read(MAILS["winmail-dat"]).attachments
    assert (workbook.name, workbook.data) == ("見積書.xlsx", ZIP_XLSX)


@given(st.text(max_size=300))
def test_a_safe_name_is_safe(name: str) -> None:
    safe = safe_name(name)
    assert not set(safe) & set('/\\:*?"<>|\0\r\n')
    assert not safe.startswith(".")
    assert len(safe.encode()) <= 200


@given(st.text(st.sampled_from("> \na-－:：@<差出人件名宛先年月日2026Onwrote_"), max_size=300))
def test_folding_any_text_loses_nothing(text: str) -> None:
    assert "".join(segment.text for segment in fold(text)) == text


@given(st.binary(max_size=200))
def test_base64_comes_back_whatever_is_strewn_in(data: bytes) -> None:
    encoded = transfer.unbase64(base64.encodebytes(data).replace(b"\n", b"\r\n"))
    assert encoded == (data, True)


def test_flowed_text_keeps_signature_and_deletes_spaces_when_told() -> None:
    assert unflowed("日本 \n語\n-- \nTaro", delete_space=True) == "日本語\n-- \nTaro"


def test_a_mail_too_large_still_says_who_and_what() -> None:
    mail = read(simple("大きい", b"x" * (MAX_BYTES + 1)))
    assert (mail.subject, mail.readable, mail.sender is not None) == ("大きい", False, True)
    assert mail.size > MAX_BYTES


def test_a_mail_of_three_megabytes_takes_no_second() -> None:
    started = time.process_time()
    read(
        head("big", "Content-Type: text/plain; charset=iso-2022-jp") + b"\r\n" + b'\x1b$B$"$$$&\x1b(B abc\r\n' * 160_000
    )
    assert time.process_time() - started < 2
