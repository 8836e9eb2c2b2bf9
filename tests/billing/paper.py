"""A snapshot for tests of pages, with names that bad fonts lose."""

from __future__ import annotations

from typing import Any

from msp.settings import PROJECT

FONTS = PROJECT / "msp" / "web" / "static" / "vendor"


def line(place: int = 1, **facts: Any) -> dict[str, Any]:
    """An hour and a half at 9,000 yen."""
    plain: dict[str, Any] = {
        "place": place,
        "key": f"line-{place}",
        "role": "time",
        "text": "リモート作業（時間外）",
        "note": "",
        "since": "2026-06-01",
        "until": "2026-07-01",
        "quantity": "90",
        "unit": "MIN",
        "base_quantity": "60",
        "price": "9000",
        "charges": [],
        "allowances": [],
        "amount": "13500",
        "taxes": [{"category": "S", "rate": "10", "name": ""}],
        "account": "",
        "po_number": "",
    }
    return plain | facts


def snapshot(*lines: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """An invoice of one line unless told otherwise."""
    plain: dict[str, Any] = {
        "form": 1,
        "kind": "invoice",
        "number": "INV-2026-00042",
        "issued_on": "2026-07-01",
        "due_on": "2026-07-31",
        "period": {"begin": "2026-06-01", "end": "2026-07-01"},
        "currency": "JPY",
        "language": "ja",
        "prices_include_tax": False,
        "directions": {"amounts": "half_up", "tax": "down"},
        "issuer": {
            "name": "株式会社デスク",
            "address": "〒100-0001\n東京都千代田区千代田1-1",
            "country": "JP",
            "phone": "03-1234-5678",
            "email": "billing@desk.example",
            "registration_number": "T7000012050002",
            "bank": "みずほ銀行 丸の内支店（普通）1234567",
        },
        "recipient": {
            "name": "髙﨑商店㈱ 𠮷田支社",
            "honorific": "company",
            "attention": "﨑山花子",
            "address": "〒530-0001\n大阪府大阪市北区梅田3-1-3",
        },
        "po_number": "",
        "lines": list(lines) or [line()],
        "annex": [],
        "notes": "",
        "line_total": "13500",
        "allowances": [],
        "taxes": [{"category": "S", "rate": "10", "name": "", "base": "13500", "amount": "1350", "gross": "14850"}],
        "net": "13500",
        "tax": "1350",
        "gross": "14850",
        "prepaid": "0",
        "rounding": "0",
        "payable": "14850",
    }
    return plain | facts
