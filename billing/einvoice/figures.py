"""Lines and allowances as EN 16931 wants them: net of tax, quantity times price exact, no price below zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from billing.rules.currencies import exponent_of
from billing.rules.money import round_to

CENT: Final = 2
ONE: Final = Decimal(1)
Tax = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Position:
    """One line: `net` = quantity x price / base + charges - allowances, to the cent."""

    source: Mapping[str, Any]
    quantity: Decimal
    unit: str
    base: Decimal
    price: Decimal
    charges: tuple[Decimal, ...]
    allowances: tuple[Decimal, ...]
    net: Decimal
    tax: Tax


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a whole document is lowered by within one tax."""

    amount: Decimal
    reason: str
    tax: Tax


def positions(snapshot: Mapping[str, Any]) -> tuple[list[Position], list[Allowance]]:
    """The snapshot's lines and allowances, net; those of a document with tax in its prices lose their share of it."""
    lines = [Decimal(line["amount"]) for line in snapshot["lines"]]
    given = [-Decimal(each["amount"]) for each in snapshot["allowances"]]
    taxes = [_tax(each) for each in (*snapshot["lines"], *snapshot["allowances"])]
    nets = [*lines, *given]
    if snapshot["prices_include_tax"]:
        nets = _without_tax(nets, taxes, snapshot)
    told = [_position(line, net, tax, snapshot) for line, net, tax in zip(snapshot["lines"], nets, taxes, strict=False)]
    rest = zip(snapshot["allowances"], nets[len(lines) :], taxes[len(lines) :], strict=True)
    return told, [Allowance(-net, each.get("reason") or "", tax) for each, net, tax in rest]


def _position(line: Mapping[str, Any], net: Decimal, tax: Tax, snapshot: Mapping[str, Any]) -> Position:
    """As it stands where that is exact to the cent and nothing has to be taken out of it, else one at its amount."""
    quantity, price, base = (Decimal(line[name]) for name in ("quantity", "price", "base_quantity"))
    charges = tuple(Decimal(each) for each in line["charges"])
    allowances = tuple(Decimal(each) for each in line["allowances"])
    if price < 0:
        quantity, price = -quantity, -price
    exact = Fraction(quantity) * Fraction(price) / Fraction(base) + Fraction(sum(charges)) - Fraction(sum(allowances))
    positive = all(each >= 0 for each in (*charges, *allowances))
    if not snapshot["prices_include_tax"] and positive and round_to(exact, CENT, "half_up") == net:
        return Position(line, quantity, line["unit"], base, price, charges, allowances, net, tax)
    sign = -ONE if net < 0 else ONE
    return Position(line, sign, "C62", ONE, abs(net), (), (), net, tax)


def _without_tax(amounts: Sequence[Decimal], taxes: Sequence[Tax], snapshot: Mapping[str, Any]) -> list[Decimal]:
    """Each amount less the tax in it; what rounding leaves goes to the largest, so that each group's base holds."""
    places = exponent_of(snapshot["currency"])
    nets = [
        round_to(Fraction(amount) * 100 / (100 + Fraction(tax["rate"])), places, "half_up")
        for amount, tax in zip(amounts, taxes, strict=True)
    ]
    for group in snapshot["taxes"]:
        members = [index for index, tax in enumerate(taxes) if _same(tax, group)]
        if members:
            largest = max(members, key=lambda index: abs(nets[index]))
            nets[largest] += Decimal(group["base"]) - sum(nets[index] for index in members)
    return nets


def _tax(each: Mapping[str, Any]) -> Tax:
    taxes: Sequence[Tax] = each["taxes"]
    return taxes[0]


def _same(tax: Tax, group: Mapping[str, str]) -> bool:
    return (tax["category"], Decimal(tax["rate"]), tax["name"]) == (
        group["category"], Decimal(group["rate"]), group["name"],
    )  # fmt: skip
