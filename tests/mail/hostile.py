"""Mail nobody would write: the corpus bent, and nonsense grown from a grammar; the same mails for the same seed."""

import base64
import random
from collections.abc import Callable, Iterator
from functools import cache

from tests.mail.make import samples

_TOKENS = [
    *(
        b"\0",
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n\r\n",
        b"\n\n",
        b"\x1b$B",
        b"\x1b(B",
        b"\x1b(I",
        b"\x1b$(D",
        b"\x0e",
        b"\x0f",
    ),
    *(b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\x81", b"\xfc\xfc", b"\xe3\x81", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"),
    *(b"=?utf-8?B?", b"=?iso-2022-jp?B?GyRC?=", b"=?utf-8?Q?=ZZ?=", b"?=", b"=?", b"=", b"==", b"=\r\n", b"=3D"),
    *(
        b"--",
        b"--=_b1",
        b"--=_b1--",
        b"\r\n--=_b1\r\n",
        b'"',
        b"\\",
        b"<",
        b">",
        b"(",
        b")",
        b";",
        b":",
        b",",
        b"@",
        b"'",
    ),
    *(b"Content-Type: multipart/mixed; boundary=", b"Content-Type: message/rfc822\r\n", b"From: ", b"Subject: "),
    *(
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: x\r\n",
        b"filename*0*=utf-8''%",
        b"; name*=",
    ),
    *(
        b"<div>",
        b"</div>",
        b"<a href=",
        b"<!--",
        b"<table>",
        b"&#x0;",
        b"&#55296;",
        b"<svg/onload=x>",
        b"%00",
        b"%F0%9F",
    ),
    *("２０２６年".encode(), "差出人: ".encode(), "差出人：".encode("cp932"), b"On Fri, x wrote:\r\n", b"> > > "),
]
_CHARSETS = [
    *(b"utf-8", b"utf-16", b"utf-7", b"iso-2022-jp", b"shift_jis", b"euc-jp", b"gb2312", b"hz-gb-2312", b"iso-2022-kr"),
    *(
        b"ks_c_5601",
        b"us-ascii",
        b"rot13",
        b"base64",
        b"punycode",
        b"idna",
        b"undefined",
        b"",
        b"\xff",
        b"x" * 500,
        b"zlib",
    ),
]
_ENCODINGS = [b"base64", b"quoted-printable", b"8bit", b"x-uuencode", b"7bit", b"", b"bogus"]
_TYPES = [
    *(
        b"text/plain",
        b"text/html",
        b"multipart/mixed",
        b"multipart/alternative",
        b"multipart/related",
        b"multipart/report",
    ),
    *(b"multipart/digest", b"multipart/signed", b"multipart/encrypted", b"message/rfc822", b"message/delivery-status"),
    *(b"application/ms-tnef", b"image/png", b"application/octet-stream", b"text", b"/", b"", b"text/plain/extra"),
]
_FIELDS = [
    *(
        b"From",
        b"To",
        b"Cc",
        b"Subject",
        b"Date",
        b"Message-ID",
        b"In-Reply-To",
        b"References",
        b"Return-Path",
        b"Reply-To",
    ),
    *(
        b"Auto-Submitted",
        b"List-Id",
        b"Precedence",
        b"Authentication-Results",
        b"Content-Disposition",
        b"Content-ID",
        b"Received",
    ),
]


def mails(count: int, seed: int = 0) -> Iterator[bytes]:
    """`count` malformed mails; the same for the same arguments. Most are small, one in a hundred is large."""
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")  # noqa: S311 - repeatable on purpose, guards nothing
        if number % 100 == 99:
            yield _large(chance)
        elif number % 3 == 2:
            yield _grown(chance)
        else:
            yield bent(_corpus()[chance.randrange(len(_corpus()))], chance)


def bent(raw: bytes, chance: random.Random) -> bytes:
    """The mail after one to six accidents."""
    for _ in range(chance.randint(1, 6)):
        raw = chance.choice(_ACCIDENTS)(raw, chance)
    return raw


@cache
def _corpus() -> list[bytes]:
    return [sample.raw for sample in samples() if len(sample.raw) < 50_000]


