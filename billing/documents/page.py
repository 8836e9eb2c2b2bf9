"""From a snapshot to what stands on the page, word by word; the template only says where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from billing.documents.figures import (
    amount_text,
    breakable,
    clock_text,
    date_text,
    number_text,
    price_text,
    quantity_text,
    rate_text,
    short_date,
)
from billing.documents.words import LABELS, OF_CREDIT, OF_VAT, REDUCED_SIGN, TITLES, VAT_COUNTRIES, label, said

BALANCE: Final = ("carried_in", "granted", "purchased", "drawn", "expired", "left")
Snapshot = Mapping[str, Any]


def page(snapshot: Snapshot, *, draft: bool = False) -> dict[str, Any]:
    """All strings of a document in its language, in the order of the page. `draft` puts the mark across it."""
    language, currency = snapshot["language"], snapshot["currency"]
    title = said(TITLES[snapshot["kind"]], language)
    credit = snapshot["kind"] == "credit_note"
    vat = snapshot["issuer"]["country"] in VAT_COUNTRIES
    labels = LABELS | (OF_CREDIT if credit else {}) | (OF_VAT if vat else {})
    return {
        "language": language,
        "title": title,
        "file_title": " ".join(part for part in (title, snapshot["number"], snapshot["recipient"]["name"]) if part),
        "date": list(date.fromisoformat(snapshot["issued_on"]).timetuple()[:3]),
        "mark": label("draft", language) if draft else "",
        "label": {name: said(pair, language) for name, pair in labels.items()},
        "number": snapshot["number"],
        "issued": date_text(snapshot["issued_on"], language),
        "due": "" if credit else date_text(snapshot["due_on"], language),
        "period": _period(snapshot, language),
        "one_day": _last(snapshot["period"]["end"]) == snapshot["period"]["begin"],
        "refers_to": _refers_to(snapshot, language),
        "reason": breakable(snapshot.get("reason", "")),
        "amount_due": amount_text(snapshot["payable"], currency, language),
        "po": snapshot["po_number"],
        "issuer": {name: breakable(text) for name, text in snapshot["issuer"].items()},
        "recipient": _recipient(snapshot["recipient"], language),
        "lines": [_line(line, snapshot) for line in snapshot["lines"]],
        "totals": list(_totals(snapshot, language, said(labels["amount_due"], language))),
        "taxes": [_tax(group, snapshot) for group in snapshot["taxes"]],
        "balances": [_balance(each) for each in snapshot.get("balances", ())],
        "has_reduced": any(group["category"] == "AA" for group in snapshot["taxes"]),
        "price_note": label("included" if snapshot["prices_include_tax"] else "excluded", language),
        "notes": breakable(snapshot["notes"]),
        "annex": list(_annex(snapshot["annex"])),
    }


def _period(snapshot: Snapshot, language: str) -> str:
    period = snapshot["period"]
    begin, last = date_text(period["begin"], language), date_text(_last(period["end"]), language)
    return begin if begin == last else f"{begin} – {last}"


def _refers_to(snapshot: Snapshot, language: str) -> str:
    """The document that this one corrects or replaces."""
    other = snapshot.get("refers_to")
    return f"{other['number']} ({date_text(other['issued_on'], language)})" if other else ""


def _last(end: str) -> str:
    """Periods are half-open; people read the last day."""
    return (date.fromisoformat(end) - timedelta(days=1)).isoformat()


def _recipient(recipient: Mapping[str, str], language: str) -> dict[str, str]:
    honorific = {"company": "御中", "person": "様", "none": ""}[recipient["honorific"]]
    attention = recipient["attention"]
    japanese = language == "ja"
    return {
        "name": breakable(recipient["name"]),
        "honorific": honorific if japanese else "",
        "attention": f"{attention} 様" if japanese and attention else attention,
        "address": breakable(recipient["address"]),
    }


def _line(line: Mapping[str, Any], snapshot: Snapshot) -> dict[str, str]:
    language, currency = snapshot["language"], snapshot["currency"]
    reduced = any(tax["category"] == "AA" for tax in line["taxes"])
    return {
        "text": breakable(line["text"]) + (f" {REDUCED_SIGN[language]}" if reduced else ""),
        "below": "\n".join(_below(line, snapshot)),
        "quantity": quantity_text(line["quantity"], line["base_quantity"], line["unit"], language),
        "price": price_text(line["price"], line["unit"], currency, language),
        "tax": "\n".join(_rate(tax) for tax in line["taxes"]),
        "amount": amount_text(line["amount"], currency, language),
    }


def _below(line: Mapping[str, Any], snapshot: Snapshot) -> Iterable[str]:
    """What is small under a line: its own dates where they are not the document's, charges, allowances, a note."""
    period, language, currency = snapshot["period"], snapshot["language"], snapshot["currency"]
    if line["since"] and (line["since"], line["until"]) != (period["begin"], period["end"]):
        yield f"{short_date(line['since'])} – {short_date(_last(line['until']))}"
    for amount in line["charges"]:
        yield f"+ {amount_text(amount, currency, language)}"
    for amount in line["allowances"]:
        yield f"{label('discount', language)} {amount_text(str(-Decimal(amount)), currency, language)}"
    if line["po_number"]:
        yield f"{label('po', language)} {breakable(line['po_number'])}"
    if line["note"]:
        yield breakable(line["note"])


