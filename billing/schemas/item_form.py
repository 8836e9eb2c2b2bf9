"""An item of a contract as a form sends it: one flat form for all kinds, turned into terms and options and back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from marshmallow import ValidationError, fields, pre_load, validates_schema

from billing.models import ContractItem
from billing.models.prices import ITEM_KINDS
from billing.schemas import typed
from billing.schemas.by_hand import TAX_CODES
from billing.schemas.kinds import KEY, POLICIES
from billing.schemas.typed import FigureFormSchema, figure, whole
from tenants.schemas import EMPTY, choice, words

FOREVER: Final = "forever"
ROLLOVERS: Final = ("0", "1", "2", "3", "6", "12", FOREVER)
PRICED: Final = frozenset({"fixed", "pool", "per_ticket", "milestone"})
_PAIR: Final = re.compile(r"^\s*(?P<name>.*?)\s*[:：]\s*(?P<number>[\d.,]+)\s*%?\s*$")
_INCLUDES: Final[Mapping[bool | None, str]] = {True: "yes", False: "no", None: ""}
_SLUG: Final = re.compile(r"[^a-z0-9]+")


class ItemFormSchema(FigureFormSchema):
    """What the simple part and the part behind "more" send; what another kind would need is not looked at."""

    key = fields.String(load_default="", validate=lambda text: KEY(text) if text else text)
    kind = choice(ITEM_KINDS)
    name = words(200, needed=True)
    price = figure()
    hours = typed.hours()
    overage_rate = figure()
    overage_step = typed.hours()
    rollover = choice(ROLLOVERS, "0")
    carry_cap = typed.hours()
    multiplier_on = choice(("burn", "price"), "burn")
    top_threshold = figure(places=3)
    top_units = figure(places=3)
    top_price = figure()
    top_periods = whole(0, 120)
    fair_hours = typed.hours()
    fair_rate = figure()
    rates = words(2000)
    product = words(60)
    tiers = words(2000)
    tier_mode = choice(("graduated", "volume"), "graduated")
    policy = choice(POLICIES, "period_end")
    least_units = figure(places=3)
    free_units = figure(places=3)
    counted = choice(("closed", "opened"), "closed")
    steps = words(4000)
    work_types = fields.List(fields.String(), load_default=list)
    sites = fields.List(fields.String(), load_default=list)
    quantity = figure(places=4)
    timing = choice(("arrears", "advance"), "arrears")
    months = whole(1, 12)
    prorate = choice(("", "both", "none", "first", "last"), "")
    none_if_under = whole(0, 31)
    basis = choice(("actual", "fixed_30"), "actual")
    includes_tax = choice(("", "yes", "no"), "")
    tax_code = choice(TAX_CODES, "standard")
    account = words(60)
    po_number = words(100)
    po_required = fields.Boolean(load_default=False)
    minimum = figure()
    cap = figure()
    discount_percent = figure(places=4)
    discount_amount = figure()
    discount_reason = words(200)

    @pre_load
    def named(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Without a key the name gives one, as far as it has letters for it."""
        if str(data.get("key", "")).strip():
            return dict(data)
        plain = unicodedata.normalize("NFKC", str(data.get("name", ""))).lower()
        return {**data, "key": _SLUG.sub("-", plain).strip("-")[:40] or str(data.get("kind", "")).replace("_", "-")}

    @validates_schema
    def complete(self, data: Mapping[str, Any], **_: Any) -> None:
        """What the kind cannot be billed without stands at its field."""
        needed = {"price"} if data["kind"] in PRICED else set()
        needed |= {"pool": {"hours"}, "per_unit": {"product"}, "milestone": {"steps"}}.get(data["kind"], set())
        missing = {name: [EMPTY] for name in sorted(needed) if data.get(name) in (None, "")}
        if missing:
            raise ValidationError(missing)


