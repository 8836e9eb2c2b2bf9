"""Which signs the documents' font has: PDF/A refuses a page with a sign its font cannot show."""

from __future__ import annotations

import json
import re
import struct
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

GETA: Final = "〓"
"""What Japanese printers put where the type is missing."""

UNICODE_FULL: Final = ((3, 10), (0, 4), (0, 6))
INVISIBLE: Final = ("Cc", "Cf", "Mn")
LINE_END: Final = "\n"
ESCAPED: Final = re.compile(r'\\(?:(?P<kept>["\\n])|u00..|.)')
"""What JSON escapes: a mark of its own or the end of a line, else a sign that controls something."""
MAY_BREAK: Final = "\u200b"
FIRST_SELECTOR, LAST_SELECTOR = "\U000e0100", "\U000e01ef"


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs of one font as ranges of code points, both ends inclusive, in order.

    Variation selectors are kept: they choose among the forms of a name's sign (葛󠄀, 葛󠄁), unknown ones are not seen.
    """

    begins: tuple[int, ...]
    ends: tuple[int, ...]
    _seen: Seen = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_seen", Seen(self))

    def __contains__(self, sign: str) -> bool:
        place = bisect_right(self.begins, ord(sign)) - 1
        return place >= 0 and ord(sign) <= self.ends[place]

    def shown(self, text: str) -> str:
        """The text with a geta mark for every sign the font lacks; what is invisible anyway is left out."""
        if all(self._seen[ord(sign)] == sign for sign in set(text)):
            return text
        return text.translate(self._seen)

    def sign(self, sign: str) -> str:
        """What stands for one sign: itself, a geta mark, or nothing."""
        if sign in self or sign in (LINE_END, MAY_BREAK) or FIRST_SELECTOR <= sign <= LAST_SELECTOR:
            return sign
        if unicodedata.category(sign) in INVISIBLE:
            return ""
        return GETA


class Seen(dict[int, str]):
    """What stands for each sign met so far, by code point: documents are of few signs, each met often."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.glyphs = glyphs

    def __missing__(self, point: int) -> str:
        shown = self[point] = self.glyphs.sign(chr(point))
        return shown


def as_json(value: Any, glyphs: Glyphs) -> str:
    """A value in which each text is as `Glyphs.shown` has it: sought at once in the whole, which has few signs and
    hundreds of texts."""
    text = json.dumps(value, ensure_ascii=False)
    return glyphs.shown(ESCAPED.sub(lambda found: found[0] if found["kept"] else "", text))


@lru_cache(maxsize=4)
def glyphs_of(font: Path) -> Glyphs:
    """Read off the font's own table. Raises ValueError for a font without a full Unicode table."""
    ranges = sorted(_groups(font.read_bytes()))
    return Glyphs(tuple(begin for begin, _ in ranges), tuple(end for _, end in ranges))


def _groups(font: bytes) -> Iterator[tuple[int, int]]:
    """Format 12 of the table `cmap` (OpenType 1.9): groups of (first, last, glyph of the first)."""
    table = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", font, table + 2)
    records = [struct.unpack_from(">HHI", font, table + 4 + 8 * number) for number in range(count)]
    for platform, encoding, offset in records:
        start = table + offset
        if (platform, encoding) in UNICODE_FULL and struct.unpack_from(">H", font, start) == (12,):
            (groups,) = struct.unpack_from(">I", font, start + 12)
            for number in range(groups):
                first, last, _ = struct.unpack_from(">III", font, start + 16 + 12 * number)
                yield first, last
            return
    raise ValueError("The font has no table of all Unicode signs.")


def _table(font: bytes, name: bytes) -> int:
    (count,) = struct.unpack_from(">H", font, 4)
    for number in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, 12 + 16 * number)
        if tag == name:
            return int(offset)
    raise ValueError(f"The font has no table {name.decode()}.")
