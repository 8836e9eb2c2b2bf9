"""Registration numbers of Japan's qualified invoices: cleaned, judged, and printed from their day on."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Verdict = Literal["ok", "checksum", "format"]

_FORM = re.compile(r"T([0-9])([0-9]{12})")
# Category Pd has most dashes; these are typed for one: the long vowel mark, minus signs, rules, bullets.
_LIKE_DASHES: Final = frozenset("\u30fc\u2212\u2500\u2501\u2043\u02d7\u2796")


@dataclass(frozen=True, slots=True)
class Registration:
    """A number as it is kept, and whether it can be one. A wrong checksum is a warning to confirm, not a refusal."""

    number: str
    verdict: Verdict


def cleaned(text: str) -> str:
    """NFKC, upper case, without spaces, invisible signs and dashes of every kind."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).upper() if not _is_noise(sign))


def _is_noise(sign: str) -> bool:
    return sign in _LIKE_DASHES or sign.isspace() or unicodedata.category(sign) in ("Pd", "Zs", "Cf")


def check_digit(twelve: str) -> int:
    """9 - (sum mod 9) of the twelve digits weighed 1, 2, 1, 2 ... from the right (ordinance on corporate numbers)."""
    weighed = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(twelve)))
    return 9 - weighed % 9


def registration(text: str) -> Registration:
    """Judge what somebody typed: T and 13 digits, the first of them the check digit of the others."""
    number = cleaned(text)
    form = _FORM.fullmatch(number)
    if form is None:
        return Registration(number, "format")
    return Registration(number, "ok" if int(form[1]) == check_digit(form[2]) else "checksum")


def printed(number: str, effective: date, issued: date) -> str | None:
    """The number as a document of that day shows it: not before the day it takes effect."""
    return number if issued >= effective else None
