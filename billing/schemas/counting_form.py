"""How a version of a contract counts time, and what the way to a site costs, as a form says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import ValidationError, fields, validate, validates_schema

from billing.models.prices import MODES
from billing.schemas.typed import FigureFormSchema, figure, whole
from tenants.schemas import choice

SCOPES: Final = ("ticket", "ticket_day", "entry")
DEARER: Final = ("after", "holiday", "night")
"""The bands that may cost more; business hours are the price itself."""
BY: Final = ("visit", "km")
CLOCK: Final = "Enter a time of day, such as 22:00."
_CLOCK: Final = re.compile(r"(([01]?\d|2[0-3]):[0-5]\d)?\Z")
_MINUTES: Final = re.compile(r"(?:(\d{1,4})\+)?(\d{1,4}) min")


class CountingFormSchema(FigureFormSchema):
    """Steps and minimums in minutes by mode, multipliers by band, the night, and prices of a visit and a kilometre."""

    scope = choice(SCOPES, "ticket")
    step_remote = whole(0, 1440)
    step_on_site = whole(0, 1440)
    step_travel = whole(0, 1440)
    minimum_remote = whole(0, 1440)
    minimum_on_site = whole(0, 1440)
    minimum_travel = whole(0, 1440)
    times_after = figure(places=4)
    times_holiday = figure(places=4)
    times_night = figure(places=4)
    night_from = fields.String(load_default="", validate=validate.Regexp(_CLOCK, error=CLOCK))
    night_to = fields.String(load_default="", validate=validate.Regexp(_CLOCK, error=CLOCK))
    price_visit = figure()
    price_km = figure()

    @validates_schema
    def night_has_both(self, data: Mapping[str, Any], **_: Any) -> None:
        begin, end = data.get("night_from"), data.get("night_to")
        if bool(begin) != bool(end):
            raise ValidationError(CLOCK, "night_to" if begin else "night_from")
        if data.get("times_night") is not None and not begin:
            raise ValidationError("Say when the night begins and ends.", "night_from")


def rule_name(step: int, minimum: int = 0) -> str:
    """A rule's name by its minutes, which each reader gets in his own words: `15 min`, `60+30 min`."""
    return f"{minimum}+{step} min" if minimum else f"{step} min"


def rule_minutes(name: str) -> tuple[int, int] | None:
    """The least minutes and the step that `rule_name` wrote into a name; None for any other name."""
    found = _MINUTES.fullmatch(name)
    return (int(found[1] or 0), int(found[2])) if found else None


def counting_terms(given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The form as `TimeTermsSchema` reads it; what the form has no field for stays as it was."""
    rules = {}
    for mode in MODES:
        step, minimum = given[f"step_{mode}"] or 0, given[f"minimum_{mode}"] or 0
        kept = dict(before.get("rules", {}).get(mode, {}))
        name = rule_name(step, minimum) if step else kept.get("name", "exact") if kept.get("step") == step else "exact"
        rules[mode] = kept | {"name": name, "scope": given["scope"], "step": step, "minimum": minimum}
    times = {band: given[f"times_{band}"] for band in DEARER}
    zones = [each for each in before.get("travel", ()) if each["basis"] not in BY]
    prices = [(basis, given[f"price_{basis}"]) for basis in BY]
    return dict(before) | {
        "rules": rules,
        "multipliers": {band: format(factor, "f") for band, factor in times.items() if factor is not None},
        "night": [given["night_from"], given["night_to"]] if given["night_from"] else None,
        "travel": [{"basis": basis, "price": format(price, "f")} for basis, price in prices if price] + zones,
    }


def counting_form(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Terms as somebody would have typed them."""
    rules: Mapping[str, Any] = terms.get("rules", {})
    night = terms.get("night") or ("", "")
    prices = {each["basis"]: each["price"] for each in terms.get("travel", ())}
    typed: dict[str, Any] = {"night_from": night[0], "night_to": night[1]}
    typed["scope"] = next((rule.get("scope", "ticket") for rule in rules.values()), "ticket")
    for mode in MODES:
        typed[f"step_{mode}"] = rules.get(mode, {}).get("step") or ""
        typed[f"minimum_{mode}"] = rules.get(mode, {}).get("minimum") or ""
    for band in DEARER:
        typed[f"times_{band}"] = terms.get("multipliers", {}).get(band, "")
    return typed | {f"price_{basis}": prices.get(basis, "") for basis in BY}
