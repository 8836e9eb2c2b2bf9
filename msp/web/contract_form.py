"""A contract's form: templates to begin with, and terms as a person would have typed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from msp.tickets.rules import PRIORITIES
from msp.web import contract_words as words
from sla import queries
from sla.rules.contract import METRICS
from sla.schemas import steps
from sla.schemas.terms import CREDITS, LISTS, PAUSES

SPARE_STEPS = 2
LADDER: Final = [
    {"metric": "first_response", "step": "75%", "tell": ["owner"]},
    {"metric": "first_response", "step": "100%", "tell": ["owner", "lead"]},
    {"metric": "next_response", "step": "100%", "tell": ["owner", "lead"]},
    {"metric": "resolution", "step": "75%", "tell": ["owner"]},
    {"metric": "resolution", "step": "100%", "tell": ["owner", "lead"]},
]
PAUSE: Final = {"resolution": ["pending_client", "pending_vendor", "scheduled"]}
MINUTES: Final[Mapping[str, tuple[tuple[int, int, int], ...]]] = {
    "office": ((30, 60, 240), (60, 120, 480), (120, 240, 960), (240, 480, 2400)),
    "p1": ((15, 30, 240), (60, 120, 480), (120, 240, 960), (240, 480, 2400)),
    "always": ((15, 30, 240), (30, 60, 480), (120, 240, 1440), (240, 480, 4320)),
    "answers": ((60, 120, 0), (120, 240, 0), (240, 480, 0), (480, 960, 0)),
}
WEEK: Final = ("mon", "tue", "wed", "thu", "fri")
HOURS: Final[Mapping[str, Mapping[str, Any]]] = {
    "office": {"weekly": {day: [["09:00", "18:00"]] for day in WEEK}, "holiday_set": "JP"},
    "always": {"weekly": {day: [["00:00", "24:00"]] for day in (*WEEK, "sat", "sun")}},
}
CALENDARS: Final = {"office": ("office",), "p1": ("office", "always"), "always": ("always",), "answers": ("office",)}
"""By template the hours it needs: for all, and for P1 where they differ."""
NEW: Final = "new:"


def templates() -> list[tuple[str, str, str]]:
    """What a first contract may begin with: (code, name, in a sentence)."""
    return [
        ("office", _("Weekdays 9–18"), _("All priorities in office hours, without national holidays.")),
        ("p1", _("24x7 for P1"), _("P1 around the clock, all else in office hours.")),
        ("always", _("24x7"), _("Every priority around the clock.")),
        ("answers", _("Answers only"), _("Response times in office hours, no promise of a resolution.")),
    ]


def template_terms(code: str) -> dict[str, Any]:
    """A template's terms; its calendars are named new:office and new:always until they are made."""
    rows = zip(PRIORITIES, MINUTES[code], strict=True)
    first, last = CALENDARS[code][0], CALENDARS[code][-1]
    return {
        "targets": {
            priority: {metric: n for metric, n in zip(METRICS, row, strict=True) if n} for priority, row in rows
        },
        "calendar": f"{NEW}{first}",
        "calendar_by_priority": {} if first == last else {"P1": f"{NEW}{last}"},
        "pause_on": PAUSE,
        "escalations": LADDER if code != "answers" else LADDER[:3],
        "goals": {"first_response": 95, "resolution": 90} if code != "answers" else {"first_response": 95},
    }


def template_names() -> dict[str, str]:
    """What a template's calendars are called once they are made."""
    return {f"{NEW}office": _("Weekdays 9–18"), f"{NEW}always": _("24x7")}


def posted() -> dict[str, Any]:
    """The form with its fields that come more than once."""
    return request.form.to_dict() | {name: request.form.getlist(name) for name in LISTS}


def as_typed(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Terms as the form would have sent them."""
    typed: dict[str, Any] = {"calendar": terms.get("calendar") or "", "mode": "pinned"}
    targets, calendars = terms.get("targets") or {}, terms.get("calendar_by_priority") or {}
    for priority in PRIORITIES:
        typed[f"calendar_{priority}"] = calendars.get(priority, "")
        for metric in METRICS:
            typed[f"{priority}_{metric}"] = words.typed_length((targets.get(priority) or {}).get(metric))
    for metric in METRICS:
        typed[f"pause_{metric}"] = (terms.get("pause_on") or {}).get(metric) or []
        typed[f"goal_{metric}"] = (terms.get("goals") or {}).get(metric, "")
    typed |= steps.typed(terms.get("escalations") or ())
    for n, row in zip(CREDITS, terms.get("credits") or (), strict=False):
        typed[f"credit_{n}_below"], typed[f"credit_{n}_percent"] = row["below"], row["percent"]
    return typed | {
        "on_reopen": terms.get("on_reopen") or "resume",
        "on_priority_change": terms.get("on_priority_change") or "carry",
        "reopen_days": terms.get("reopen_days", ""),
        "credit_cap": terms.get("credit_cap", ""),
    }


def offered(rows: Session, tenant_id: int, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What every form about terms shows beside what was typed."""
    filled = [n for n in steps.STEPS if typed.get(f"step_{n}_at")]
    shown = min(len(steps.STEPS), (max(filled) + 1 if filled else 0) + SPARE_STEPS)
    rosters = [(each.id, each.name) for each in queries.rosters(rows)]
    return {
        "calendars": {str(each.id): each.name for each in queries.calendars_of(rows, tenant_id)},
        "priorities": PRIORITIES,
        "metrics": METRICS,
        "pauses": [(status, words.status_name(status)) for status in PAUSES],
        "steps": range(shown),
        "credits": CREDITS,
        "followers": steps.THEN,
        "hearers": words.hearers(rosters),
        "ways": words.ways(),
        "acts": words.acts(),
        "modes": words.modes(),
    }


def target_names() -> dict[str, str]:
    """What the summary of errors calls the targets of each priority, and their goals."""
    names = {f"goal_{metric}": _("Goal of %(promise)s", promise=words.metric_name(metric)) for metric in METRICS}
    return names | {
        f"{priority}_{metric}": f"{priority} {words.metric_name(metric)}"
        for priority in PRIORITIES
        for metric in METRICS
    }


def step_names() -> dict[str, str]:
    """What the summary of errors calls the fields of the ladder."""
    return {
        f"{rung}_{what}": _("Step %(number)s", number=int(rung.split("_")[1]) + 1)
        for rung in steps.RUNGS
        for what in ("at", "tell", "via", "act", "ack")
    }


def months_before(now: datetime, zone: str, count: int) -> Sequence[str]:
    """The last whole months in a zone, oldest first: "2026-10"."""
    here = now.astimezone(ZoneInfo(zone))
    last = here.year * 12 + here.month - 2
    return [f"{month // 12}-{month % 12 + 1:02}" for month in range(last - count + 1, last + 1)]
