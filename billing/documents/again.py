"""Snapshots made of a snapshot: the credit of an invoice, and the invoice that takes its place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from billing.documents.snapshot import FORM, Heading
from billing.queries.reckoning import plain, stored_taxes
from billing.rules.credit import CreditNote
from billing.rules.money import Money

Snapshot = Mapping[str, Any]


def credit_snapshot(invoice: Snapshot, heading: Heading, note: CreditNote, reason: str) -> dict[str, Any]:
    """The credit note on an invoice: to whom that went, its lines as far as they are credited, amounts positive."""
    currency = invoice["currency"]
    credited = [line for line in invoice["lines"] if line["key"] in note.lines]
    amounts = {key: str(Money(amount, currency).amount) for key, amount in note.lines.items()}
    return _headed(invoice, heading, "credit_note", reason) | {
        "due_on": plain(heading.issued_on),
        "lines": [
            _part(line, place, amounts[line["key"]]) for place, line in enumerate(credited, 1)
        ],
        "balances": [],
        "annex": [],
        "notes": "",
        "line_total": str(Money(sum(note.lines.values(), Decimal(0)), currency).amount),
        "allowances": [],
        "taxes": [
            stored_taxes([group.tax])[0]
            | {"base": str(group.base), "amount": str(group.amount), "gross": str(group.gross)}
            for group in note.groups
        ],
        "net": str(note.net),
        "tax": str(note.tax),
        "gross": str(note.gross),
        "prepaid": str(Money(Decimal(0), currency).amount),
        "rounding": str(Money(Decimal(0), currency).amount),
        "payable": str(note.gross),
    }  # fmt: skip


def replacement_snapshot(invoice: Snapshot, heading: Heading, recipient: Mapping[str, str], reason: str) -> Any:
    """The same invoice to another recipient, under a number and a date of its own."""
    return _headed(invoice, heading, "replacement", reason) | {
        "due_on": plain(heading.due_on),
        "recipient": {**invoice["recipient"], **recipient},
    }


def _headed(invoice: Snapshot, heading: Heading, kind: str, reason: str) -> dict[str, Any]:
    return {
        **invoice,
        "form": FORM,
        "kind": kind,
        "number": heading.number,
        "issued_on": plain(heading.issued_on),
        "refers_to": {"number": invoice["number"], "issued_on": invoice["issued_on"]},
        "reason": reason,
    }


def _part(line: Mapping[str, Any], place: int, amount: str) -> dict[str, Any]:
    """A line credited in full keeps its figures; of a part only the amount is known."""
    told = {**line, "place": place, "amount": amount}
    if Decimal(amount) == Decimal(line["amount"]):
        return told
    return told | {
        "quantity": "1", "unit": "C62", "base_quantity": "1", "price": amount, "charges": [], "allowances": [],
    }  # fmt: skip


def day_of(snapshot: Snapshot, name: str) -> date:
    """A day a snapshot names."""
    return date.fromisoformat(snapshot[name])
