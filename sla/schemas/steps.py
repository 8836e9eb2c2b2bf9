"""What may come in about a contract's ladder: who hears of a step, by which way, what it does, and who hears then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from marshmallow import ValidationError, fields, validate

from sla.rules.contract import METRICS
from sla.rules.ladder import threshold
from sla.schemas.spans import plain, read_number, said

STEPS: Final = range(12)
THEN: Final = range(3)
"""So many rungs after a step's own have fields; a longer chain keeps what lies beyond them."""
WAYS: Final = ("in_app", "mail", "webhook")
ACTS: Final = ("raise", "next_tier", "call_lead")
LONGEST_WAIT: Final = 10_080

RUNGS: Final = (*(f"step_{n}" for n in STEPS), *(f"step_{n}_then_{m}" for n in STEPS for m in THEN))
LISTS: Final = (*(f"{rung}_{what}" for rung in RUNGS for what in ("tell", "via")), *(f"step_{n}_act" for n in STEPS))
FIELDS: Final[Mapping[str, Any]] = {
    **{f"step_{n}_{what}": fields.String(load_default="") for n in STEPS for what in ("metric", "at")},
    **{f"{rung}_{what}": fields.String(load_default="") for rung in RUNGS for what in ("ack", "urgent")},
    **{f"{rung}_tell": fields.List(fields.String(), load_default=list) for rung in RUNGS},
    **{
        f"{rung}_via": fields.List(
            fields.String(validate=validate.OneOf(WAYS, error="Choose one of these.")), load_default=list
        )
        for rung in RUNGS
    },
    **{
        f"step_{n}_act": fields.List(
            fields.String(validate=validate.OneOf(ACTS, error="Choose one of these.")), load_default=list
        )
        for n in STEPS
    },
}

Errors = dict[str, list[str]]
Rung = dict[str, Any]


def read(data: Mapping[str, Any], before: Sequence[Mapping[str, Any]], errors: Errors) -> list[Rung]:
    """The steps in the format of sla.md 5. Of a step known `before`, what no field shows stays as it was."""
    known = {(step.get("metric"), step.get("step")): step for step in before}
    found = []
    for n in STEPS:
        at = plain(data[f"step_{n}_at"]).replace(" ", "")
        if not at:
            continue
        at, metric = f"{at}%" if at.isdecimal() else at, data[f"step_{n}_metric"]
        try:
            threshold(at, 60)
        except ValueError:
            errors[f"step_{n}_at"] = said(ValidationError("Write a step like 75%, -15m or +1h."))
            continue
        if metric not in METRICS:
            errors[f"step_{n}_at"] = said(ValidationError("Choose which promise this step belongs to."))
            continue
        old = known.get((metric, at), {})
        step = dict(old) | {"metric": metric, "step": at} | _rung(data, f"step_{n}", old, errors)
        step |= {"act": data[f"step_{n}_act"], "then": _then(data, n, old, step["ack_minutes"], errors)}
        found.append(_said_only(step))
    return found


def typed(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Steps as the form would have sent them."""
    form: dict[str, Any] = {}
    for n, step in zip(STEPS, steps, strict=False):
        form |= {f"step_{n}_metric": step["metric"], f"step_{n}_at": step["step"]}
        form |= {f"step_{n}_act": step.get("act") or []} | _typed(f"step_{n}", step)
        for m, rung in zip(THEN, step.get("then") or (), strict=False):
            form |= _typed(f"step_{n}_then_{m}", rung)
    return form


def _then(data: Mapping[str, Any], n: int, old: Mapping[str, Any], wait: int | None, errors: Errors) -> list[Rung]:
    """The rungs that hear where nobody answers: each needs somebody, and a wait before it."""
    olds: Sequence[Mapping[str, Any]] = old.get("then") or ()
    chain: list[Rung] = []
    waits_at = f"step_{n}_ack"
    for m in THEN:
        name = f"step_{n}_then_{m}"
        if not any(data[f"{name}_{what}"] for what in ("tell", "via", "ack", "urgent")):
            continue
        rung = _rung(data, name, olds[m] if m < len(olds) else {}, errors)
        if not rung["tell"]:
            errors.setdefault(f"{name}_tell", said(ValidationError("Choose who hears then.")))
        if wait is None:
            errors.setdefault(waits_at, said(ValidationError("Say after how many minutes the next ones hear.")))
        chain.append(_said_only(rung))
        wait, waits_at = rung["ack_minutes"], f"{name}_ack"
    beyond = [dict(each) for each in olds[len(THEN) :]] if len(chain) == len(THEN) else []
    return [*chain, *beyond]


def _rung(data: Mapping[str, Any], name: str, old: Mapping[str, Any], errors: Errors) -> Rung:
    """What the fields of one rung say; single people named in the file format stay, since no field shows them."""
    people = [code for code in old.get("tell") or () if code.startswith("agent:")]
    return {
        "tell": [*data[f"{name}_tell"], *people],
        "via": data[f"{name}_via"],
        "ack_minutes": read_number(data, f"{name}_ack", errors, 1, LONGEST_WAIT),
        "urgent": data[f"{name}_urgent"] == "1",
    }


def _typed(name: str, rung: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{name}_tell": rung.get("tell") or [],
        f"{name}_via": [way.replace("-", "_") for way in rung.get("via") or ()],
        f"{name}_ack": rung.get("ack_minutes", ""),
        f"{name}_urgent": "1" if rung.get("urgent") else "",
    }


def _said_only(rung: Mapping[str, Any]) -> Rung:
    return {name: value for name, value in rung.items() if value not in (None, False, [])}
