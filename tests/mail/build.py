"""Small pieces of mail in every charset and encoding, the same bytes each time."""

import base64
import binascii
from dataclasses import dataclass, field
from urllib.parse import quote

TARO = "山田 太郎"
TARO_ADDRESS = "taro@acme.co.jp"
DESK = "help@desk.example.jp"
DATE = "Fri, 20 Nov 2026 10:00:00 +0900"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
ZIP_XLSX = b"PK\x03\x04\x14\0\0\0\0\0xl/workbook.xml" + bytes(40)
_JIS_EXTRA = {
    "㈱": b"\x2d\x6a",
    "①": b"\x2d\x21",
    "②": b"\x2d\x22",
    "髙": b"\x7c\x62",
    "﨑": b"\x79\x75",
    "№": b"\x2d\x62",
}


@dataclass(frozen=True)
class Sample:
    """A mail and what reading it must give; `fresh` is the text without quotes."""

    name: str
    raw: bytes
    subject: str
    text: str
    sender: str | None = TARO_ADDRESS
    fresh: str | None = None
    files: tuple[str, ...] = ()
    kind: str = "person"
    readable: bool = True
    troubles: tuple[str, ...] = field(default=())


def jis(text: str) -> bytes:
    """ISO-2022-JP as Outlook writes it: row 13, IBM characters and half-width kana included."""
    out, state = b"", b"\x1b(B"
    for char in text:
        if char.isascii():
            wanted, data = b"\x1b(B", char.encode("ascii")
        elif "｡" <= char <= "ﾟ":
            wanted, data = b"\x1b(I", bytes([ord(char) - 0xFF61 + 0x21])
        else:
            euc = char.encode("euc_jp", "replace")
            wanted, data = b"\x1b$B", _JIS_EXTRA.get(char) or bytes(byte & 0x7F for byte in euc)
        out += (b"" if wanted == state else wanted) + data
        state = wanted
    return out + (b"" if state == b"\x1b(B" else b"\x1b(B")


def encode(text: str, charset: str) -> bytes:
    """Text in a charset, ISO-2022-JP in the Microsoft way."""
    if not charset.startswith("iso-2022-jp"):
        return text.encode(charset)
    return b"\r\n".join(jis(line) for line in text.split("\r\n"))


def word(text: str, label: str = "utf-8", charset: str = "", how: str = "B") -> bytes:
    """One encoded word; `charset` is the true one where the label lies."""
    data = encode(text, charset or label)
    if how == "B":
        payload = base64.b64encode(data)
    else:
        payload = (
            binascii.b2a_qp(data, quotetabs=True, istext=False, header=True).replace(b"=\n", b"").replace(b"?", b"=3F")
        )
    return b"=?" + label.encode() + b"?" + how.encode() + b"?" + payload + b"?="


def lines(text: str) -> str:
    """The text with CRLF."""
    return text.replace("\n", "\r\n")


def head(subject: bytes | str, *more: bytes | str, sender: bytes | str | None = None, number: int = 1) -> bytes:
    """The usual fields of a mail to the desk, then `more`."""
    said = word(TARO) + f" <{TARO_ADDRESS}>".encode() if sender is None else _bytes(sender)
    usual = [b"From: " + said, f"To: {DESK}".encode(), b"Subject: " + _bytes(subject), f"Date: {DATE}".encode()]
    usual.append(f"Message-ID: <{number}.sample@acme.co.jp>".encode())
    return b"\r\n".join([*usual, b"MIME-Version: 1.0", *map(_bytes, more)]) + b"\r\n"


def simple(
    subject: bytes | str, text: bytes | str, *more: bytes | str, type_: str = "text/plain; charset=utf-8"
) -> bytes:
    """A mail of one text, bytes as they are or text as UTF-8."""
    body = text if isinstance(text, bytes) else lines(text).encode()
    return head(subject, f"Content-Type: {type_}", *more) + b"\r\n" + body + b"\r\n"


def part(data: bytes | str, type_: str, *more: bytes | str, encoding: str = "") -> bytes:
    """An entity inside a multipart."""
    body = data if isinstance(data, bytes) else lines(data).encode()
    fields = [f"Content-Type: {type_}".encode() if type_ else b"", *map(_bytes, more)]
    if encoding == "base64":
        body = base64.encodebytes(body).replace(b"\n", b"\r\n")
    if encoding:
        fields.append(f"Content-Transfer-Encoding: {encoding}".encode())
    return b"\r\n".join(one for one in fields if one) + b"\r\n\r\n" + body


def multipart(kind: str, *parts: bytes, boundary: str = "=_b1", more: str = "", closed: bool = True) -> bytes:
    """A Content-Type field, the empty line and the parts."""
    mark = boundary.encode()
    out = f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}\r\n\r\n'.encode()
    out += b"".join(b"--" + mark + b"\r\n" + one + b"\r\n" for one in parts)
    return out + (b"--" + mark + b"--\r\n" if closed else b"")


def text_part(text: str = "添付をご確認ください。") -> bytes:
    """The usual words above an attachment."""
    return part(text, "text/plain; charset=utf-8")


def attached(
    name_field: bytes | str, data: bytes = PDF, type_: str = "application/pdf", type_name: bytes = b""
) -> bytes:
    """An attachment whose Content-Disposition parameters are written as given."""
    fields = [b"Content-Type: " + type_.encode() + type_name, b"Content-Disposition: attachment; " + _bytes(name_field)]
    return b"\r\n".join([*fields, b"Content-Transfer-Encoding: base64"]) + b"\r\n\r\n" + base64.encodebytes(data)


def rfc2231(name: str, charset: str = "utf-8", pieces: int = 1) -> str:
    """filename* in one piece or several."""
    coded = quote(name.encode(charset), safe="")
    if pieces == 1:
        return f"filename*={charset}''{coded}"
    triplets = [coded[i : i + 24] for i in range(0, len(coded), 24)]
    return ";\r\n ".join(
        f"filename*{i}*={charset + chr(39) * 2 if i == 0 else ''}{one}" for i, one in enumerate(triplets)
    )


def _bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