def _span(raw: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randint(0, len(raw))
    return start, min(len(raw), start + chance.choice((1, 2, 8, 60, 500)))


def _flip(raw: bytes, chance: random.Random) -> bytes:
    out = bytearray(raw)
    for _ in range(chance.randint(1, 20)):
        if out:
            out[chance.randrange(len(out))] = chance.randrange(256)
    return bytes(out)


def _insert(raw: bytes, chance: random.Random) -> bytes:
    start, _ = _span(raw, chance)
    return raw[:start] + chance.choice(_TOKENS) * chance.choice((1, 1, 1, 3, 200)) + raw[start:]


def _drop(raw: bytes, chance: random.Random) -> bytes:
    start, end = _span(raw, chance)
    return raw[:start] + raw[end:]


def _double(raw: bytes, chance: random.Random) -> bytes:
    start, end = _span(raw, chance)
    return raw[:end] + raw[start:end] * chance.choice((1, 2, 50)) + raw[end:]


def _cut(raw: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randint(0, len(raw))]


def _relabel(raw: bytes, chance: random.Random) -> bytes:
    return raw.replace(b"charset=utf-8", b"charset=" + chance.choice(_CHARSETS)).replace(
        b"=?utf-8?", b"=?" + chance.choice(_CHARSETS) + b"?"
    )


def _recode(raw: bytes, chance: random.Random) -> bytes:
    return b"Content-Transfer-Encoding: " + chance.choice(_ENCODINGS) + b"\r\n" + raw


def _relined(raw: bytes, chance: random.Random) -> bytes:
    return raw.replace(b"\r\n", chance.choice((b"\n", b"\r", b"\n\r", b"\r\r\n", b"\r\n \r\n")))


def _shuffled(raw: bytes, chance: random.Random) -> bytes:
    lines = raw.split(b"\r\n")
    chance.shuffle(lines)
    return b"\r\n".join(lines)


def _wrapped(raw: bytes, chance: random.Random) -> bytes:
    for level in range(chance.choice((1, 5, 25))):
        mark = b"w%d" % level
        raw = (
            b"Content-Type: multipart/mixed; boundary="
            + mark
            + b"\r\n\r\n--"
            + mark
            + b"\r\n"
            + raw
            + b"\r\n--"
            + mark
            + b"--"
        )
    return raw


def _spliced(raw: bytes, chance: random.Random) -> bytes:
    other = chance.choice(_corpus())
    return _cut(raw, chance) + other[chance.randint(0, len(other)) :]


_ACCIDENTS: list[Callable[[bytes, random.Random], bytes]] = [
    *(_flip, _insert, _insert, _drop, _double, _cut, _relabel, _recode, _relined, _shuffled, _wrapped, _spliced)
]


def _noise(chance: random.Random, longest: int = 200) -> bytes:
    pieces = [
        chance.choice(_TOKENS) if chance.random() < 0.5 else chance.randbytes(3) for _ in range(chance.randint(0, 20))
    ]
    return b"".join(pieces)[:longest]


def _entity(chance: random.Random, depth: int) -> bytes:
    kind = chance.choice(_TYPES)
    mark = b"m%d" % chance.randrange(5)
    out = b"Content-Type: " + kind + b"; charset=" + chance.choice(_CHARSETS) + b"; boundary=" + mark
    out += (
        b"; name="
        + _noise(chance, 40).replace(b"\n", b"")
        + b"\r\nContent-Transfer-Encoding: "
        + chance.choice(_ENCODINGS)
    )
    out += (
        b"\r\nContent-Disposition: attachment; filename*0*=" + chance.choice(_CHARSETS) + b"''%82%A0; filename*1=x\r\n"
    )
    if not kind.startswith(b"multipart/") or depth > 6:
        body = chance.randbytes(chance.choice((0, 10, 300)))
        return out + b"\r\n" + (base64.b64encode(body) if chance.random() < 0.5 else body + _noise(chance))
    parts = b"".join(b"--" + mark + b"\r\n" + _entity(chance, depth + 1) + b"\r\n" for _ in range(chance.randint(0, 4)))
    return out + b"\r\n" + parts + chance.choice((b"", b"--" + mark + b"--\r\n"))


def _grown(chance: random.Random) -> bytes:
    fields = [chance.choice(_FIELDS) + b": " + _noise(chance) for _ in range(chance.randint(0, 12))]
    return chance.choice((b"\r\n", b"\n")).join(fields) + b"\r\n" + _entity(chance, 0)


def _large(chance: random.Random) -> bytes:
    """One token, or a few, so often that anything slower than linear shows."""
    kind = chance.choice((b"text/plain", b"text/html", b"multipart/mixed; boundary=a", b"text/plain; format=flowed"))
    unit = b"".join(chance.choice(_TOKENS) for _ in range(chance.randint(1, 4)))
    head = b"From: a@acme.co.jp\r\nContent-Type: " + kind + b"; charset=" + chance.choice(_CHARSETS) + b"\r\n"
    head += chance.choice(
        (b"Subject: ", b"References: ", b"To: ", b"\r\n", b"Content-Transfer-Encoding: base64\r\n\r\n")
    )
    return head + unit * (chance.randint(200_000, 4_000_000) // len(unit))
