"""What the two specifications ask for and how they call it, and what a snapshot lacks for one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

Snapshot = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Profile:
    """One specification: the ids it is known by, and where it differs."""

    customization: str
    process: str
    reduced: str
    tax_prefix: bool
    needs_reference: bool


PROFILES: Final = {
    "bis3": Profile(
        "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
        "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
        reduced="S",
        tax_prefix=True,
        needs_reference=True,
    ),
    "jp_pint": Profile(
        "urn:peppol:pint:billing-1@jp-1",
        "urn:peppol:bis:billing",
        reduced="AA",
        tax_prefix=False,
        needs_reference=False,
    ),
}
"""Peppol BIS Billing 3.0 and PINT JP 1: their specification and process identifiers."""

QUALIFIED_ISSUER: Final = "0221"
"""The scheme of Japan's registration numbers of qualified invoice issuers (EAS code list)."""

REASONS: Final = {
    "E": ("VATEX-EU-132", "Exempt from tax"),
    "G": ("VATEX-EU-G", "Export outside the area of the tax"),
    "O": ("VATEX-EU-O", "Not subject to tax"),
    "AE": ("VATEX-EU-AE", "Reverse charge"),
    "K": ("VATEX-EU-IC", "Intra-community supply"),
}
UNTAXED: Final = frozenset({"E", "G", "O", "AE", "K", "Z"})


class Incomplete(ValueError):
    """A snapshot that cannot be said in its specification; `lacks` are the codes of what is missing."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__("the electronic invoice lacks: " + ", ".join(missing))
        self.lacks = missing


def lacks(snapshot: Snapshot) -> list[str]:
    """What is missing before the document can go out in its specification; nothing for one that goes on paper.

    Codes: `seller` and `buyer` (electronic address), `country`, `registration`, `reference` (or an order number),
    `outside` (untaxed lines beside taxed ones), `net_prices` (the tax in gross prices does not follow from their net),
    `one_tax` (a line with several).
    """
    told = snapshot.get("einvoice")
    if not told:
        return []
    profile = PROFILES[told["profile"]]
    needed = {
        "seller": told["seller"]["endpoint"] and told["seller"]["scheme"],
        "buyer": told["buyer"]["endpoint"] and told["buyer"]["scheme"],
        "country": told["buyer"]["country"],
        "registration": snapshot["issuer"]["registration_number"] or _only_outside(snapshot),
    }
    if profile.needs_reference:
        needed["reference"] = told["reference"] or snapshot["po_number"]
        needed["outside"] = _only_outside(snapshot) or not _any_outside(snapshot)
    if any(abs(_off(group)) >= 1 for group in snapshot["taxes"]):
        needed["net_prices"] = ""
    if any(len(line["taxes"]) != 1 for line in snapshot["lines"]):
        needed["one_tax"] = ""
    return [name for name, value in needed.items() if not value]


def _off(group: Mapping[str, str]) -> Fraction:
    """How far a rate's tax is from what its net makes; the rules (BR-CO-17) bear less than one unit."""
    return Fraction(group["base"]) * Fraction(group["rate"]) / 100 - Fraction(group["amount"])


def _any_outside(snapshot: Snapshot) -> bool:
    return any(group["category"] == "O" for group in snapshot["taxes"])


def _only_outside(snapshot: Snapshot) -> bool:
    return all(group["category"] == "O" for group in snapshot["taxes"])
