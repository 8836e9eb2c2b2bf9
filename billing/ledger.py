"""The journal as accounting programs read it; columns, names of accounts and tax codes are data files."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Any, Final

from billing.documents.figures import number_text
from billing.models import JournalRow
from billing.rules.money import Money

FOLDER: Final = Path(__file__).parent / "layouts" / "accounts"
RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
NOTHING: Final[dict[str, str]] = {}


@cache
def layouts() -> Mapping[str, Mapping[str, Any]]:
    """The layouts by their names."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def exported(rows: Sequence[JournalRow], name: str) -> bytes:
    """The rows in a layout; the same rows give the same bytes."""
    layout = layouts()[name]
    entries = [
        list(entry) for _, entry in groupby(rows, key=lambda row: (row.tenant_id, row.source, row.source_id))
    ]  # fmt: skip
    entries = [entry for entry in entries if entry[0].source in layout["sources"]]
    if layout["kind"] == "json":
        told = [[_words(row, layout) for row in entry] for entry in entries]
        return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n")
    write.writerow([title for title, _ in layout["columns"]])
    for number, entry in enumerate(entries, 1):
        for place, words in enumerate(_lines(entry, layout)):
            words["no"] = str(number)
            write.writerow([_cell(what, words, place) for _, what in layout["columns"]])
    return out.getvalue().encode(layout["encoding"], errors="replace")


def digest(rows: Sequence[JournalRow]) -> str:
    """The SHA-256 of all that the rows say, in their order."""
    told = [_words(row, {"accounts": NOTHING, "taxes": NOTHING, "date": "%Y-%m-%d"}) for row in rows]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _lines(entry: Sequence[JournalRow], layout: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """What each line of the file says: one for a side, a pair of sides, or each revenue of a deal."""
    if layout["kind"] == "sides":
        yield from (_words(row, layout) for row in entry)
    elif layout["kind"] == "pairs":
        debits = [_words(row, layout) for row in entry if row.side == "debit"]
        credits = [_words(row, layout) for row in entry if row.side == "credit"]
        for left, right in zip_longest(debits, credits):
            whole = {**(right or NOTHING), **(left or NOTHING)}
            sides = (("debit", left or NOTHING), ("credit", right or NOTHING))
            yield whole | {f"{side}_{name}": value for side, words in sides for name, value in words.items()}
    else:
        for row in entry:
            if row.account not in layout["passed_over"]:
                words = _words(row, layout)
                if row.side == "debit":
                    words |= {name: _minus(words[name]) for name in ("amount", "tax", "net")}
                yield words


def _words(row: JournalRow, layout: Mapping[str, Any]) -> dict[str, str]:
    amount, tax = Money(row.amount, row.currency), Money(row.tax, row.currency)
    code = f"{row.category}:{number_text(str(row.rate))}" if row.rate is not None else ""
    plain = str(amount.amount)
    return {
        "date": row.on_date.strftime(layout["date"]),
        "due": row.due_on.strftime(layout["date"]) if row.due_on else "",
        "number": row.number,
        "source": row.source,
        "id": f"{row.source}-{row.source_id}",
        "partner": row.partner,
        "key": row.partner_key,
        "side": row.side,
        "account": layout["accounts"].get(row.account, row.account),
        "amount": plain,
        "debit": plain if row.side == "debit" else "",
        "credit": plain if row.side == "credit" else "",
        "tax": str(tax.amount),
        "net": str((amount - tax).amount),
        "currency": row.currency,
        "code": layout["taxes"].get(code, layout["taxes"].get("", "")) if layout["taxes"] else code,
        "text": row.text,
    }


def _cell(what: str, words: Mapping[str, str], place: int) -> str:
    """A column: a word's name, a fixed text after `=`, or after `1=` on the first line of an entry only."""
    if what.startswith("="):
        return what[1:]
    if what.startswith("1="):
        return what[2:] if place == 0 else ""
    text = words.get(what, "")
    return f"'{text}" if text.startswith(RISKY) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal() and text.isascii()


def _minus(number: str) -> str:
    return number if not number.strip("0.") else number[1:] if number.startswith("-") else f"-{number}"