def _rate(tax: Mapping[str, str]) -> str:
    return f"{tax['name']} {number_text(tax['rate'])}%".strip() if tax["category"] not in "EGO" else "–"


def _totals(snapshot: Snapshot, language: str, last: str) -> Iterable[dict[str, Any]]:
    """The foot, top to bottom; the last row is what is to be paid."""
    currency, included = snapshot["currency"], snapshot["prices_include_tax"]

    def row(name: str, amount: str, *, strong: bool = False) -> dict[str, Any]:
        return {"label": label(name, language), "amount": amount_text(amount, currency, language), "strong": strong}

    if snapshot["allowances"]:
        yield row("line_total", snapshot["line_total"])
        for allowance in snapshot["allowances"]:
            given = amount_text(str(-Decimal(allowance["amount"])), currency, language)
            yield {"label": _reason(allowance, language), "amount": given, "strong": False}
    if not included:
        yield row("net", snapshot["net"])
    yield row("tax_inside" if included else "tax_total", snapshot["tax"])
    settled = Decimal(snapshot["prepaid"]) or Decimal(snapshot["rounding"])
    if settled:
        yield row("gross", snapshot["gross"])
        if Decimal(snapshot["prepaid"]):
            yield row("prepaid", str(-Decimal(snapshot["prepaid"])))
        if Decimal(snapshot["rounding"]):
            yield row("rounding", snapshot["rounding"])
    yield {"label": last, "amount": amount_text(snapshot["payable"], currency, language), "strong": True}


def _reason(allowance: Mapping[str, Any], language: str) -> str:
    """Why a document costs less, with the rate it is taken off: each rate of a discount has its row."""
    reason = breakable(allowance["reason"] or label("discount", language))
    rates = "・".join(_rate(tax) for tax in allowance["taxes"])
    return f"{reason}{said(('（{}）', ' ({})'), language).format(rates)}" if rates else reason


def _tax(group: Mapping[str, str], snapshot: Snapshot) -> dict[str, str]:
    language, currency = snapshot["language"], snapshot["currency"]
    return {
        "rate": rate_text(group["category"], group["rate"], group["name"], language),
        "base": amount_text(group["base"], currency, language),
        "amount": amount_text(group["amount"], currency, language),
    }


def _balance(told: Mapping[str, str]) -> dict[str, Any]:
    """What stood there, came and went of a prepaid item, in the order of `BALANCE`; time in hours."""

    def shown(name: str) -> str:
        if name not in told:
            return "–"
        if told["unit"] != "MIN":
            return number_text(told[name])
        minutes = Decimal(told[name])
        return clock_text(minutes * 60, seconds=bool(minutes % 1))

    return {"name": breakable(told["name"]), "figures": [shown(name) for name in BALANCE]}


def _annex(entries: Sequence[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    """The work behind the lines, ticket by ticket, with the sum of each."""
    for ticket, listed in groupby(entries, key=lambda entry: (entry["ticket"], entry["title"])):
        rows = list(listed)
        yield {
            "ticket": ticket[0],
            "title": breakable(ticket[1]),
            "charged": _clock(sum(row["charged"] for row in rows)),
            "rows": [
                {
                    "on": short_date(row["on"]),
                    "by": row["by"],
                    "text": breakable(row["text"] or row["work"]),
                    "worked": _clock(row["worked"]),
                    "charged": _clock(row["charged"]),
                }
                for row in rows
            ],
        }


def _clock(seconds: int) -> str:
    return clock_text(Decimal(seconds), seconds=bool(seconds % 60))
