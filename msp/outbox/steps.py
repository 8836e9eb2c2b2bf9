"""What a step of a ladder is called, in the words of whoever reads it."""

from __future__ import annotations

import re

from flask_babel import gettext as _

_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)%")
_OFFSET = re.compile(r"([+-])([0-9]+)([smh])")
_UNIT = {"s": 1, "m": 60, "h": 3600}


def metric_text(metric: str) -> str:
    """The promise's name."""
    names = {
        "first_response": _("First response"),
        "next_response": _("Next response"),
        "resolution": _("Resolution"),
    }
    return str(names.get(metric) or metric)


def step_text(step: str) -> str:
    """`75%`, `-15m` or `+1h` as people say it; what cannot be read stays as it is."""
    if percent := _PERCENT.fullmatch(step):
        return (
            str(_("the time is used up")) if percent[1] == "100" else str(_("%(n)s %% of the time used", n=percent[1]))
        )
    if offset := _OFFSET.fullmatch(step):
        length = _length(int(offset[2]) * _UNIT[offset[3]])
        return str(_("%(span)s before due", span=length) if offset[1] == "-" else _("%(span)s after due", span=length))
    return step


def step_of_promise(metric: str, step: str) -> str:
    """`First response: 75 % of the time used`."""
    return str(_("%(promise)s: %(step)s", promise=metric_text(metric), step=step_text(step)))


def _length(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    words = [
        *([str(_("%(n)s h", n=hours))] if hours else []),
        *([str(_("%(n)s min", n=minutes))] if minutes else []),
        *([str(_("%(n)s s", n=rest))] if rest or not seconds else []),
    ]
    return " ".join(words)
