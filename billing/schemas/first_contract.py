"""A first contract in at most eight fields: five offers, each turned into items, a first lot and a first count."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from marshmallow import ValidationError, validates_schema

from billing.schemas import typed
from billing.schemas.typed import FigureFormSchema, day, figure, whole
from tenants.schemas import EMPTY, choice

OFFERS: Final = ("managed", "block", "tm", "device", "mixed")
ASKED: Final[Mapping[str, tuple[str, ...]]] = {
    "managed": ("price", "hours", "rate"),
    "block": ("hours", "price", "rate", "valid"),
    "tm": ("rate",),
    "device": ("price", "units", "rate"),
    "mixed": ("price", "hours", "rate"),
}
"""The fields each offer asks for beside promises, rounding and the first day."""

NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "managed": frozenset({"price"}),
    "block": frozenset({"hours", "price", "rate"}),
    "tm": frozenset({"rate"}),
    "device": frozenset({"price", "units"}),
    "mixed": frozenset({"price", "hours", "rate"}),
}
PRODUCT: Final = "device"
STEPS: Final = ("0", "15", "30", "60")


@dataclass(frozen=True, slots=True)
class Bought:
    """The lot that begins with a block contract: minutes for a price, valid for so many months after its first."""

    item: str
    minutes: Decimal
    price: Decimal
    periods_valid: int | None


@dataclass(frozen=True, slots=True)
class Offered:
    """What an offer amounts to: items as `add_item` takes them, how time counts, a lot, a count."""

    items: tuple[dict[str, Any], ...]
    counting: dict[str, Any]
    lot: Bought | None = None
    units: int | None = None


class FirstContractSchema(FigureFormSchema):
    """The offer with its figures; what an offer does not ask for is not looked at."""

    offer = choice(OFFERS, "managed")
    price = figure()
    hours = typed.hours()
    rate = figure()
    valid = whole(1, 60)
    units = whole(0, 1_000_000)
    promises = choice(("office", "p1", "always", "answers"), "office")
    step = choice(STEPS, "15")
    since = day()

    @validates_schema
    def complete(self, data: Mapping[str, Any], **_: Any) -> None:
        missing = {name: [EMPTY] for name in sorted(NEEDED[data["offer"]]) if data.get(name) is None}
        if missing:
            raise ValidationError(missing)


def offered(form: Mapping[str, Any], names: Mapping[str, str], remote: Collection[str]) -> Offered:
    """The items of an offer. `names` are what the items are called, `remote` the codes of work done from afar."""
    price, rate = _text(form["price"]), _text(form["rate"])
    hours: Decimal | None = form["hours"]
    match form["offer"]:
        case "managed":
            fair = {"minutes": int(hours), "rate": rate} if hours else None
            items = [_item("care", "fixed", names["managed"], {"price": price, "fair_use": fair})]
        case "block":
            items = [_item("block", "block", names["block"], {"overage_rate": rate})]
        case "tm":
            items = [_item("time", "tm", names["tm"], {"rates": [{"price": rate}]})]
        case "device":
            items = [
                _item("devices", "per_unit", names["device"], {"product": PRODUCT, "price": price}),
                _item("time", "tm", names["tm"], {"rates": [{"price": rate}]})
                if rate is not None
                else _item("work", "fixed", names["covered"], {"price": "0"}),
            ]
        case _:
            pool = {"price": price, "minutes": _text(hours), "overage_rate": rate}
            items = [
                _item("care", "pool", names["managed"], pool, {"work_types": sorted(remote)}),
                _item("time", "tm", names["tm"], {"rates": []}),
            ]
    lot = None
    if form["offer"] == "block" and hours is not None and form["price"] is not None:
        valid = form["valid"]
        lot = Bought("block", hours, form["price"], None if valid is None else valid - 1)
    return Offered(tuple(items), _counting(form["step"]), lot, form["units"] if form["offer"] == "device" else None)


def _counting(step: str) -> dict[str, Any]:
    """Time by ticket, up to the step; an hour at least on site."""
    if step == "0":
        return {}
    rule = {"name": f"{step} min", "step": int(step)}
    return {"rules": {"remote": rule, "on_site": rule | {"minimum": 60}, "travel": rule}}


def _item(
    key: str, kind: str, name: str, terms: Mapping[str, Any], options: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    said = {term: value for term, value in terms.items() if value is not None}
    return {"key": key, "kind": kind, "name": name, "terms": said, "options": dict(options or {})}


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")
