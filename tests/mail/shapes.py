"""Parts inside parts, and files under names in every spelling."""

import base64
import struct

from tests.mail.build import (
    PDF,
    PNG,
    ZIP_XLSX,
    Sample,
    attached,
    head,
    jis,
    lines,
    multipart,
    part,
    rfc2231,
    simple,
    text_part,
    word,
)

WORDS = "添付をご確認ください。"
NAME = "見積書①髙橋㈱.pdf"


def samples() -> list[Sample]:
    """Structures first, then names, then what is inside other formats."""
    return [*_structures(), *_names(), *_formats()]


def _with_file(name: str, file: bytes, *expected: str, subject: str = "見積") -> Sample:
    raw = head(word(subject)) + multipart("mixed", text_part(), file)
    return Sample(name, raw, subject, WORDS, files=expected)


def _structures() -> list[Sample]:
    plain, rich = part("平文です", "text/plain; charset=utf-8"), part("<p>HTML です</p>", "text/html; charset=utf-8")
    empty_plain = part(" \n", "text/plain; charset=utf-8")
    picture = part(
        PNG, "image/png", "Content-ID: <logo@acme>", "Content-Disposition: inline; filename=logo.png", encoding="base64"
    )
    related = multipart(
        "related", part('<p>図<img src="cid:logo@acme"></p>', "text/html; charset=utf-8"), picture, boundary="=_r"
    )
    alternative = multipart("alternative", plain, related, boundary="=_a")
    signature = part(b"0\x82", "application/pkcs7-signature; name=smime.p7s", encoding="base64")
    protocol = '; protocol="application/pkcs7-signature"; micalg=sha-256'
    script = "<html><body><script>alert(1)</script><style>p{}</style></body></html>"
    table = "<table><tr><td>品名</td><td>数</td></tr><tr><td>PC</td><td>2</td></tr></table><ul><li>一<li>二</ul>"
    return [
        Sample("alternative", head("alt") + multipart("alternative", plain, rich), "alt", "平文です"),
        Sample(
            "alternative-empty-plain", head("alt") + multipart("alternative", empty_plain, rich), "alt", "HTML です"
        ),
        Sample("related-cid-picture", head("rel") + related, "rel", "図", files=("logo.png",)),
        Sample(
            "mixed-alternative-related",
            head("mix") + multipart("mixed", alternative, attached(f'filename="{"report.pdf"}"'), boundary="=_m"),
            "mix",
            "平文です",
            files=("logo.png", "report.pdf"),
        ),
        Sample(
            "apple-text-picture-text",
            head("apple")
            + multipart(
                "mixed", plain, attached("filename=a.png", PNG, "image/png"), part("後半", "text/plain; charset=utf-8")
            ),
            "apple",
            "平文です\n\n後半",
            files=("a.png",),
        ),
        Sample(
            "smime-signed",
            head("signed") + multipart("signed", plain, signature, more=protocol),
            "signed",
            "平文です",
            files=("smime.p7s",),
        ),
        Sample(
            "encrypted",
            head("secret")
            + multipart(
                "encrypted",
                part("Version: 1", "application/pgp-encrypted"),
                part("x", "application/octet-stream; name=e.asc"),
            ),
            "secret",
            "",
            files=("part-1.txt", "e.asc"),
            readable=False,
            troubles=("encrypted",),
        ),
        Sample(
            "message-attached",
            head("転送")
            + multipart("mixed", text_part(), part(simple(word("元の件名"), "元の本文"), "message/rfc822")),
            "転送",
            WORDS,
            files=("元の件名.eml",),
        ),
        Sample(
            "digest",
            head("digest") + multipart("digest", part(simple("one", "1"), ""), part(simple("two", "2"), "")),
            "digest",
            "",
            files=("one.eml", "two.eml"),
        ),
        Sample("html-only-script", simple("js", script, type_="text/html; charset=utf-8"), "js", ""),
        Sample(
            "html-table-and-list",
            simple("表", table, type_="text/html; charset=utf-8"),
            "表",
            "品名\t数\nPC\t2\n\n- 一\n- 二",
        ),
        Sample("empty-body", head("空"), "空", ""),
        Sample(
            "body-named-as-file",
            simple("log", "ログ本文", type_="text/plain; charset=utf-8; name=log.txt"),
            "log",
            "ログ本文",
            files=("log.txt",),
        ),
    ]


