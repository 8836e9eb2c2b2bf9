"""Small files for made-up letters: a drawn picture, a page of text."""

from __future__ import annotations

import struct
import zlib
from typing import Final

WIDTH, HEIGHT = 320, 180
INK, PAPER = b"\x55\x5b\x66", b"\xf4\xf5\xf7"
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
    rows = b"".join(b"\0" + _row(y, tint) for y in range(HEIGHT))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def _row(y: int, tint: bytes) -> bytes:
    """A line of the bar, of text, of the box, or of what lies between."""
    if y < 18:
        return tint * WIDTH
    if y % 14 < 5:
        return PAPER * 20 + INK * (240 - y // 14 % 5 * 20) + PAPER * (60 + y // 14 % 5 * 20)
    if 70 < y < 130:
        return PAPER * 90 + tint * 140 + PAPER * 90
    return PAPER * WIDTH


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