def terms_of(form: Mapping[str, Any]) -> dict[str, Any]:
    """The terms of the form's kind, as they are stored. Raises `ValidationError` for lists that cannot be read."""
    match form["kind"]:
        case "tm":
            return {"rates": _rates(form)}
        case "fixed":
            fair = form["fair_hours"] and {"minutes": int(form["fair_hours"]), "rate": _text(form["fair_rate"])}
            return _some(price=_text(form["price"]), fair_use=fair or None)
        case "pool":
            rollover = None if form["rollover"] == FOREVER else int(form["rollover"])
            terms = _some(price=_text(form["price"]), minutes=_text(form["hours"]), cap=_text(form["carry_cap"]))
            return terms | _overage(form) | {"rollover": rollover}
        case "block":
            return _overage(form) | _some(top_up=_top_up(form, minutes=True))
        case "retainer":
            return {"rates": _rates(form)} | _some(top_up=_top_up(form, minutes=False))
        case "per_unit":
            return _some(
                product=form["product"].lower(),
                price=None if form["tiers"] else _text(form["price"]),
                tiers=_tiers(form["tiers"]) or None,
                tier_mode=form["tier_mode"],
                policy=form["policy"],
                minimum=_text(form["least_units"]),
                free=_text(form["free_units"]),
            )
        case "per_ticket":
            return {"price": _text(form["price"]), "counted": form["counted"]}
        case _:
            return {"price": _text(form["price"]), "steps": _steps(form["steps"])}


def options_of(form: Mapping[str, Any]) -> dict[str, Any]:
    """What any item says, without what it does not say."""
    prorate = form["prorate"]
    proration = {
        "first": prorate in ("both", "first"),
        "last": prorate in ("both", "last"),
        "none_if_under": form["none_if_under"] or 0,
        "basis": form["basis"],
    }
    discount = _some(
        percent=_text(form["discount_percent"]), amount=_text(form["discount_amount"]), reason=form["discount_reason"]
    )
    said = _some(
        work_types=form["work_types"] or None,
        sites=form["sites"] or None,
        quantity=_text(form["quantity"]),
        months=form["months"] if form["months"] not in (None, 1) else None,
        proration=proration if prorate or form["none_if_under"] or form["basis"] != "actual" else None,
        price_includes_tax={"yes": True, "no": False}.get(form["includes_tax"]),
        account=form["account"] or None,
        po_number=form["po_number"] or None,
        po_required=form["po_required"] or None,
        minimum=_text(form["minimum"]),
        cap=_text(form["cap"]),
        discount=discount if "percent" in discount or "amount" in discount else None,
    )
    if form["timing"] == "advance":
        said["timing"] = "advance"
    if form["tax_code"] != "standard":
        said["tax_code"] = form["tax_code"]
    return said


