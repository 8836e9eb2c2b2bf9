"""Small files for made-up letters: a drawn picture, a page of text."""

from __future__ import annotations

import struct
import zlib
from typing import Final

WIDTH, HEIGHT = 320, 180
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
PAGES: Final = {
    "ja": "{title}\n\n1. 対象をご確認ください。\n2. 手順に沿って一つずつお進めください。\n3. ご不明な点は窓口まで。\n",
    "en": "{title}\n\n1. Check what it is about.\n2. Go through it step by step.\n3. Ask us whenever it is unclear.\n",
}


def enclosure(name: str, title: str, language: str) -> tuple[str, bytes]:
    """(type, content) of a file by its name; equal for equal words."""
    if name.endswith(".png"):
        return "image/png", picture(zlib.crc32(title.encode()))
    return "text/plain", PAGES[language].format(title=title).encode()


def picture(kind: int) -> bytes:
    """A window with a bar, lines and a box in it, in colours that follow the number."""
    tint = bytes((60 + kind % 120, 90 + kind // 7 % 100, 130 + kind // 11 % 90))
    rows = b"".join(b"\0" + b"".join(_dot(x, y, tint) for x in range(WIDTH)) for y in range(HEIGHT))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def _dot(x: int, y: int, tint: bytes) -> bytes:
    in_box = 90 < x < 230 and 70 < y < 130
    in_text = y % 14 < 5 and 20 < x < 260 - y % 5 * 20
    if y < 18 or (in_box and not in_text):
        return tint
    return b"\x55\x5b\x66" if in_text else b"\xf4\xf5\xf7"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
