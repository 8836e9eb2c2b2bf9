"""What a new computation of a draft changed, line by line, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from billing.models import DraftLine, DraftSource
from billing.queries.reckoning import Reckoned, plain
from billing.rules.invoice.compare import Difference, Figures, differences

Charges = dict[int, Fraction]
"""Charged seconds by time entry."""


def moved(lines: Sequence[DraftLine], sources: Sequence[DraftSource], now: Reckoned) -> list[dict[str, Any]]:
    """The lines that are not as they were, as plain JSON: figures before and now, and the reasons.

    Reasons are entries that came, went or count otherwise, a change by hand (`override`), other terms (`price`).
    """
    keys = {line.id: line.key for line in lines}
    then = _charges(
        (keys[row.line_id], row.source_id, row.charged)
        for row in sources
        if row.kind == "time" and row.line_id is not None
    )
    places = {line["place"]: line["key"] for line in now.lines}
    here = _charges(
        (places[row["place"]], row["source_id"], row["charged"])
        for row in now.sources
        if row["kind"] == "time" and row["place"] is not None
    )
    names = {line.key: line.name for line in lines} | {line["key"]: line["name"] for line in now.lines}
    by_hand = {line.key: line.explain.get("figures", {}).get("override") for line in lines}
    by_hand_now = {line["key"]: line["explain"]["figures"].get("override") for line in now.lines}
    found = differences(
        {line.key: _figures(line.quantity, line.base_quantity, line.price, line.amount) for line in lines},
        {line["key"]: _figures(line["quantity"], line["base_quantity"], line["price"], line["amount"])
         for line in now.lines},
    )  # fmt: skip
    return [
        _told(one, names[one.key], then.get(one.key, {}), here.get(one.key, {}))
        | {"override": by_hand_now.get(one.key) if by_hand.get(one.key) != by_hand_now.get(one.key) else None}
        for one in found
    ]


def _charges(parts: Iterable[tuple[str, int, Any]]) -> Mapping[str, Charges]:
    summed: defaultdict[str, defaultdict[int, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for key, entry_id, charged in parts:
        summed[key][entry_id] += Fraction(charged or 0)
    return {key: dict(charges) for key, charges in summed.items()}


def _figures(quantity: Any, base: Any, price: Any, amount: Any) -> Figures:
    return Figures(Fraction(quantity) / Fraction(base), price, amount)


def _told(one: Difference, name: str, then: Charges, here: Charges) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": name,
        "what": list(one.what),
        "before": plain(one.before.amount) if one.before else None,
        "now": plain(one.now.amount) if one.now else None,
        "came": sorted(here.keys() - then.keys()),
        "went": sorted(then.keys() - here.keys()),
        "counts_otherwise": sorted(entry for entry in here.keys() & then.keys() if here[entry] != then[entry]),
    }
