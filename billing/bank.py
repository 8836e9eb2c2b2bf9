"""Files of the bank's: what each line says, read as a layout says; layouts are data files."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "layouts" / "bank"
LARGEST: Final = 5_000_000
MOST: Final = 20_000
WIDTH: Final = 200
ENCODINGS: Final = ("utf-8-sig", "cp932")
TOO_MUCH: Final = Decimal(10) ** 14


class UnreadableError(Exception):
    """A file that is none of this layout; `number` is the line, from 1, or 0 for the whole."""

    def __init__(self, number: int) -> None:
        super().__init__(f"line {number}")
        self.number = number


@dataclass(frozen=True, slots=True)
class Incoming:
    """Money that came in. `hash` is the same whenever the line is read again."""

    on: date
    amount: Decimal
    payer: str
    note: str
    hash: str


@cache
def layouts() -> Mapping[str, Mapping[str, Any]]:
    """The layouts by their names."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def read_bank(content: bytes, layout: str, currency: str) -> list[Incoming]:
    """The money that came in, in the order of the file; what went out is passed over.

    UTF-8 or Shift_JIS. Raises UnreadableError.
    """
    how = layouts()[layout]
    text = _text(content)
    rows = _fixed(text, how) if how["kind"] == "fixed" else _columns(text, how)
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for on, amount, payer, note in rows:
        said = (on.isoformat(), str(amount.normalize()), currency, payer, note)
        seen[said] += 1
        digest = hashlib.sha256(json.dumps([*said, seen[said]], ensure_ascii=False).encode()).hexdigest()
        found.append(Incoming(on, amount, payer, note, digest))
    return found


Row = tuple[date, Decimal, str, str]


def _text(content: bytes) -> str:
    if len(content) > LARGEST:
        raise UnreadableError(0)
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding).replace("\0", "")
        except UnicodeDecodeError:
            continue
    raise UnreadableError(0)


def _columns(text: str, how: Mapping[str, Any]) -> Iterator[Row]:
    """Lines under a header; what stands above the header is the bank's own heading."""
    try:
        table = list(csv.reader(io.StringIO(text)))
    except csv.Error:
        raise UnreadableError(0) from None
    places: dict[str, int] | None = None
    for number, cells in enumerate(table[: MOST + 50], 1):
        if places is None:
            places = _header(cells, how["columns"])
            continue
        if not any(cell.strip() for cell in cells):
            continue
        said = {name: _cell(cells, place) for name, place in places.items()}
        amount = _amount(said["amount"], number)
        if amount > 0:
            yield _day(said["date"], how["dates"], number), amount, said["payer"], said.get("note", "")
    if places is None:
        raise UnreadableError(0)


def _header(cells: Sequence[str], columns: Mapping[str, Sequence[str]]) -> dict[str, int] | None:
    names = [_plain(cell).lower() for cell in cells]
    found: dict[str, int] = {}
    for name, called in columns.items():
        place = next((names.index(one.lower()) for one in called if one.lower() in names), None)
        if place is not None and (name != "note" or place not in found.values()):
            found[name] = place
    return found if {"date", "amount", "payer"} <= found.keys() else None


def _fixed(text: str, how: Mapping[str, Any]) -> Iterator[Row]:
    """Records of fixed width, with or without lines; a half-width kana is one byte there and one character here."""
    begins, ends = how["cancelled"]
    found = False
    lines = text.splitlines()
    if len(lines) == 1:
        lines = [text[begin : begin + WIDTH] for begin in range(0, len(text), WIDTH)]
    for number, line in enumerate(lines[:MOST], 1):
        if not line.startswith(how["record"]):
            continue
        found = True
        said = {name: line[first:last].strip() for name, (first, last) in how["fields"].items()}
        if line[begins:ends] == "1":
            continue
        digits = said["date"]
        if len(digits) != 6 or not digits.isdecimal():
            raise UnreadableError(number)
        try:
            on = date(how["era_begins"] + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
        except ValueError:
            raise UnreadableError(number) from None
        yield on, _amount(said["amount"], number), _plain(said["payer"]), _plain(said["note"])
    if not found:
        raise UnreadableError(0)


def _cell(cells: Sequence[str], place: int) -> str:
    return _plain(cells[place]) if place < len(cells) else ""


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _amount(text: str, number: int) -> Decimal:
    digits = text.replace(",", "").strip("¥\\円 ")
    if digits in {"", "-"}:
        return Decimal(0)
    try:
        amount = Decimal(digits)
    except InvalidOperation:
        raise UnreadableError(number) from None
    if not amount.is_finite() or abs(amount) >= TOO_MUCH:
        raise UnreadableError(number)
    return amount


def _day(text: str, ways: Sequence[str], number: int) -> date:
    for way in ways:
        try:
            return datetime.strptime(text, way).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise UnreadableError(number)
