"""Figures as a document shows them. Nothing is rounded here: what comes in is already what it will be."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final

from billing.documents.words import CATEGORIES, UNITS, said
from billing.rules.currencies import exponent_of

MINUS: Final = "−"
HARD_SPACE: Final = "\u00a0"
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
LONG: Final = re.compile(r"[!-~]{25,}")
PIECE: Final = 12
ZERO_WIDTH: Final = "\u200b"


def amount_text(amount: str, currency: str, language: str) -> str:
    """An amount with all decimals of its currency: ¥12,345, JPY 12,345, USD −1,234.50."""
    number = Decimal(amount)
    sign = MINUS if number < 0 else ""
    return with_currency(sign + _grouped(abs(number), exponent_of(currency)), currency, language)


def with_currency(number: str, currency: str, language: str) -> str:
    """A written number with its currency, the same on pages, in mails and on paper.

    Yen have their sign for a Japanese reader; else the code stands before the number (EU style guide, 7.3.3).
    """
    if language == "ja" and currency == "JPY":
        return f"{MINUS}¥{number[1:]}" if number.startswith(MINUS) else f"¥{number}"
    return f"{currency}{HARD_SPACE}{number}"


def number_text(number: str) -> str:
    """A quantity without needless zeros."""
    value = Decimal(number)
    return (MINUS if value < 0 else "") + _grouped(abs(value), 0)


def price_text(price: str, unit: str, currency: str, language: str) -> str:
    """A unit price, finer than the currency where it is so; time is priced by the hour."""
    text = amount_text(price, currency, language)
    if unit in {"MIN", "SEC", "HUR"}:
        return f"{text}／時間" if language == "ja" else f"{text}/h"
    return text


def quantity_text(quantity: str, base: str, unit: str, language: str) -> str:
    """A quantity in its unit; time in minutes is h:mm, in seconds h:mm:ss."""
    value = Decimal(quantity)
    sign, size = (MINUS if value < 0 else ""), abs(value)
    if unit == "MIN":
        return sign + clock_text(size * 60, seconds=False)
    if unit == "SEC":
        return sign + clock_text(size, seconds=True)
    pair = UNITS.get(unit, UNITS["C62"])
    return said(pair, language).format(quantity=number_text(quantity), base=number_text(base))


def clock_text(length: Decimal, *, seconds: bool) -> str:
    """Seconds of time as h:mm, or as h:mm:ss with what is left of a second."""
    whole, rest = divmod(length, 60)
    hours, minutes = divmod(int(whole), 60)
    text = f"{hours:,}:{minutes:02}"
    if not seconds:
        return text
    part = format(rest % 1, "f").lstrip("0").rstrip("0")
    return f"{text}:{int(rest):02}{part if len(part) > 1 else ''}"


def date_text(day: str, language: str) -> str:
    """2026年6月30日, 30 June 2026."""
    read = date.fromisoformat(day)
    if language == "ja":
        return f"{read.year}年{read.month}月{read.day}日"
    return f"{read.day} {MONTHS[read.month - 1]} {read.year}"


def short_date(day: str) -> str:
    """2026/06/30, the same in both languages."""
    return day.replace("-", "/")


def rate_text(category: str, rate: str, name: str, language: str) -> str:
    """What the tax box calls a rate: 10%対象, 8% (reduced), GST 5%."""
    if name:
        return f"{name} {number_text(rate)}%"
    pair = CATEGORIES.get(category, ("{rate}%", "{rate}%"))
    return said(pair, language).format(rate=number_text(rate))


def breakable(text: str) -> str:
    """Long runs without a space may break, so that nothing leaves its column."""
    return LONG.sub(lambda run: ZERO_WIDTH.join(_pieces(run[0])), text)


def _pieces(run: str) -> list[str]:
    return [run[start : start + PIECE] for start in range(0, len(run), PIECE)]


def _grouped(number: Decimal, at_least: int) -> str:
    whole, _, decimals = format(number, ",f").partition(".")
    decimals = decimals.rstrip("0").ljust(at_least, "0")
    return f"{whole}.{decimals}" if decimals else whole