def _names() -> list[Sample]:
    sjis, bare = NAME.encode("cp932"), "申込書表.pdf"
    in_2047 = b'filename="' + word(NAME, "iso-2022-jp") + b'"'
    cut = b'filename="' + word("見積書の", "utf-8") + b"\r\n " + word("控え.pdf", "utf-8") + b'"'
    type_name = b'; name="' + word(NAME, "shift_jis", "cp932") + b'"'
    return [
        _with_file("name-rfc2231-utf-8", attached(rfc2231(NAME)), NAME),
        _with_file("name-rfc2231-pieces", attached(rfc2231(NAME, pieces=2)), NAME),
        _with_file("name-rfc2231-sjis", attached(rfc2231(bare, "shift_jis")), bare),
        _with_file("name-rfc2047-jis", attached(in_2047), NAME),
        _with_file("name-rfc2047-two-words", attached(cut), "見積書の控え.pdf"),
        _with_file("name-raw-sjis", attached(b'filename="' + sjis + b'"'), NAME),
        _with_file("name-raw-sjis-backslash", attached(b'filename="' + bare.encode("cp932") + b'"'), bare),
        _with_file("name-raw-jis", attached(b'filename="' + jis("見積書.pdf") + b'"'), "見積書.pdf"),
        _with_file("name-raw-utf-8", attached(f'filename="{NAME}"'), NAME),
        _with_file("name-in-content-type", attached("size=10", type_name=type_name), NAME),
        _with_file("name-unquoted-spaces", attached("filename=my report 1.pdf"), "my report 1.pdf"),
        _with_file("name-with-path", attached('filename="C:\\\\Users\\\\taro\\\\..\\\\見積.pdf"'), "見積.pdf"),
        _with_file("name-climbing", attached('filename="../../etc/passwd"', b"x", "text/plain"), "passwd"),
        _with_file(
            "name-turning", attached(rfc2231("請求\u202efdp.exe"), b"MZ\x90\0", "application/pdf"), "請求fdp.exe"
        ),
        _with_file("name-mac-decomposed", attached(rfc2231("か\u3099ぞう.pdf")), "がぞう.pdf"),
        _with_file("name-missing", attached("size=1", PNG, "application/octet-stream"), "part-1.png"),
        _with_file("name-very-long", attached(rfc2231("長" * 200 + ".pdf")), "長" * 65 + ".pdf"),
    ]


def _formats() -> list[Sample]:
    invitation = lines("BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:打合せ\nEND:VEVENT\nEND:VCALENDAR\n")
    request = part(invitation, "text/calendar; charset=utf-8; method=REQUEST")
    uu = b"begin 644 memo.txt\r\n#86)C\r\n`\r\nend\r\n"
    return [
        Sample(
            "calendar-invitation",
            head("打合せ") + multipart("alternative", part("ご出席ください", "text/plain; charset=utf-8"), request),
            "打合せ",
            "ご出席ください",
            files=("part-1.ics",),
        ),
        _with_file("winmail-dat", attached("filename=winmail.dat", _tnef(), "application/ms-tnef"), "見積書.xlsx"),
        _with_file(
            "winmail-dat-broken", attached("filename=winmail.dat", _tnef()[:40], "application/ms-tnef"), "winmail.dat"
        ),
        _with_file(
            "excel-as-octets", attached("filename=list.xlsx", ZIP_XLSX, "application/octet-stream"), "list.xlsx"
        ),
        Sample(
            "base64-html",
            simple(
                "b64",
                base64.encodebytes("<p>本文</p>".encode()),
                "Content-Transfer-Encoding: base64",
                type_="text/html; charset=utf-8",
            ),
            "b64",
            "本文",
        ),
        Sample("uuencoded", simple("uu", uu, "Content-Transfer-Encoding: x-uuencode"), "uu", "abc"),
        _with_file(
            "two-files",
            attached("filename=a.pdf") + b"\r\n--=_b1\r\n" + attached("filename=b.pdf", PDF),
            "a.pdf",
            "b.pdf",
        ),
    ]


def _tnef() -> bytes:
    """A winmail.dat with one workbook, named short in cp932 and long in UTF-16."""
    long_name = "見積書.xlsx".encode("utf-16-le") + b"\0\0"
    padded = long_name + bytes(-len(long_name) % 4)
    properties = struct.pack("<IHHIHHII", 2, 0x0003, 0x3705, 1, 0x001F, 0x3707, 1, len(long_name)) + padded
    attributes = (
        (1, 0x9007, struct.pack("<II", 932, 0)),
        (2, 0x9002, bytes(14)),
        (2, 0x8010, "見積~1.XLS".encode("cp932") + b"\0"),
        (2, 0x800F, ZIP_XLSX),
        (2, 0x9005, properties),
    )
    out = b"\x78\x9f\x3e\x22\x01\0"
    for level, attribute, data in attributes:
        out += struct.pack("<BHHI", level, attribute, 0, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
    return out
