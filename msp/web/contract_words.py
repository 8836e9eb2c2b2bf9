"""Terms in words: modes, steps and what one version of a contract changes against the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from msp.tickets.rules import PRIORITIES
from msp.web.format import Reader, exact_span
from sla.rules.contract import METRICS

Terms = Mapping[str, Any]


def metric_name(metric: str) -> str:
    """As the screens call it."""
    names: dict[str, str] = {
        "first_response": _("First response"),
        "next_response": _("Next response"),
        "resolution": _("Resolution"),
    }
    return names[metric]


def modes() -> list[tuple[str, str, str]]:
    """How running promises cross over: (code, name, what it does) (sla.md 3)."""
    return [
        ("carry", _("Switch now, keep the minutes"), _("New target and hours from now on; time already spent counts.")),
        ("restart", _("Start again"), _("Time spent begins at nothing under the new terms.")),
        (
            "improve",
            _("Best for the client"),
            _("The old promise stays beside a new one; whichever is due first binds."),
        ),
        ("pinned", _("Finish under the old"), _("What runs keeps its terms; new promises take the new ones.")),
        ("recount", _("As if it had always been so"), _("Everything since the start is measured again.")),
    ]


def status_name(status: str) -> str:
    """A status in which a clock may stand."""
    names: dict[str, str] = {
        "pending_client": _("Waiting on client"),
        "pending_vendor": _("Waiting on vendor"),
        "scheduled": _("Scheduled"),
    }
    return names.get(status, status)


def hearers(rosters: Sequence[tuple[int, str]]) -> list[tuple[str, str]]:
    """Who may hear of a step: (code, name)."""
    return [
        ("owner", _("The ticket’s owner")),
        ("lead", _("Leads")),
        ("tier", _("The ticket’s tier")),
        *((f"roster:{roster_id}", _("On call: %(name)s", name=name)) for roster_id, name in rosters),
        ("client_admin", _("The client’s admin")),
    ]


def ways() -> list[tuple[str, str]]:
    """How somebody hears of a step: (code, name)."""
    return [("in_app", _("In the app")), ("mail", _("By mail")), ("webhook", _("Other programs (webhook)"))]


def acts() -> list[tuple[str, str]]:
    """What a step does by itself: (code, name)."""
    return [
        ("raise", _("Raise the priority")),
        ("next_tier", _("Hand over to the next tier")),
        ("call_lead", _("Call in the lead")),
    ]


def length(minutes: int | None, reader: Reader) -> str:
    """Minutes of service time in words."""
    return _("no promise") if minutes is None else exact_span(int(minutes) * 60, reader.language)


def typed_length(minutes: int | None) -> str:
    """As a person would type it: 30m, 4h, 1h30."""
    if not minutes:
        return ""
    hours, rest = divmod(int(minutes), 60)
    return f"{hours}h{rest:02}" if hours and rest else f"{hours}h" if hours else f"{rest}m"


def step_text(step: Mapping[str, Any]) -> str:
    """ "Resolution 75 %: owner, leads"."""
    return f"{metric_name(step['metric'])} {step['step']}"


def differences(before: Terms | None, after: Terms, calendars: Mapping[str, str], reader: Reader) -> list[str]:
    """What one version says that the one before did not, sentence by sentence; nothing for the first."""
    if before is None:
        return []
    said = [*_targets(before, after, reader), *_calendars(before, after, calendars), *_pauses(before, after)]
    named = {code: name for code, name, _why in modes()}
    for key, label, words in (
        ("on_reopen", _("When reopened"), {"resume": _("the clock goes on"), "restart": _("the clock starts again")}),
        ("on_priority_change", _("When the priority changes"), named),
    ):
        default = next(iter(words))
        was, became = (words[terms.get(key) or default] for terms in (before, after))
        said += _changed(label, was, became)
    said += _changed(_("Reopening window in days"), before.get("reopen_days"), after.get("reopen_days"))
    said += _steps(before, after)
    for metric in METRICS:
        was, became = ((terms.get("goals") or {}).get(metric) for terms in (before, after))
        said += _changed(_("Goal of %(promise)s", promise=metric_name(metric)), _percent(was), _percent(became))
    said += _changed(_("Service credits"), credits_text(before), credits_text(after))
    return said or [_("Nothing.")]


def pack_changes(terms: Terms, calendars: Mapping[str, str], reader: Reader) -> list[str]:
    """What a surge pack promises, sentence by sentence."""
    said = [
        _(
            "%(priority)s %(promise)s: %(time)s",
            priority=priority,
            promise=metric_name(metric),
            time=length(minutes, reader),
        )
        for priority in PRIORITIES
        for metric, minutes in ((terms.get("targets") or {}).get(priority) or {}).items()
    ]
    if terms.get("calendar"):
        said.append(_("Counted by %(calendar)s", calendar=calendars.get(terms["calendar"], "?")))
    said += [
        _("%(priority)s is counted by %(calendar)s", priority=priority, calendar=calendars.get(name, "?"))
        for priority, name in sorted((terms.get("calendar_by_priority") or {}).items())
    ]
    return said


def credits_text(terms: Terms) -> str:
    """The table of credits in one line."""
    rows = [
        _("below %(below)s %% → %(percent)s %% of the fee", below=row["below"], percent=row["percent"])
        for row in terms.get("credits") or ()
    ]
    if rows and terms.get("credit_cap") is not None:
        rows.append(_("at most %(percent)s %%", percent=terms["credit_cap"]))
    return str(_(", ")).join(rows)


def _targets(before: Terms, after: Terms, reader: Reader) -> list[str]:
    said = []
    for priority in PRIORITIES:
        for metric in METRICS:
            was, became = (((terms.get("targets") or {}).get(priority) or {}).get(metric) for terms in (before, after))
            label = f"{priority} {metric_name(metric)}"
            if was != became:
                said += _changed(label, length(was, reader), length(became, reader))
    return said


def _calendars(before: Terms, after: Terms, calendars: Mapping[str, str]) -> list[str]:
    was, became = (calendars.get(str(terms.get("calendar"))) for terms in (before, after))
    said = _changed(_("Calendar"), was, became)
    for priority in PRIORITIES:
        was, became = (
            calendars.get(str((terms.get("calendar_by_priority") or {}).get(priority))) for terms in (before, after)
        )
        said += _changed(_("Calendar of %(priority)s", priority=priority), was, became)
    return said


def _pauses(before: Terms, after: Terms) -> list[str]:
    said = []
    for metric in METRICS:
        was, became = (
            str(_(", ")).join(status_name(status) for status in (terms.get("pause_on") or {}).get(metric) or ())
            for terms in (before, after)
        )
        said += _changed(_("%(promise)s stands still while", promise=metric_name(metric)), was, became)
    return said


def _steps(before: Terms, after: Terms) -> list[str]:
    old, new = ({step_text(step): step for step in terms.get("escalations") or ()} for terms in (before, after))
    come = [_("Step added: %(step)s", step=step) for step in new if step not in old]
    gone = [_("Step taken away: %(step)s", step=step) for step in old if step not in new]
    other = [_("Step tells others: %(step)s", step=step) for step in new if step in old and new[step] != old[step]]
    return [*come, *gone, *other]


def _changed(label: str, was: object, became: object) -> list[str]:
    none = _("none")
    if was == became:
        return []
    return [_("%(what)s: %(before)s → %(after)s", what=label, before=was or none, after=became or none)]


def _percent(goal: object) -> str | None:
    return None if goal is None else f"{goal} %"
