"""What was paid ahead in the words of its unit: hours and minutes, money, tickets."""

from __future__ import annotations

from decimal import Decimal

from billing.documents.figures import amount_text
from billing.rules.currencies import exponent_of
from billing.rules.money import Number, round_to


def units_text(units: Number, unit: str, currency: str, language: str) -> str:
    """`3:20 h`, `10 h`, `3時間20分`; `¥12,000`, `JPY 12,000`; `4 tickets`, `4件`.

    Parts of a minute or a yen are not shown.
    """
    match unit:
        case "minutes":
            return _hours(int(round_to(units, 0, "down")), language)
        case "money":
            return amount_text(str(round_to(units, exponent_of(currency), "down")), currency, language)
        case _:
            return _tickets(round_to(units, 2, "down"), language)


def _hours(minutes: int, language: str) -> str:
    hours, rest = divmod(minutes, 60)
    if language == "ja":
        return f"{hours:,}時間{rest}分" if rest else f"{hours:,}時間"
    return f"{hours:,}:{rest:02} h" if rest else f"{hours:,} h"


def _tickets(count: Decimal, language: str) -> str:
    text = format(count, ",f").rstrip("0").rstrip(".") if count % 1 else f"{int(count):,}"
    if language == "ja":
        return f"{text}件"
    return f"{text} ticket" if count == 1 else f"{text} tickets"