def form_of(row: ContractItem) -> dict[str, Any]:
    """A stored item as the fields of its form."""
    terms, options = row.terms, row.options
    top, fair, discount = (terms.get("top_up") or {}, terms.get("fair_use") or {}, options.get("discount") or {})
    minutes = row.kind == "block"
    general = next((rate["price"] for rate in terms.get("rates", ()) if not rate.get("work_type")), None)
    proration = options.get("proration")
    both = {(True, True): "both", (True, False): "first", (False, True): "last", (False, False): "none"}
    rollover = terms.get("rollover", 0)
    return {
        "key": row.key,
        "kind": row.kind,
        "name": row.name,
        "price": terms.get("price") or general,
        "hours": _hours(terms.get("minutes")),
        "overage_rate": terms.get("overage_rate"),
        "overage_step": _hours(terms.get("overage_step")),
        "rollover": FOREVER if rollover is None else str(rollover),
        "carry_cap": _hours(terms.get("cap")) if row.kind == "pool" else None,
        "multiplier_on": terms.get("multiplier_on", "burn"),
        "top_threshold": _hours(top.get("threshold")) if minutes else top.get("threshold"),
        "top_units": _hours(top.get("units")) if minutes else top.get("units"),
        "top_price": top.get("price"),
        "top_periods": top.get("periods_valid"),
        "fair_hours": _hours(fair.get("minutes")),
        "fair_rate": fair.get("rate"),
        "rates": "\n".join(
            f"{rate['work_type']}: {rate['price']}" for rate in terms.get("rates", ()) if rate.get("work_type")
        ),
        "product": terms.get("product"),
        "tiers": "\n".join(f"{tier.get('up_to') or ''}: {tier['price']}" for tier in terms.get("tiers", ())),
        "tier_mode": terms.get("tier_mode", "graduated"),
        "policy": terms.get("policy", "period_end"),
        "least_units": terms.get("minimum") if row.kind == "per_unit" else None,
        "free_units": terms.get("free"),
        "counted": terms.get("counted", "closed"),
        "steps": "\n".join(f"{step['name']}: {step.get('percent', '0')}" for step in terms.get("steps", ())),
        "discount_percent": discount.get("percent"),
        "discount_amount": discount.get("amount"),
        "discount_reason": discount.get("reason"),
        "prorate": both[proration.get("first", True), proration.get("last", True)] if proration else "",
        "none_if_under": (proration or {}).get("none_if_under") or None,
        "basis": (proration or {}).get("basis", "actual"),
        "includes_tax": _INCLUDES[options.get("price_includes_tax")],
        **{name: options.get(name) for name in AS_THEY_ARE},
    }


AS_THEY_ARE: Final = (
    "work_types", "sites", "quantity", "timing", "months", "tax_code", "account", "po_number", "po_required",
    "minimum", "cap",
)  # fmt: skip


def _overage(form: Mapping[str, Any]) -> dict[str, Any]:
    burn = form["multiplier_on"]
    return _some(
        overage_rate=_text(form["overage_rate"]),
        overage_step=_text(form["overage_step"]),
        multiplier_on=burn if burn != "burn" else None,
    )


def _top_up(form: Mapping[str, Any], minutes: bool) -> dict[str, Any] | None:
    units, least, cost = form["top_units"], form["top_threshold"], form["top_price"]
    if units is None and least is None and cost is None:
        return None
    if units is None or least is None or cost is None or not units:
        raise ValidationError("A purchase by itself needs a threshold, units and a price.", "top_units")
    per = 60 if minutes else 1
    top = {"threshold": _text(least * per), "units": _text(units * per), "price": _text(cost)}
    return top | _some(periods_valid=form["top_periods"])


def _rates(form: Mapping[str, Any]) -> list[dict[str, Any]]:
    general = [] if form["price"] is None else [{"price": _text(form["price"])}]
    return general + [{"work_type": name, "price": number} for name, number in _pairs(form["rates"], "rates") if name]


def _tiers(text: str) -> list[dict[str, Any]]:
    return [_some(up_to=name.replace(",", "") or None, price=number) for name, number in _pairs(text, "tiers")]


def _steps(text: str) -> list[dict[str, Any]]:
    return [
        {"key": f"step-{place}", "name": name, "percent": number}
        for place, (name, number) in enumerate(_pairs(text, "steps"), 1)
    ]


def _pairs(text: str, field: str) -> list[tuple[str, str]]:
    """Lines of `name: number`, in either width."""
    found = []
    for line in text.splitlines():
        if line.strip():
            read = _PAIR.fullmatch(unicodedata.normalize("NFKC", line))
            if read is None:
                raise ValidationError("Write one a line, as name: number.", field)
            found.append((read["name"], read["number"].replace(",", "")))
    return found


def _hours(minutes: Any) -> str | None:
    if minutes in (None, "", 0, "0"):
        return None
    whole_hours, rest = divmod(int(Decimal(str(minutes))), 60)
    return f"{whole_hours}:{rest:02}" if rest else str(whole_hours)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


def _some(**facts: Any) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
